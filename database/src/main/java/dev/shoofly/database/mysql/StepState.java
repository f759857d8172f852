package dev.shoofly.database.mysql;

import dev.shoofly.database.DefinitionChange;
import dev.shoofly.database.control.Json;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.NativeStep;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * By what a step is known to be done: the server ends every DDL statement with a commit, so nothing can be recorded together
 * with it.
 *
 * @param before definition of the table; null: the step does not change it, and may be done twice
 * @param after definition of the table, as the server made it of an empty one
 * @param newName the table's; null: its own
 */
record StepState(
        @Nullable String before,
        @Nullable String after,
        @Nullable TableName newName) {
    private static final StepState UNKNOWN = new StepState(null, null, null);

    static StepState of(NativeStep step) {
        String state = step.dialectState();
        return state == null ? UNKNOWN : Json.read(state, StepState.class);
    }

    static String renamed(TableName newName) {
        return Json.write(new StepState(null, null, newName));
    }

    static @Nullable String altered(String before, String after) {
        return before.equals(after) ? null : Json.write(new StepState(before, after, null));
    }

    /**
     * @throws ShooflyException REFUSED when the table is neither as before nor as after the step
     */
    boolean isDone(Connection connection, TableName source) throws SQLException {
        if (newName != null) {
            return !MySqlCatalog.exists(connection, source) && MySqlCatalog.exists(connection, newName);
        }
        if (before == null || after == null) {
            return false;
        }
        String now = definition(connection, source);
        if (now.equals(after)) {
            return true;
        }
        if (!now.equals(before)) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "the definition of " + source + " is no longer the one that this was planned for ("
                            + DefinitionChange.between(before, now).orElse("")
                            + "). It was not altered by us. Cancel the"
                            + " migration and start it again.");
        }
        return false;
    }

    /** Without name and foreign keys, which an empty table of the same definition does not have. */
    static String definition(Connection connection, TableName table) throws SQLException {
        StringBuilder parts = new StringBuilder();
        SourceDefinition.of(connection, table)
                .lines()
                .skip(1)
                .map(line -> line.replaceFirst(",$", ""))
                .filter(line -> !line.matches("  CONSTRAINT `(?:[^`]|``)+` FOREIGN KEY .*"))
                .forEach(line -> parts.append(line).append('\n'));
        return parts.toString();
    }
}
