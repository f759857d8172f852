package dev.shoofly.database.replay;

import dev.shoofly.database.replay.Answer.Column;
import dev.shoofly.database.replay.Answer.Failed;
import dev.shoofly.database.replay.Answer.Rows;
import dev.shoofly.database.replay.Answer.ValueKind;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Two answers to one read, in one snapshot.
 *
 * @param words why, for people; empty when they are the same
 */
public record Comparison(Result result, String words) {
    /** Sums of floating-point numbers depend on the order in which they are added. */
    private static final double TOLERANCE = 1e-12;

    private static final MathContext DIGITS = new MathContext(12);

    private static final Comparison SAME = new Comparison(Result.SAME, "");

    /** What it comes to. */
    public enum Result {
        SAME,
        DIFFERS,
        NOT_COMPARABLE,
        FAILED_ON_SHADOW
    }

    /**
     * Compares as an application would: numbers by value, so that a column with more decimals is no difference; times without
     * the zeros at the end of a fraction; everything else by its text. Columns are matched by name and occurrence, because
     * {@code SELECT *} brings new ones along.
     */
    public static Comparison of(Read read, Answer source, Answer shadow) {
        if (source instanceof Failed failed) {
            return new Comparison(Result.NOT_COMPARABLE, "the original fails as well: " + failed.words());
        }
        if (shadow instanceof Failed failed) {
            return new Comparison(
                    failed.names() ? Result.NOT_COMPARABLE : Result.FAILED_ON_SHADOW,
                    "the new table answers: " + failed.words());
        }
        Rows left = (Rows) source;
        Rows right = (Rows) shadow;
        if (left.cut() || right.cut()) {
            return new Comparison(Result.NOT_COMPARABLE, "it answers with too many rows to compare them");
        }
        List<Integer> matching = new ArrayList<>();
        String missing = match(left.columns(), right.columns(), matching);
        if (missing != null) {
            return new Comparison(Result.NOT_COMPARABLE, "the new table's answer has no column " + missing);
        }
        Comparison found = rows(read, left, right, matching);
        return found.result == Result.DIFFERS && read.loose().isPresent()
                ? new Comparison(
                        Result.NOT_COMPARABLE,
                        "the answers differ, and may: " + read.loose().get())
                : found;
    }

    /** @return the first column of the source's that the other side has not */
    private static @Nullable String match(List<Column> source, List<Column> shadow, List<Integer> matching) {
        Map<String, List<Integer>> places = new HashMap<>();
        for (int i = 0; i < shadow.size(); i++) {
            places.computeIfAbsent(shadow.get(i).label(), label -> new ArrayList<>())
                    .add(i);
        }
        for (Column column : source) {
            List<Integer> left = places.getOrDefault(column.label(), List.of());
            if (left.isEmpty()) {
                return column.label();
            }
            matching.add(left.remove(0));
        }
        return null;
    }

    private static Comparison rows(Read read, Rows source, Rows shadow, List<Integer> matching) {
        if (source.rows().size() != shadow.rows().size()) {
            return new Comparison(
                    Result.DIFFERS,
                    "rows: " + source.rows().size() + " of the original, "
                            + shadow.rows().size() + " of the new table");
        }
        List<ValueKind> kinds = new ArrayList<>();
        for (int i = 0; i < matching.size(); i++) {
            kinds.add(common(
                    source.columns().get(i).kind(),
                    shadow.columns().get(matching.get(i)).kind()));
        }
        List<List<String>> left = new ArrayList<>();
        List<List<String>> right = new ArrayList<>();
        for (int row = 0; row < source.rows().size(); row++) {
            left.add(canonical(source.rows().get(row), null, kinds));
            right.add(canonical(shadow.rows().get(row), matching, kinds));
        }
        if (!read.ordered()) {
            // A multiset: any order of equal rows is as good as another.
            Comparator<List<String>> byValues = (a, b) -> compare(kinds, a, b);
            left.sort(byValues);
            right.sort(byValues);
        }
        for (int row = 0; row < left.size(); row++) {
            for (int i = 0; i < kinds.size(); i++) {
                if (!same(kinds.get(i), left.get(row).get(i), right.get(row).get(i))) {
                    return new Comparison(
                            Result.DIFFERS,
                            "values of " + source.columns().get(i).label() + " differ"
                                    + (read.ordered() ? " in row " + (row + 1) : "")
                                    + " (" + left.size() + " rows each)");
                }
            }
        }
        return SAME;
    }

    private static ValueKind common(ValueKind source, ValueKind shadow) {
        if (source == shadow) {
            return source;
        }
        boolean numbers = isNumber(source) && isNumber(shadow);
        return numbers ? ValueKind.FLOATING : ValueKind.TEXT;
    }

    private static boolean isNumber(ValueKind kind) {
        return kind == ValueKind.EXACT_NUMBER || kind == ValueKind.FLOATING;
    }

    private static int compare(List<ValueKind> kinds, List<String> left, List<String> right) {
        for (int i = 0; i < kinds.size(); i++) {
            int order = rounded(kinds.get(i), left.get(i)).compareTo(rounded(kinds.get(i), right.get(i)));
            if (order != 0) {
                return order;
            }
        }
        return 0;
    }

    /** Digits that do not count must not decide which rows are held against each other. */
    private static String rounded(ValueKind kind, String value) {
        if (kind != ValueKind.FLOATING || value.isEmpty()) {
            return value;
        }
        try {
            return new BigDecimal(value.substring(1), DIGITS)
                    .stripTrailingZeros()
                    .toPlainString();
        } catch (NumberFormatException e) {
            return value;
        }
    }

    /** A mark before each value tells NULL from any text. */
    private static List<String> canonical(
            List<@Nullable String> row, @Nullable List<Integer> matching, List<ValueKind> kinds) {
        List<String> values = new ArrayList<>(kinds.size());
        for (int i = 0; i < kinds.size(); i++) {
            String value = row.get(matching == null ? i : matching.get(i));
            values.add(value == null ? "" : "=" + canonical(kinds.get(i), value));
        }
        return values;
    }

    private static String canonical(ValueKind kind, String value) {
        return switch (kind) {
            case TEXT -> value;
            case TIME -> withoutTrailingZeros(value);
            case EXACT_NUMBER, FLOATING -> number(value);
        };
    }

    /** Of its fraction, which a zone may follow. */
    private static String withoutTrailingZeros(String time) {
        int point = time.indexOf('.');
        if (point < 0) {
            return time;
        }
        int end = point + 1;
        while (end < time.length() && Character.isDigit(time.charAt(end))) {
            end++;
        }
        int kept = end;
        while (time.charAt(kept - 1) == '0') {
            kept--;
        }
        return time.substring(0, kept == point + 1 ? point : kept) + time.substring(end);
    }

    private static String number(String value) {
        try {
            BigDecimal number = new BigDecimal(value);
            return number.signum() == 0 ? "0" : number.stripTrailingZeros().toPlainString();
        } catch (NumberFormatException e) {
            // NaN, Infinity, and what a zero-filled column shows.
            return value;
        }
    }

    private static boolean same(ValueKind kind, String left, String right) {
        if (left.equals(right)) {
            return true;
        }
        if (kind != ValueKind.FLOATING || left.isEmpty() || right.isEmpty()) {
            return false;
        }
        try {
            double a = Double.parseDouble(left.substring(1));
            double b = Double.parseDouble(right.substring(1));
            return Math.abs(a - b) <= TOLERANCE * Math.max(Math.abs(a), Math.abs(b));
        } catch (NumberFormatException e) {
            return false;
        }
    }
}
