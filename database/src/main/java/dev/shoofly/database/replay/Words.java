package dev.shoofly.database.replay;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * What the words of a read tell of its answer: whether rows alone determine it, and whether also their order. Knows no dialect's
 * quotes; the words come from one that does. Where in doubt, an answer is taken for undetermined, so that a difference is never
 * claimed that only the plan made.
 */
public final class Words {
    private static final Set<String> BY_ORDER_OF_ROWS = Set.of(
            "ARRAY_AGG",
            "STRING_AGG",
            "JSON_AGG",
            "JSONB_AGG",
            "JSON_OBJECT_AGG",
            "JSONB_OBJECT_AGG",
            "XMLAGG",
            "GROUP_CONCAT",
            "JSON_ARRAYAGG",
            "JSON_OBJECTAGG",
            "ANY_VALUE",
            "OVER");
    private static final Set<String> CUTS = Set.of("LIMIT", "OFFSET", "FETCH");
    private static final Set<String> MANY_TABLES =
            Set.of("JOIN", "STRAIGHT_JOIN", "GROUP", "DISTINCT", "UNION", "INTERSECT", "EXCEPT", "HAVING", "WITH");
    private static final Set<String> AFTER_ITEM = Set.of(",", "ASC", "DESC", "NULLS", "LIMIT", "OFFSET", "FETCH", ";");

    private final List<Word> words;
    private final List<String> key;

    /** @param key names of the key's columns */
    public Words(List<Word> words, List<String> key) {
        this.words = List.copyOf(words);
        this.key = List.copyOf(key);
    }

    /**
     * One word or sign.
     *
     * @param text a name without its quotes, anything else as it stands
     * @param depth of parentheses around it
     */
    public record Word(String text, int depth) {
        boolean is(String keyword) {
            return text.equalsIgnoreCase(keyword);
        }
    }

    /** The rows of one table, ordered by something that no two of them share. */
    public boolean isOrdered() {
        boolean simple = words.stream().filter(word -> word.is("SELECT")).count() == 1
                && words.stream().noneMatch(word -> in(MANY_TABLES, word))
                && fromHasOneTable();
        return simple && orderedBy().containsAll(key.stream().map(Words::lower).toList());
    }

    /** Why the same rows can give more than one answer. */
    public Optional<String> loose() {
        for (int i = 0; i < words.size(); i++) {
            Word word = words.get(i);
            if (in(BY_ORDER_OF_ROWS, word)) {
                return Optional.of(
                        word.text().toUpperCase(Locale.ROOT) + " depends on the order in which rows are met");
            }
            if (word.is("DISTINCT") && isNext(i, "ON")) {
                return Optional.of("DISTINCT ON takes one of several rows");
            }
            // Of a query; ARRAY[…] has the order in which it is written.
            if (word.is("ARRAY") && isNext(i, "(")) {
                return Optional.of("ARRAY depends on the order in which rows are met");
            }
        }
        boolean cut = words.stream().anyMatch(word -> in(CUTS, word));
        return cut && !isOrdered()
                ? Optional.of("LIMIT takes some of the rows, in an order that does not tell all of them apart")
                : Optional.empty();
    }

    private boolean isNext(int at, String word) {
        return at + 1 < words.size() && words.get(at + 1).is(word);
    }

    private boolean fromHasOneTable() {
        boolean within = false;
        for (Word word : words) {
            if (word.depth() == 0 && word.is("FROM")) {
                within = true;
            } else if (within && (word.is("WHERE") || word.is("ORDER"))) {
                return true;
            } else if (within && word.depth() == 0 && word.is(",")) {
                return false;
            }
        }
        return true;
    }

    /** Columns that stand alone in the ORDER BY at the end. */
    private List<String> orderedBy() {
        List<String> found = new ArrayList<>();
        int at = -1;
        for (int i = 0; i + 1 < words.size(); i++) {
            if (words.get(i).depth() == 0
                    && words.get(i).is("ORDER")
                    && words.get(i + 1).is("BY")) {
                at = i + 2;
            }
        }
        if (at < 0) {
            return found;
        }
        for (int i = at; i < words.size(); i++) {
            Word word = words.get(i);
            if (in(CUTS, word)) {
                break;
            }
            String before = words.get(i - 1).text();
            boolean begins =
                    before.equals(",") || before.equals(".") || words.get(i - 1).is("BY");
            boolean ends = i + 1 == words.size() || in(AFTER_ITEM, words.get(i + 1));
            if (word.depth() == 0 && begins && ends) {
                found.add(lower(word.text()));
            }
        }
        return found;
    }

    private static boolean in(Set<String> set, Word word) {
        return set.contains(word.text().toUpperCase(Locale.ROOT));
    }

    private static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }
}
