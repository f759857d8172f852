package dev.shoofly.database.mysql;

import dev.shoofly.database.NativeAlter.Assessment;
import dev.shoofly.database.StatementTag;
import dev.shoofly.database.StepImpact;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.NativePlan;
import dev.shoofly.model.NativeStep;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.Strategy;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** How a foreign key is added or dropped, which an empty table cannot be asked. Reads only. One thread. */
final class ForeignKeyPlan {
    private final Connection connection;
    private final MigrationId id;
    private final TableName source;

    ForeignKeyPlan(Connection connection, MigrationId id, TableName source) {
        this.connection = connection;
        this.id = id;
        this.source = source;
    }

    Assessment assess(NativeText text, ForeignKeyClause clause) throws SQLException {
        String alter = StatementTag.of(id) + text.on(source, source, NativeText.Way.IN_PLACE);
        if (clause.drops()) {
            Optional<TableName> parent = MySqlCatalog.parent(connection, source, clause.name());
            if (parent.isEmpty()) {
                throw new ShooflyException(
                        ErrorKind.REFUSED,
                        "cannot drop the foreign key " + clause.name() + ": " + source
                                + " has none of that name. Nothing was changed.");
            }
            return assessment(
                    Strategy.INSTANT,
                    "a foreign key is dropped in the data dictionary alone",
                    List.of(new NativeStep(
                            NativeStep.Kind.BRIEF,
                            "drop the foreign key " + clause.name() + " of " + source,
                            List.of(alter),
                            true,
                            List.of(),
                            StepState.foreignKey(clause.name(), true, parent.get()))),
                    List.of(MySqlImpacts.briefWith(source, parent.get())));
        }
        requireReady(clause);
        String drop = StatementTag.of(id) + "ALTER TABLE " + MySqlNames.quote(source)
                + " ALGORITHM=INPLACE, DROP FOREIGN KEY " + MySqlNames.quote(clause.name());
        return assessment(
                Strategy.ONLINE,
                "the foreign key holds for new rows at once, and the old ones are looked at afterwards, without a lock",
                List.of(
                        new NativeStep(
                                NativeStep.Kind.BRIEF,
                                "add the foreign key " + clause.name() + " to " + source,
                                List.of(alter),
                                true,
                                List.of(drop),
                                StepState.foreignKey(clause.name(), false, clause.parent())),
                        new NativeStep(
                                NativeStep.Kind.LONG,
                                "look for rows of " + source + " whose row in " + clause.parent() + " is missing",
                                List.of(StatementTag.of(id) + clause.orphans(source)),
                                false,
                                List.of(),
                                StepState.findingNone())),
                List.of(
                        MySqlImpacts.briefWith(source, clause.parent()),
                        MySqlImpacts.readingWith(source, clause.parent())));
    }

    private static Assessment assessment(
            Strategy strategy, String reason, List<NativeStep> steps, List<StepImpact> impacts) {
        return new Assessment(
                Optional.of(new NativePlan(strategy, steps)), List.of(reason), List.of(), Optional.empty(), impacts);
    }

    private void requireReady(ForeignKeyClause clause) throws SQLException {
        String why = "";
        if (clause.name().isEmpty()) {
            why = "give the foreign key a name (ADD CONSTRAINT name FOREIGN KEY …), by which it can be taken back";
        } else if (MySqlCatalog.parent(connection, source, clause.name()).isPresent()) {
            why = "there is a foreign key " + clause.name() + " already";
        } else if (!hasColumns(clause.parent(), clause.parentColumns())) {
            why = "there is no table " + clause.parent() + " with the columns ("
                    + String.join(", ", clause.parentColumns()) + ")";
        } else if (MySqlCatalog.table(connection, source).indexes().stream()
                .noneMatch(index -> startsWith(index, clause.columns()))) {
            why = "there is no index that begins with (" + String.join(", ", clause.columns())
                    + "), and the server would build one with the table locked. Add it first";
        }
        if (!why.isEmpty()) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "cannot add the foreign key to " + source + ": " + why + ". Nothing was changed.");
        }
    }

    /** With the checks off the server would not even look whether they are there. */
    private boolean hasColumns(TableName table, List<String> columns) throws SQLException {
        return MySqlCatalog.exists(connection, table)
                && MySqlCatalog.table(connection, table).columns().stream()
                        .map(column -> column.name().toLowerCase(Locale.ROOT))
                        .collect(Collectors.toSet())
                        .containsAll(columns.stream()
                                .map(column -> column.toLowerCase(Locale.ROOT))
                                .toList());
    }

    private static boolean startsWith(MySqlIndex index, List<String> columns) {
        return index.parts().size() >= columns.size()
                && IntStream.range(0, columns.size())
                        .allMatch(i -> index.parts().get(i).prefix() == 0
                                && columns.get(i)
                                        .equalsIgnoreCase(String.valueOf(
                                                index.parts().get(i).column())));
    }
}
