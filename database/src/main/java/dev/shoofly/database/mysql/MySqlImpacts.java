package dev.shoofly.database.mysql;

import dev.shoofly.database.StepImpact;
import dev.shoofly.database.StepImpact.TableLock;
import dev.shoofly.model.TableName;
import java.util.List;

/** What the steps of the server's own way lock. */
final class MySqlImpacts {
    private static final String EXCLUSIVE = "exclusive metadata lock";
    /** Of a SELECT. Only what would alter the table waits for it. */
    private static final String SHARED = "shared metadata lock";

    static final StepImpact BRIEF = new StepImpact(EXCLUSIVE, List.of(), false);
    static final StepImpact LONG =
            new StepImpact("LOCK=NONE, exclusive for a moment at begin and end", List.of(), true);

    private MySqlImpacts() {}

    /** Of a foreign key that comes or goes: the server locks both its tables. */
    static StepImpact briefWith(TableName source, TableName parent) {
        return new StepImpact(EXCLUSIVE, other(source, parent, EXCLUSIVE), false);
    }

    static StepImpact readingWith(TableName source, TableName parent) {
        return new StepImpact(SHARED, other(source, parent, SHARED), false);
    }

    private static List<TableLock> other(TableName source, TableName parent, String lock) {
        return parent.equals(source) ? List.of() : List.of(new TableLock(parent, lock));
    }
}
