package dev.shoofly.database.replay;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one table answered. */
public sealed interface Answer {
    /** From the request to the last row. */
    long nanos();

    /** How a value is compared. */
    enum ValueKind {
        EXACT_NUMBER,
        FLOATING,
        TIME,
        TEXT
    }

    /** A column of the answer. */
    record Column(String label, ValueKind kind) {}

    /**
     * Rows.
     *
     * @param cut there are more, or more than can be held
     */
    record Rows(List<Column> columns, List<List<@Nullable String>> rows, boolean cut, long nanos) implements Answer {}

    /**
     * An error.
     *
     * @param names the statement asks for a name or an operation that is not there
     * @param words the server's, without values of the application
     */
    record Failed(boolean names, String words, long nanos) implements Answer {}
}
