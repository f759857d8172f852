package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Database;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.StrategyChoice;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Moved, swapped, negative and zero keys, upserts that change the key, statements over several tables, savepoints and one
 * very large transaction: all of them at each of the moments that a migration is afraid of.
 */
abstract class StatementKindsContract {
    private static final int TIMES_AT_EACH_MOMENT = 4;
    private static final long MANY = Long.getLong("shoofly.test.many", 40_000);

    @TempDir
    Path directory;

    abstract DatabaseServer server();

    abstract OrdersTable orders();

    abstract Statements statements();

    @Test
    void everyKindOfStatementAtEveryMomentLeavesTheRightRows() throws Exception {
        MigrationFixture fixture =
                new MigrationFixture(server(), () -> TestServers.kafka().bootstrapServers(), directory, orders());
        TwinTables tables = new TwinTables(server(), statements());
        Map<String, Integer> times = new ConcurrentHashMap<>();
        FaultPoints application = point -> {
            switch (point) {
                // Between the copy's read and its commit, before a batch reads the source, and between the phases.
                case "copy.before-commit",
                        "copy.before-sweep",
                        "reconcile.before-read",
                        "reconcile.before-commit",
                        "state.COPYING",
                        "state.VALIDATING",
                        "state.READY" -> {
                    if (times.merge(point, 1, Integer::sum) <= TIMES_AT_EACH_MOMENT) {
                        work(tables::round);
                    }
                }
                case "state.SYNCHRONIZING" ->
                    work(() -> {
                        tables.round();
                        tables.insertMany(20_000_000, MANY);
                        tables.round();
                    });
                default -> {}
            }
        };
        try (Database database = fixture.open(application);
                MigrationRunner runner = fixture.runner(database, application)) {
            MigrationSpec spec = new MigrationSpec(
                    "ledger", statements().alters(), StrategyChoice.SHADOW, 4, 500, CutoverSettings.DEFAULT);
            assertThat(runner.start(spec)).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.COMPLETED);
            assertThat(runner.snapshot().orElseThrow().mismatches()).isZero();
        }
        tables.round();
        tables.assertEqual();
        // Each moment came at least once; how often the ones within a batch come is for the applier's batches to
        // decide.
        assertThat(times).hasSize(7);
    }

    /** What an application does. */
    @FunctionalInterface
    private interface Work {
        void run() throws SQLException;
    }

    private static void work(Work work) {
        try {
            work.run();
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }
}
