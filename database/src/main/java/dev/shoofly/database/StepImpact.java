package dev.shoofly.database;

import dev.shoofly.model.TableName;
import java.util.List;

/**
 * What a step of the server's own way does to the application, for people.
 *
 * @param lock on the table that is altered, as the server calls it
 * @param others that it locks besides
 * @param writes whether it writes rows or an index, for which there must be disk
 */
public record StepImpact(String lock, List<TableLock> others, boolean writes) {
    public StepImpact {
        others = List.copyOf(others);
    }

    /** A lock on another table, as the server calls it. */
    public record TableLock(TableName table, String lock) {}
}
