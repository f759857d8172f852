package dev.shoofly.database.mysql;

import dev.shoofly.database.DefinitionChange;
import dev.shoofly.database.control.Json;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.NativeStep;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * By what a step is known to be done: the server ends every DDL statement with a commit, so nothing can be recorded together
 * with it.
 *
 * @param before definition of the table; null: the step does not change it, and may be done twice
 * @param after definition of the table, as the server made it of an empty one
 * @param newName the table's; null: its own
 * @param foreignKey that the step adds or drops; null: none
 * @param parent of the foreign key, which the server locks, too; null: not known
 * @param mustFindNone the step's statement is a query for rows that there must not be
 */
record StepState(
        @Nullable String before,
        @Nullable String after,
        @Nullable TableName newName,
        @Nullable String foreignKey,
        boolean foreignKeyDropped,
        @Nullable TableName parent,
        boolean mustFindNone) {
    private static final StepState UNKNOWN = new StepState(null, null, null, null, false, null, false);

    static StepState of(NativeStep step) {
        String state = step.dialectState();
        return state == null ? UNKNOWN : Json.read(state, StepState.class);
    }

    static String renamed(TableName newName) {
        return Json.write(new StepState(null, null, newName, null, false, null, false));
    }

    static @Nullable String altered(String before, String after) {
        return before.equals(after) ? null : Json.write(new StepState(before, after, null, null, false, null, false));
    }

    static String foreignKey(String name, boolean dropped, @Nullable TableName parent) {
        return Json.write(new StepState(null, null, null, name, dropped, parent, false));
    }

    static String findingNone() {
        return Json.write(new StepState(null, null, null, null, false, null, true));
    }

    /**
     * Before the step is done.
     *
     * @throws ShooflyException REFUSED when the table is neither as before nor as after the step
     */
    void requireExpected(Connection connection, TableName source) throws SQLException {
        if (before == null || after == null) {
            return;
        }
        String now = definition(connection, source);
        if (!now.equals(before) && !now.equals(after)) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "the definition of " + source + " is no longer the one that this was planned for ("
                            + DefinitionChange.between(before, now).orElse("")
                            + "). It was not altered by us. Cancel the migration and start it again.");
        }
    }

    /** False also when it is neither as before nor as after the step. */
    boolean isDone(Connection connection, TableName source) throws SQLException {
        if (newName != null) {
            return !MySqlCatalog.exists(connection, source) && MySqlCatalog.exists(connection, newName);
        }
        if (foreignKey != null) {
            Optional<TableName> to = MySqlCatalog.parent(connection, source, foreignKey);
            return foreignKeyDropped
                    ? to.isEmpty()
                    : to.filter(found -> parent == null || found.equals(parent)).isPresent();
        }
        if (before == null || after == null) {
            return false;
        }
        return definition(connection, source).equals(after);
    }

    /** Without the names of table and checks and the foreign keys: an empty table of the same definition has others. */
    static String definition(Connection connection, TableName table) throws SQLException {
        StringBuilder parts = new StringBuilder();
        SourceDefinition.of(connection, table)
                .lines()
                .skip(1)
                .map(line ->
                        line.replaceFirst(",$", "").replaceFirst("^  CONSTRAINT `(?:[^`]|``)+` CHECK ", "  CHECK "))
                .filter(line -> !line.matches("  CONSTRAINT `(?:[^`]|``)+` FOREIGN KEY .*"))
                .forEach(line -> parts.append(line).append('\n'));
        return parts.toString();
    }
}
