package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.TableSwap;
import dev.shoofly.database.TableSwap.Outcome;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A transaction that has read the table writes it while the cut-over is after its lock. Where another session keeps its
 * snapshot, the cut-over has stopped the writers first: then the server would take the two for a deadlock at once.
 */
class ReadThenWriteIT {
    private static final TableSwap.Remainder THE_ROW =
            (progress, timeout, most) -> TableSwap.Drained.of(List.of(RowKey.of("1")));
    private static Lab lab;

    @BeforeAll
    static void open() throws SQLException {
        lab = Lab.open();
    }

    @AfterAll
    static void close() throws SQLException {
        lab.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aTransactionThatReadsAndThenWritesIsNotADeadlocksVictim(boolean keptSnapshot) throws Exception {
        lab.run(
                "DROP TABLE IF EXISTS both_ways",
                "CREATE TABLE both_ways (id int PRIMARY KEY, n int)",
                "INSERT INTO both_ways VALUES (1, 1)");
        MigrationPlan plan = lab.prepare("both_ways", "ALTER n TYPE bigint");
        lab.copyAll(plan, 100);
        lab.run("UPDATE shoofly.migrations SET state = 'READY' WHERE id = '" + plan.id() + "'");
        TableSwap swap = lab.database.swap(plan);
        try (Connection other = lab.connect();
                Statement report = other.createStatement()) {
            other.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            other.setAutoCommit(false);
            if (keptSnapshot) {
                report.execute("SELECT 1");
                assertThat(swappedWhileSomebodyReadsAndWrites(swap)).isInstanceOf(Outcome.NotSwapped.class);
            }
            // Strict attempts may fail for ever beside such an application: the next one is not.
            assertThat(swappedWhileSomebodyReadsAndWrites(swap)).isInstanceOf(Outcome.Swapped.class);
            other.rollback();
        }
        assertThat(lab.value("SELECT n FROM both_ways")).isEqualTo(keptSnapshot ? "3" : "2");
    }

    private static Outcome swappedWhileSomebodyReadsAndWrites(TableSwap swap) throws Exception {
        try (Connection application = lab.connect();
                Statement transaction = application.createStatement()) {
            application.setAutoCommit(false);
            transaction.executeQuery("SELECT n FROM both_ways").close();
            // Ends the query for the server, too, which would take the transaction for one with a kept snapshot.
            transaction.execute("SAVEPOINT here");
            CompletableFuture<Outcome> attempt = CompletableFuture.supplyAsync(
                    () -> swap.attempt(CutoverSettings.DEFAULT.withMaxStall(Duration.ofMinutes(1)), 1, THE_ROW));
            Waits.until(() -> attempt.isDone()
                    || lab.value("SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"
                                    + " AND relation = 'both_ways'::regclass")
                            .equals("1"));

            transaction.executeUpdate("UPDATE both_ways SET n = n + 1");
            application.commit();
            return attempt.get(20, TimeUnit.SECONDS);
        }
    }
}
