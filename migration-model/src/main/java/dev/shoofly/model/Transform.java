package dev.shoofly.model;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The value of one column of the new table, computed from the original row.
 *
 * @param column of the new table as typed: bare, or in the server's quotes
 * @param expression over the columns of the original table, under their original names
 */
public record Transform(String column, String expression) {

    /**
     * {@code column=expression}: the first equals sign parts them, one inside a quoted name left aside.
     *
     * @return empty when one of the two is missing
     */
    public static Optional<Transform> parse(String text) {
        String stripped = text.strip();
        int at = stripped.indexOf('=', endOfQuotedName(stripped));
        if (at <= 0) {
            return Optional.empty();
        }
        Transform transform = new Transform(
                stripped.substring(0, at).strip(), stripped.substring(at + 1).strip());
        return transform.column.isEmpty() || transform.expression.isEmpty() ? Optional.empty() : Optional.of(transform);
    }

    /** A doubled quote inside begins another quoted part at once. 0: the name is bare. */
    private static int endOfQuotedName(String text) {
        int end = 0;
        while (end < text.length() && (text.charAt(end) == '"' || text.charAt(end) == '`')) {
            int closing = text.indexOf(text.charAt(end), end + 1);
            if (closing < 0) {
                return 0;
            }
            end = closing + 1;
        }
        return end;
    }

    /**
     * The error to throw, which names the column.
     *
     * @param why a clause
     */
    public ShooflyException refused(String why) {
        return refused(why, null);
    }

    /** As above, with what the server said. */
    public ShooflyException refused(String why, @Nullable Throwable cause) {
        return new ShooflyException(
                ErrorKind.REFUSED,
                "cannot compute the column " + column + " (--transform): " + why + ". Nothing was changed.",
                cause);
    }
}
