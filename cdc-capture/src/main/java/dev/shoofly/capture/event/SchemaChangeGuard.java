package dev.shoofly.capture.event;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.util.List;
import org.apache.kafka.connect.data.Struct;

/**
 * Stops the migration when somebody else changes the source's definition, for the shadow was made from the old one, or its
 * rows by a statement that the log holds instead of the rows. Only MySQL's log carries statements; PostgreSQL's carries
 * TRUNCATE.
 */
final class SchemaChangeGuard {
    private static final int SHOWN_STATEMENT_CHARACTERS = 300;
    private final MigrationPlan plan;
    private final DdlText ddl;
    private final DmlText dml;

    SchemaChangeGuard(MigrationPlan plan) {
        this.plan = plan;
        this.ddl = new DdlText(plan);
        this.dml = new DmlText(plan.source());
    }

    /** @throws ShooflyException REFUSED */
    void check(Struct change) {
        String statement = String.valueOf(change.getString("ddl"));
        if (isInitialRead(change) || ddl.renamesAmongOurs(statement) || ddl.changesForeignKeys(statement)) {
            return;
        }
        boolean here = plan.source().schema().equals(change.getString("databaseName"));
        if (namesSource(change) || here && ddl.changesSource(statement)) {
            throw refused("somebody ran '" + shown(statement) + "' on it during the migration");
        }
    }

    /** @throws ShooflyException REFUSED */
    void check(LoggedStatement logged) {
        String statement = logged.text();
        boolean here = plan.source().schema().equals(logged.database());
        if (ddl.renamesAmongOurs(statement) || ddl.changesForeignKeys(statement)) {
            return;
        }
        if (here ? ddl.changesSource(statement) : ddl.changesQualifiedSource(statement)) {
            throw ddl.truncates(statement)
                    ? truncated()
                    : refused("somebody ran '" + shown(statement) + "' on it during the migration");
        }
        if (dml.changes(statement, here)) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "the capture of " + plan.source() + " stopped: the binary log holds the statement '"
                            + shown(statement)
                            + "' instead of the rows that it changed, because the session that ran it"
                            + " has binlog_format STATEMENT or MIXED. Which rows those are cannot be known; Shoofly has"
                            + " not touched the table. Let that session use binlog_format = ROW (new sessions take it"
                            + " from SET GLOBAL binlog_format = 'ROW'), cancel the migration and start it again.");
        }
    }

    ShooflyException truncated() {
        return refused("it was truncated (TRUNCATE TABLE) during the migration, which leaves no keys in the log");
    }

    /** The definitions that Debezium reads when it starts for the first time are no changes. */
    private static boolean isInitialRead(Struct change) {
        Object snapshot = change.getStruct("source").get("snapshot");
        return snapshot != null && !snapshot.toString().equals("false");
    }

    private boolean namesSource(Struct change) {
        String source = quoted(plan.source());
        List<Struct> tables = change.getArray("tableChanges");
        return tables != null && tables.stream().anyMatch(each -> source.equals(each.getString("id")));
    }

    private static String quoted(TableName table) {
        return quoted(table.schema()) + "." + quoted(table.table());
    }

    private static String quoted(String name) {
        return "\"" + name.replace("\"", "\"\"") + "\"";
    }

    private static String shown(String statement) {
        return statement.length() > SHOWN_STATEMENT_CHARACTERS
                ? statement.substring(0, SHOWN_STATEMENT_CHARACTERS) + "…"
                : statement;
    }

    private ShooflyException refused(String what) {
        return new ShooflyException(
                ErrorKind.REFUSED,
                "the capture of " + plan.source() + " stopped: " + what
                        + ". The copy made so far does not fit the table any more; Shoofly has not touched the table."
                        + " Cancel the migration and start it again.");
    }
}
