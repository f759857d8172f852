package dev.shoofly.database.mysql;

import dev.shoofly.database.DefinitionChange;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;

/**
 * What the shadow was made from. Whatever somebody changed about the source since then the new table would lack; the
 * capture sees such statements in the log, but not those of before its start, nor what only hangs on the table.
 */
final class SourceDefinition {
    private SourceDefinition() {}

    /** As the server prints it, but for the counter, which moves with every row. */
    static String of(Connection connection, TableName table) throws SQLException {
        return SqlText.of(statement(table))
                .list(connection, SourceDefinition::read)
                .get(0);
    }

    /** The statement of {@link #of}, for a series. */
    static String statement(TableName table) {
        return "SHOW CREATE TABLE " + MySqlNames.quote(table);
    }

    /** The answer to {@link #statement}. */
    static String read(ResultSet row) throws SQLException {
        return String.valueOf(row.getString(2)).replaceFirst(" AUTO_INCREMENT=\\d+", "");
    }

    /** What is different about the definition; empty: nothing. */
    static Optional<String> change(Connection connection, MigrationPlan plan) throws SQLException {
        return DefinitionChange.between(DialectState.of(plan).definition(), of(connection, plan.source()))
                .map(how -> "its definition is no longer the one that the new table was made from (" + how + ")");
    }

    /** What hangs on it in another way than before; empty: nothing. */
    static Optional<String> attached(Connection connection, MigrationPlan plan) throws SQLException {
        return Attached.of(plan)
                .change(connection, plan.source())
                .map(how ->
                        "what hangs on it is no longer what was prepared to go over to the new table (" + how + ")");
    }

    /** @throws ShooflyException REFUSED; call it with the source locked */
    static void requireUnchanged(Connection connection, MigrationPlan plan) throws SQLException {
        Optional<String> change = change(connection, plan);
        if (change.isPresent()) {
            throw changed(plan, change.get());
        }
    }

    /** @throws ShooflyException REFUSED */
    static void requireSameAttached(Connection connection, MigrationPlan plan) throws SQLException {
        Optional<String> attached = attached(connection, plan);
        if (attached.isPresent()) {
            throw changed(plan, attached.get());
        }
    }

    /** @throws ShooflyException REFUSED; call it with the source locked */
    static void requireSameTriggers(Connection connection, MigrationPlan plan) throws SQLException {
        Optional<String> change = Attached.of(plan).triggersChange(connection, plan.source());
        if (change.isPresent()) {
            throw changed(plan, "its triggers are others (" + change.get() + ")");
        }
    }

    private static ShooflyException changed(MigrationPlan plan, String how) {
        return new ShooflyException(
                ErrorKind.REFUSED,
                plan.source() + " was changed while migration " + plan.id() + " was under way: " + how
                        + ". Nothing was renamed. Cancel the migration and start it again.");
    }
}
