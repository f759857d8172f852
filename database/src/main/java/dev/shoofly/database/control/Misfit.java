package dev.shoofly.database.control;

import dev.shoofly.model.RowKey;
import java.util.regex.Pattern;

/**
 * A row of the new table that the old one does not take.
 *
 * @param key as the new table spells it
 * @param column of the old table, or the constraint; for people
 * @param detail what the server said, without the value
 */
public record Misfit(RowKey key, String column, String detail) {
    private static final int LONGEST_NAME = 300;
    /** Where a sentence of the server ends in a value, or goes on behind it. */
    private static final Pattern QUOTED =
            Pattern.compile("(?s)(value|text): (['\"])(?:.*\\2(?= for column| at row)|.*\\2$)");

    public Misfit {
        if (column.length() > LONGEST_NAME) {
            column = column.substring(0, LONGEST_NAME);
        }
    }

    /** What MySQL said, without the values that some of its sentences quote. */
    public static String withoutValues(String said) {
        return QUOTED.matcher(said).replaceAll("$1");
    }
}
