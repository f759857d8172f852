package dev.shoofly.database.postgres;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Cuts SQL into tokens with their places, so that commas, semicolons and keywords inside quotes, comments, dollar quotes
 * and parentheses are never taken for others. It does not judge: the server has the last word on syntax.
 */
final class SqlTokens {
    private final String sql;
    private final List<Token> tokens = new ArrayList<>();
    private int at;
    private int depth;

    private SqlTokens(String sql) {
        this.sql = sql;
    }

    /** @param depth of parentheses and brackets around the token */
    record Token(Kind kind, String text, int start, int end, int depth) {
        boolean is(String keyword) {
            return kind == Kind.WORD && text.equalsIgnoreCase(keyword);
        }

        boolean isSymbol(char symbol) {
            return kind == Kind.SYMBOL && text.charAt(0) == symbol;
        }

        /** The name that the server would take from it: unquoted ones in lower case. */
        String identifier() {
            return kind == Kind.QUOTED
                    ? text.substring(1, text.length() - 1).replace("\"\"", "\"")
                    : text.toLowerCase(Locale.ROOT);
        }

        boolean isIdentifier() {
            return kind == Kind.WORD || kind == Kind.QUOTED;
        }
    }

    /** What a token is. */
    enum Kind {
        WORD,
        QUOTED,
        LITERAL,
        SYMBOL
    }

    static List<Token> of(String sql) {
        SqlTokens scanner = new SqlTokens(sql);
        scanner.scan();
        return scanner.tokens;
    }

    private void scan() {
        while (at < sql.length()) {
            char c = sql.charAt(at);
            if (Character.isWhitespace(c)) {
                at++;
            } else if (sql.startsWith("--", at)) {
                int end = sql.indexOf('\n', at);
                at = end < 0 ? sql.length() : end;
            } else if (sql.startsWith("/*", at)) {
                skipComment();
            } else if (c == '\'') {
                add(Kind.LITERAL, endOfQuoted('\'', escapes()));
            } else if (c == '"') {
                add(Kind.QUOTED, endOfQuoted('"', false));
            } else if (c == '$' && dollarTag() > 0) {
                add(Kind.LITERAL, endOfDollarQuoted(dollarTag()));
            } else if (Character.isDigit(c)) {
                add(Kind.LITERAL, endOfWord());
            } else if (isWordStart(c)) {
                add(Kind.WORD, endOfWord());
            } else {
                symbol(c);
            }
        }
    }

    /** Whether the literal at this place is E'…', in which a backslash escapes the quote. */
    private boolean escapes() {
        if (tokens.isEmpty()) {
            return false;
        }
        Token last = tokens.get(tokens.size() - 1);
        return last.end() == at && last.is("e");
    }

    private void symbol(char c) {
        if (c == ')' || c == ']') {
            depth--;
        }
        add(Kind.SYMBOL, at + 1);
        if (c == '(' || c == '[') {
            depth++;
        }
    }

    private void add(Kind kind, int end) {
        tokens.add(new Token(kind, sql.substring(at, end), at, end, depth));
        at = end;
    }

    private void skipComment() {
        int nesting = 0;
        do {
            if (sql.startsWith("/*", at)) {
                nesting++;
                at += 2;
            } else if (sql.startsWith("*/", at)) {
                nesting--;
                at += 2;
            } else {
                at++;
            }
        } while (nesting > 0 && at < sql.length());
    }

    private int endOfQuoted(char quote, boolean escapes) {
        for (int i = at + 1; i < sql.length(); i++) {
            char c = sql.charAt(i);
            if (escapes && c == '\\') {
                i++;
            } else if (c == quote) {
                if (i + 1 < sql.length() && sql.charAt(i + 1) == quote) {
                    i++;
                } else {
                    return i + 1;
                }
            }
        }
        return sql.length();
    }

    /** Length of the dollar-quote tag that starts here; 0: none does. */
    private int dollarTag() {
        int i = at + 1;
        while (i < sql.length() && isWordPart(sql.charAt(i)) && sql.charAt(i) != '$') {
            i++;
        }
        boolean tag = i < sql.length() && sql.charAt(i) == '$' && !Character.isDigit(sql.charAt(at + 1));
        return tag ? i + 1 - at : 0;
    }

    private int endOfDollarQuoted(int tagLength) {
        String tag = sql.substring(at, at + tagLength);
        int end = sql.indexOf(tag, at + tagLength);
        return end < 0 ? sql.length() : end + tagLength;
    }

    private int endOfWord() {
        int i = at;
        while (i < sql.length() && isWordPart(sql.charAt(i))) {
            i++;
        }
        return i;
    }

    private static boolean isWordStart(char c) {
        return Character.isLetter(c) || c == '_' || c >= 0x80;
    }

    private static boolean isWordPart(char c) {
        return isWordStart(c) || Character.isDigit(c) || c == '$';
    }
}
