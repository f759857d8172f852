package dev.shoofly.coordinator;

import static dev.shoofly.coordinator.MigrationFixture.ROWS;
import static dev.shoofly.coordinator.MigrationFixture.spec;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.shoofly.coordinator.events.EventSchema;
import dev.shoofly.coordinator.events.Receiver;
import dev.shoofly.database.Database;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.AutoRollback;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.MigrationState;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A whole migration whose old table comes back although nobody says a word, under writers, on either server. */
@Timeout(300)
abstract class AutoRollbackContract {
    private static final int LATENCY_MILLIS = 200;

    @TempDir
    Path directory;

    abstract DatabaseServer server();

    abstract OrdersTable table();

    /** Locks {@code orders} in the open transaction, or session, against everybody who reads it. */
    abstract String lock();

    abstract String unlock();

    /** Gives a row for each session that waits to read a single row of {@code orders}. */
    abstract String waitingReaders();

    private MigrationSpec watched(AutoRollback conditions) {
        MigrationSpec spec =
                MigrationFixture.withRollbackWindow(spec(CutoverMode.AUTO, table().alters()), Duration.ofMinutes(10));
        return spec.cuttingOver(spec.cutover().withAutoRollback(conditions));
    }

    private MigrationFixture fixture() throws SQLException {
        return new MigrationFixture(server(), () -> TestServers.kafka().bootstrapServers(), directory, table());
    }

    @Test
    void anAddressThatBeginsToAnswer500BringsTheOldTableBackWithEveryWrite() throws Exception {
        MigrationFixture fixture = fixture();
        AtomicInteger status = new AtomicInteger(200);
        RecordedWriters writers = new RecordedWriters(server(), ROWS);
        try (Receiver application = new Receiver(number -> status.get());
                Receiver events = new Receiver(number -> 204);
                Database database = fixture.open(FaultPoints.NONE);
                MigrationRunner runner = fixture.runner(database, events.address())) {
            AutoRollback conditions = new AutoRollback(
                    List.of("http for 1s"), null, application.address().toString());
            CompletableFuture<MigrationOutcome> outcome =
                    CompletableFuture.supplyAsync(() -> runner.start(watched(conditions)));
            MigrationId id = awaitWindow(runner);
            int asked = application.requests();
            MigrationFixture.await(runner, () -> application.requests() >= asked + 3);
            assertThat(find(database, id).rollback().requested())
                    .as("it has answered 200")
                    .isFalse();
            writers.awaitMore(100);
            status.set(500);
            assertThat(outcome.get()).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.ROLLED_BACK);
            writers.awaitMore(50);
            writers.stopAndCheck();
            assertRecorded(fixture, database, id, "http not 200 for 1 s");
            assertThat(find(database, id).reason()).doesNotContain("geheim");
            runner.close();
            MigrationFixture.await(
                    runner, () -> events.taken().stream().anyMatch(json -> json.contains("\"rolled-back\"")));
            assertTold(events.taken(), "http not 200 for 1 s");
        } finally {
            writers.close();
        }
    }

    /** Whoever reads a row waits for it as long as somebody else keeps the table: no value is made up. */
    @Test
    void aTableThatIsSlowToReadBringsTheOldOneBackWithEveryWrite() throws Exception {
        MigrationFixture fixture = fixture();
        String condition = "p99 > " + LATENCY_MILLIS + " ms for 2 s";
        RecordedWriters writers = new RecordedWriters(server(), ROWS);
        try (Receiver events = new Receiver(number -> 204);
                Database database = fixture.open(FaultPoints.NONE);
                MigrationRunner runner = fixture.runner(database, events.address());
                Connection slow = fixture.connect();
                Connection watching = fixture.connect()) {
            AutoRollback conditions = new AutoRollback(List.of("p99>" + LATENCY_MILLIS + "ms for 2s"), null, null);
            CompletableFuture<MigrationOutcome> outcome =
                    CompletableFuture.supplyAsync(() -> runner.start(watched(conditions)));
            MigrationId id = awaitWindow(runner);
            writers.awaitMore(100);
            while (!find(database, id).rollback().requested()) {
                assertThat(outcome).isNotDone();
                makeAReaderWait(slow, watching);
            }
            assertThat(outcome.get()).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.ROLLED_BACK);
            writers.awaitMore(50);
            writers.stopAndCheck();
            assertRecorded(fixture, database, id, condition);
            runner.close();
            MigrationFixture.await(
                    runner, () -> events.taken().stream().anyMatch(json -> json.contains("\"rolled-back\"")));
            assertTold(events.taken(), condition);
        } finally {
            writers.close();
        }
    }

    /** For longer than the condition allows, counted from when it is seen to wait. */
    private void makeAReaderWait(Connection slow, Connection watching) throws SQLException {
        slow.setAutoCommit(false);
        execute(slow, lock());
        try {
            long giveUpAt = System.nanoTime() + Duration.ofSeconds(2).toNanos();
            while (!isSomebodyWaiting(watching) && System.nanoTime() < giveUpAt) {
                LockSupport.parkNanos(5_000_000);
            }
            long until =
                    System.nanoTime() + Duration.ofMillis(2 * LATENCY_MILLIS).toNanos();
            while (System.nanoTime() < until) {
                LockSupport.parkNanos(5_000_000);
            }
        } finally {
            slow.commit();
            execute(slow, unlock());
        }
    }

    private boolean isSomebodyWaiting(Connection watching) throws SQLException {
        try (Statement statement = watching.createStatement();
                ResultSet rows = statement.executeQuery(waitingReaders())) {
            return rows.next();
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static MigrationId awaitWindow(MigrationRunner runner) {
        MigrationFixture.awaitState(runner, MigrationState.CUTOVER);
        MigrationId id = runner.snapshot().orElseThrow().id();
        RollbackContract.awaitActivity(runner, "'rollback " + id + "'");
        return id;
    }

    private static Migration find(Database database, MigrationId id) {
        return database.control().migrations().find(id).orElseThrow();
    }

    /** What fired, with its value, in what {@code status} shows and in the history. */
    private static void assertRecorded(MigrationFixture fixture, Database database, MigrationId id, String condition)
            throws SQLException {
        Migration end = find(database, id);
        assertThat(end.state()).isEqualTo(MigrationState.ROLLED_BACK);
        assertThat(end.reason()).startsWith("rolled back by itself: " + condition + ": now ");
        assertThat(fixture.texts("SELECT detail FROM shoofly.migration_log WHERE event = 'AUTO ROLLBACK'"
                        + " AND migration_id = '" + id + "'"))
                .singleElement()
                .asString()
                .startsWith(condition + ": now ");
        assertThat(fixture.tables()).contains("orders", "_orders_" + id + "_undone");
        assertThat(fixture.texts("SELECT column_name FROM information_schema.columns WHERE table_name = 'orders'"))
                .contains("legacy")
                .doesNotContain("status");
    }

    private static void assertTold(List<String> messages, String condition) throws Exception {
        List<String> names = new ArrayList<>();
        for (String json : messages) {
            JsonNode message = EventSchema.valid(json);
            names.add(message.get("event").asText());
            if (message.get("event").asText().equals("auto-rollback")) {
                assertThat(message.get("detail").asText()).startsWith(condition + ": now ");
            }
        }
        assertThat(names).containsSubsequence("cutover", "auto-rollback", "swapped-back", "rolled-back");
    }
}
