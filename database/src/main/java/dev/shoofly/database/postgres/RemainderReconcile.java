package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;

import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Reconciles the last keys inside the cut-over's transaction. Nobody else writes either table, so the conflict routine may
 * run here; savepoints keep a conflict from ending the transaction.
 */
final class RemainderReconcile {
    /** Keys per statement. */
    static final int BATCH = 1_000;

    private static final int MOST_TRIES = 50;
    private final Connection connection;
    private final MigrationPlan plan;
    private final ReconcileStatements statements;
    private final UniqueConflicts conflicts;

    RemainderReconcile(Connection connection, MigrationPlan plan) {
        this.connection = connection;
        this.plan = plan;
        this.statements = new ReconcileStatements(plan);
        this.conflicts = new UniqueConflicts(plan);
    }

    void run(List<RowKey> keys) throws SQLException {
        Set<RowKey> cleared = new LinkedHashSet<>();
        inBatches(keys, cleared);
        while (!cleared.isEmpty()) {
            // Their keys should be among the remainder; should one not be, its row must not stay away.
            List<RowKey> again = new ArrayList<>(cleared);
            cleared.clear();
            inBatches(again, cleared);
        }
    }

    private void inBatches(List<RowKey> keys, Set<RowKey> cleared) throws SQLException {
        for (int from = 0; from < keys.size(); from += BATCH) {
            batch(keys.subList(from, Math.min(from + BATCH, keys.size())), cleared);
        }
    }

    private void batch(List<RowKey> keys, Set<RowKey> cleared) throws SQLException {
        for (int attempt = 1; ; attempt++) {
            execute(connection, "SAVEPOINT shoofly_batch");
            try {
                statements.run(connection, keys);
                execute(connection, "RELEASE SAVEPOINT shoofly_batch");
                return;
            } catch (SQLException e) {
                if (!PostgresErrors.isUniqueConflict(e) || attempt >= MOST_TRIES) {
                    throw e;
                }
                execute(connection, "ROLLBACK TO SAVEPOINT shoofly_batch");
                List<RowKey> gone = makeRoom(e, keys);
                if (gone.isEmpty()) {
                    throw e;
                }
                cleared.addAll(gone);
            }
        }
    }

    private List<RowKey> makeRoom(SQLException error, List<RowKey> keys) throws SQLException {
        String constraint = PostgresErrors.constraint(error);
        if (constraint == null) {
            return List.of();
        }
        // Reading the rule changes the search path; rolling back restores it.
        Optional<UniqueRule> rule = UniqueRule.read(connection, plan, constraint);
        execute(connection, "ROLLBACK TO SAVEPOINT shoofly_batch");
        if (rule.isEmpty() || !rule.get().computable()) {
            return List.of();
        }
        return conflicts.clear(connection, rule.get(), keys);
    }
}
