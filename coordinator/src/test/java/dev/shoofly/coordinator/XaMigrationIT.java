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
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** XA transactions are prepared and decided all the time while MySQL's table is migrated. */
class XaMigrationIT {
    @TempDir
    Path directory;

    @Test
    void transactionsThatArePreparedInOnePhaseAndDecidedInAnotherLeaveTheRightRows() throws Exception {
        DatabaseServer server = TestServers.mysql();
        MigrationFixture fixture = new MigrationFixture(
                server, () -> TestServers.kafka().bootstrapServers(), directory, OrdersTable.MYSQL);
        TwinTables tables = new TwinTables(server, Statements.MYSQL);
        XaWriters writers = new XaWriters(server);
        FaultPoints application = point -> {
            if (point.equals("copy.before-commit")) {
                awaitMore(writers, 5);
            } else if (point.equals("state.READY")) {
                awaitMore(writers, 50);
            }
        };
        try (Database database = fixture.open(application);
                MigrationRunner runner = fixture.runner(database, application)) {
            MigrationSpec spec = new MigrationSpec(
                    "ledger", Statements.MYSQL.alters(), StrategyChoice.SHADOW, 4, 250, CutoverSettings.DEFAULT);
            Thread pausing = new Thread(() -> stopWhenTheCutoverWaits(runner, writers), "operator");
            pausing.start();
            assertThat(runner.start(spec)).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.COMPLETED);
            pausing.join();
            assertThat(runner.snapshot().orElseThrow().mismatches()).isZero();
        } finally {
            writers.close();
        }
        assertThat(writers.errors()).isEmpty();
        assertThat(writers.decided()).isGreaterThan(100);
        tables.assertEqual();
    }

    /** With some always prepared, the cut-over waits and says for what. */
    private static void stopWhenTheCutoverWaits(MigrationRunner runner, XaWriters writers) {
        while (!runner.snapshot()
                .map(snapshot -> snapshot.activity().contains("the XA transaction X'")
                        || snapshot.state().isFinal())
                .orElse(false)) {
            LockSupport.parkNanos(5_000_000);
        }
        try {
            writers.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void awaitMore(XaWriters writers, long count) {
        try {
            writers.awaitMore(count);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
