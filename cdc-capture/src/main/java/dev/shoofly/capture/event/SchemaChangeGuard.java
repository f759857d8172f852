package dev.shoofly.capture.event;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.connect.data.Struct;

/**
 * Stops the migration when somebody else changes the source's definition, for the shadow was made from the old one. Only
 * MySQL's log carries definitions; PostgreSQL's carries TRUNCATE.
 */
final class SchemaChangeGuard {
    private static final int SHOWN_STATEMENT_CHARACTERS = 300;
    private final MigrationPlan plan;
    private final Set<String> ours;

    SchemaChangeGuard(MigrationPlan plan) {
        this.plan = plan;
        this.ours = Set.of(quoted(plan.source()), quoted(plan.shadow()), quoted(plan.old()));
    }

    /** @throws ShooflyException REFUSED */
    void check(Struct change) {
        if (isInitialRead(change)) {
            return;
        }
        Set<String> tables = tables(change);
        if (!tables.contains(quoted(plan.source())) || isSwap(change, tables)) {
            return;
        }
        throw refused("somebody ran " + shown(change.getString("ddl")) + " on it during the migration");
    }

    ShooflyException truncated() {
        return refused("it was truncated (TRUNCATE TABLE) during the migration, which leaves no keys in the log");
    }

    /** The definitions that Debezium reads when it starts for the first time are no changes. */
    private static boolean isInitialRead(Struct change) {
        Struct source = change.getStruct("source");
        Object snapshot = source == null ? null : source.get("snapshot");
        return snapshot != null && !snapshot.toString().equals("false");
    }

    /** Our own renaming, forward or back, exchanges names among the three tables only. */
    private boolean isSwap(Struct change, Set<String> tables) {
        return tables.size() > 1 && ours.containsAll(tables) && renames(change);
    }

    private static boolean renames(Struct change) {
        return changes(change).stream().anyMatch(each -> each.getString("previousId") != null);
    }

    private static Set<String> tables(Struct change) {
        Set<String> tables = new LinkedHashSet<>();
        for (Struct each : changes(change)) {
            tables.add(each.getString("id"));
            String previous = each.getString("previousId");
            if (previous != null) {
                tables.add(previous);
            }
        }
        return tables;
    }

    private static List<Struct> changes(Struct change) {
        List<Struct> changes = change.getArray("tableChanges");
        return changes == null ? List.of() : changes;
    }

    private static String quoted(TableName table) {
        return "\"" + table.schema() + "\".\"" + table.table() + "\"";
    }

    private static String shown(String statement) {
        if (statement == null) {
            return "a statement";
        }
        return "'"
                + (statement.length() > SHOWN_STATEMENT_CHARACTERS
                        ? statement.substring(0, SHOWN_STATEMENT_CHARACTERS) + "…"
                        : statement)
                + "'";
    }

    private ShooflyException refused(String what) {
        return new ShooflyException(
                ErrorKind.REFUSED,
                "the capture of " + plan.source() + " stopped: " + what
                        + ". The copy made so far does not fit the table any more; the table itself is untouched by"
                        + " Shoofly. Cancel the migration and start it again.");
    }
}
