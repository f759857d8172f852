package dev.shoofly.cli.input;

import dev.shoofly.model.KeyColumn;
import dev.shoofly.model.KeyDefinition;
import dev.shoofly.model.KeyText;
import dev.shoofly.model.RowKey;
import java.util.ArrayList;
import java.util.List;

/**
 * Keys as an operator types them: {@code 4711,4712}, or {@code (7,'a'),(8,'b, c')} where a key has several columns. Brackets
 * and double quotes do as well, so that what Shoofly prints can be given back. A quote within quotes is doubled.
 */
public final class KeyList {
    private static final String OPENING = "([";
    private static final String CLOSING = ")]";
    private static final String QUOTES = "'\"";

    private final String text;
    private int at;

    private KeyList(String text) {
        this.text = text;
    }

    /** @throws UsageException when the text is no list of keys */
    public static List<List<String>> parse(String text) {
        return new KeyList(text).keys();
    }

    /**
     * The same in the canonical form of the key's types.
     *
     * @throws UsageException when a key has too few or too many values, or a value is none of its column's type
     */
    public static List<RowKey> typed(List<List<String>> keys, KeyDefinition definition) {
        return keys.stream().map(key -> one(key, definition)).toList();
    }

    private static RowKey one(List<String> values, KeyDefinition definition) {
        List<KeyColumn> columns = definition.columns();
        if (values.size() != columns.size()) {
            throw new UsageException("--keys: " + values + " has " + values.size() + " values, and the key is "
                    + columns.stream().map(KeyColumn::sourceName).toList()
                    + (columns.size() > 1 ? ": write (value, value), (value, value)" : ""));
        }
        List<String> canonical = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            KeyColumn column = columns.get(i);
            try {
                canonical.add(KeyText.canonical(column.type(), values.get(i)));
            } catch (IllegalArgumentException e) {
                throw new UsageException("--keys: '" + values.get(i) + "' is no value of column " + column.sourceName()
                        + " (" + column.sourceType() + ")");
            }
        }
        return new RowKey(canonical);
    }

    private List<List<String>> keys() {
        List<List<String>> keys = new ArrayList<>();
        do {
            skipBlanks();
            keys.add(key());
            skipBlanks();
        } while (takes(","));
        if (at < text.length()) {
            throw broken("a comma is missing");
        }
        return keys;
    }

    private List<String> key() {
        int opening = at < text.length() ? OPENING.indexOf(text.charAt(at)) : -1;
        if (opening < 0) {
            return List.of(value());
        }
        at++;
        List<String> values = new ArrayList<>();
        do {
            skipBlanks();
            values.add(value());
            skipBlanks();
        } while (takes(","));
        if (!takes(CLOSING.substring(opening, opening + 1))) {
            throw broken("'" + CLOSING.charAt(opening) + "' is missing");
        }
        return values;
    }

    private String value() {
        if (at < text.length() && QUOTES.indexOf(text.charAt(at)) >= 0) {
            return quoted(text.charAt(at));
        }
        int from = at;
        while (at < text.length() && (OPENING + CLOSING + QUOTES + ",").indexOf(text.charAt(at)) < 0) {
            at++;
        }
        String value = text.substring(from, at).strip();
        if (value.isEmpty()) {
            throw broken("a value is missing ('' is the empty one)");
        }
        return value;
    }

    private String quoted(char quote) {
        StringBuilder value = new StringBuilder();
        at++;
        while (at < text.length()) {
            char next = text.charAt(at++);
            if (next != quote) {
                value.append(next);
            } else if (at < text.length() && text.charAt(at) == quote) {
                value.append(quote);
                at++;
            } else {
                return value.toString();
            }
        }
        throw broken("the closing quote is missing");
    }

    private boolean takes(String token) {
        if (!text.startsWith(token, at)) {
            return false;
        }
        at++;
        return true;
    }

    private void skipBlanks() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
    }

    private UsageException broken(String what) {
        return new UsageException("--keys: " + what + " at position " + (at + 1) + " of: " + text);
    }
}
