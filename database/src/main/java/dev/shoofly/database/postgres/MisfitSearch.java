package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;
import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.control.Misfit;
import dev.shoofly.database.postgres.PostgresKeys.Side;
import dev.shoofly.model.ColumnMapping;
import dev.shoofly.model.KeyColumn;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * On the way back: finds the rows of a batch that the old table does not take, by writing halves of it, then halves of these.
 * In a transaction that is rolled back, with the progress row locked. One use.
 */
final class MisfitSearch {
    private final Connection connection;
    private final MigrationPlan plan;
    private final ReconcileStatements statements;
    private final PostgresKeys keys;
    private final PostgresProjection projection;
    private final Map<RowKey, Misfit> found = new HashMap<>();
    /** Of which a value can fail to fit; the one that was met last comes first. */
    private final List<ColumnMapping> suspects;

    private final Map<ColumnMapping, String> probes = new HashMap<>();

    MisfitSearch(Connection connection, MigrationPlan plan, ReconcileStatements statements) {
        this.connection = connection;
        this.plan = plan;
        this.statements = statements;
        this.keys = new PostgresKeys(plan.key());
        this.projection = new PostgresProjection(plan);
        this.suspects = new ArrayList<>(plan.projection().columns().stream()
                .filter(column -> column.retyped() || column.computed())
                .toList());
    }

    /** A key itself does not fit: no row of the old table can be told by it, so nothing can be set aside. */
    static final class KeyDoesNotFit extends SQLException {
        KeyDoesNotFit(SQLException cause) {
            super(cause.getMessage(), cause.getSQLState(), cause);
        }
    }

    /**
     * @return by key as the batch spells it; empty when all of them fit by now
     * @throws KeyDoesNotFit when a key is what does not fit
     */
    Map<RowKey, Misfit> among(List<RowKey> batch) throws SQLException {
        search(batch);
        return found;
    }

    private void search(List<RowKey> batch) throws SQLException {
        SQLException error = refused(() -> statements.run(connection, batch));
        if (error == null) {
            return;
        }
        if (batch.size() > 1) {
            int half = batch.size() / 2;
            search(batch.subList(0, half));
            search(batch.subList(half, batch.size()));
        } else if (PostgresErrors.isDataError(error)) {
            // A row alone whose unique value is taken has passed all else.
            settle(batch.get(0), error);
        }
    }

    private void settle(RowKey key, SQLException error) throws SQLException {
        List<RowKey> spelled = sourceKey(key);
        if (spelled.isEmpty()) {
            return;
        }
        requireFittingKey(key, error);
        found.put(key, new Misfit(spelled.get(0), where(key, error), PostgresErrors.saidWithoutValues(error)));
    }

    /** A cast, as a condition on the key has one, cuts a text in silence: another row could be meant. */
    private void requireFittingKey(RowKey key, SQLException met) throws SQLException {
        List<String> retyped = plan.key().columns().stream()
                .filter(column -> !column.sourceType().equals(column.shadowType()))
                .map(KeyColumn::shadowName)
                .toList();
        for (ColumnMapping column : plan.projection().columns()) {
            if (!retyped.contains(column.shadowColumn())) {
                continue;
            }
            SQLException error = probe(column).isEmpty() ? met : refused(column, key);
            if (error != null) {
                throw new KeyDoesNotFit(error);
            }
        }
    }

    private String where(RowKey key, SQLException error) throws SQLException {
        String constraint = PostgresErrors.constraint(error);
        String column = PostgresErrors.column(error);
        if (column != null || constraint != null) {
            return column != null ? column : "constraint " + constraint;
        }
        if (!PostgresErrors.isOfValue(error)) {
            return "the row as a whole";
        }
        if (suspects.size() > 1) {
            for (ColumnMapping suspect : List.copyOf(suspects)) {
                if (refused(suspect, key) != null) {
                    suspects.remove(suspect);
                    suspects.add(0, suspect);
                    return suspect.shadowColumn();
                }
            }
        }
        return suspects.isEmpty()
                ? "not known"
                : suspects.stream().map(ColumnMapping::shadowColumn).collect(Collectors.joining(" or "));
    }

    /** Only the type is on trial; null: it fits, or that cannot be asked. */
    private @Nullable SQLException refused(ColumnMapping column, RowKey key) throws SQLException {
        String probe = probe(column);
        if (probe.isEmpty()) {
            return null;
        }
        return refused(() -> {
            try (PreparedStatement statement = connection.prepareStatement("INSERT INTO " + probe + " SELECT "
                    + column.expression() + " FROM " + projection.source() + " AS s WHERE "
                    + keys.among(Side.SOURCE, "s"))) {
                keys.bind(statement, 1, List.of(key));
                statement.executeUpdate();
            }
        });
    }

    private String probe(ColumnMapping column) throws SQLException {
        String known = probes.get(column);
        if (known != null) {
            return known;
        }
        String name = "pg_temp.shoofly_misfit_" + probes.size();
        execute(connection, "SAVEPOINT shoofly_probe");
        try {
            execute(
                    connection,
                    "CREATE TEMPORARY TABLE " + name.substring(name.indexOf('.') + 1) + " ON COMMIT DROP AS SELECT "
                            + quote(column.shadowColumn()) + " FROM " + projection.shadow() + " WITH NO DATA");
        } catch (SQLException e) {
            if (!"42501".equals(e.getSQLState())) {
                throw e;
            }
            // No right to make temporary tables: the column is not known then, the row is.
            execute(connection, "ROLLBACK TO SAVEPOINT shoofly_probe");
            name = "";
        }
        probes.put(column, name);
        return name;
    }

    private List<RowKey> sourceKey(RowKey key) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT " + keys.texts(Side.SOURCE, "s")
                + " FROM " + projection.source() + " AS s WHERE " + keys.among(Side.SOURCE, "s"))) {
            keys.bind(statement, 1, List.of(key));
            return keys.readAll(statement);
        }
    }

    /** Work of which nothing stays. */
    private interface Trial {
        void run() throws SQLException;
    }

    /** Null: the server has done it. What is no fault of the rows is thrown. */
    private @Nullable SQLException refused(Trial trial) throws SQLException {
        execute(connection, "SAVEPOINT shoofly_misfit");
        try {
            trial.run();
            return null;
        } catch (SQLException e) {
            if (!PostgresErrors.isDataError(e) && !PostgresErrors.isUniqueConflict(e)) {
                throw e;
            }
            return e;
        } finally {
            execute(connection, "ROLLBACK TO SAVEPOINT shoofly_misfit");
            // One that stays would have all later ones inside itself, as deep as there are rows.
            execute(connection, "RELEASE SAVEPOINT shoofly_misfit");
        }
    }
}
