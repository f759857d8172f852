package dev.shoofly.coordinator;

import static dev.shoofly.coordinator.MigrationFixture.awaitState;
import static dev.shoofly.coordinator.MigrationFixture.spec;
import static dev.shoofly.coordinator.MigrationFixture.withRollbackWindow;
import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Database;
import dev.shoofly.database.control.Command.Verb;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What clients saw of single rows while a migration went there and back is what they could have seen of a table that nobody
 * migrates: each row is linearizable, and no increment is lost or counted twice. Once without faults, and once with the
 * process, sessions, the database and Kafka killed at the steps of both swaps.
 */
abstract class HistoryContract {
    private static final Duration ANSWER = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    /** Of this test's own, for it is killed. */
    abstract DatabaseServer dedicatedServer();

    abstract OrdersTable table();

    /** Numbers of the sessions of clients, but not of this one nor of readers of the log. */
    abstract String otherSessions();

    /** @param session a number of {@link #otherSessions} */
    abstract String kill(String session);

    /** Those of the swap's steps behind its RENAME at which sessions can be killed one after the other. */
    abstract List<String> lastPoints();

    @Test
    void whatClientsSawThereAndBackIsWhatOneTableWouldHaveShown() throws Exception {
        try (DatabaseServer server = dedicatedServer()) {
            MigrationFixture fixture =
                    new MigrationFixture(server, () -> TestServers.kafka().bootstrapServers(), directory, table());
            withoutAMigration(server);
            withoutFaults(fixture);
            withFaults(server);
        }
    }

    /** Whatever is found here is the clients' or the server's doing. */
    private static void withoutAMigration(DatabaseServer server) throws Exception {
        try (HistoryClients clients = new HistoryClients(server)) {
            clients.awaitMore(300);
            clients.stopAndCheck();
            assertThat(clients.failed()).isEmpty();
        }
    }

    private void withoutFaults(MigrationFixture fixture) throws Exception {
        try (HistoryClients clients = new HistoryClients(fixture.server())) {
            thereAndBack(fixture, FaultPoints.NONE, clients);
            clients.stopAndCheck();
            assertThat(clients.failed()).isEmpty();
        }
    }

    private void withFaults(DatabaseServer server) throws Exception {
        Path own = Files.createDirectories(directory.resolve("killed"));
        // Each process that runs the migration has its own, one after the other on the same data.
        AtomicReference<String> broker = new AtomicReference<>("");
        MigrationFixture fixture = new MigrationFixture(server, broker::get, own, table());
        try (HistoryClients clients = new HistoryClients(server)) {
            KilledProcess.at("swap.before-rename", server, table(), own);
            try (RestartableKafka kafka = new RestartableKafka(own.resolve("kafka"))) {
                broker.set(kafka.bootstrapServers());
                Schedule schedule = schedule(fixture, kafka);
                thereAndBack(fixture, schedule, clients);
                clients.stopAndCheck();
                assertThat(schedule.left()).isEmpty();
                assertThat(clients.failed()).isNotEmpty();
            }
        }
    }

    private Schedule schedule(MigrationFixture fixture, RestartableKafka kafka) {
        Runnable sessions = () -> killSessions(fixture);
        Runnable database = () -> {
            fixture.server().kill();
            fixture.server().restart();
        };
        Schedule schedule = new Schedule();
        schedule.at("swap.progress-locked", sessions);
        schedule.at("swap.locked", kafka::restart);
        schedule.at("swap.before-rename", sessions);
        lastPoints().forEach(point -> schedule.at("swap." + point, sessions));
        schedule.at("swap-back.locked", sessions);
        schedule.at("swap-back.drained", sessions);
        schedule.at("swap-back.after-rename", database);
        return schedule;
    }

    private void thereAndBack(MigrationFixture fixture, FaultPoints faults, HistoryClients clients) throws Exception {
        MigrationSpec spec = withRollbackWindow(spec(CutoverMode.AUTO, table().alters()), Duration.ofMinutes(10));
        try (Database database = fixture.open(faults);
                MigrationRunner runner = fixture.runner(database, FaultPoints.NONE)) {
            CompletableFuture<MigrationOutcome> outcome = CompletableFuture.supplyAsync(() -> runner.start(spec));
            awaitState(runner, MigrationState.CUTOVER);
            clients.awaitMore(150);
            askForTheOldTable(database, runner, outcome);
            assertThat(outcome.get()).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.ROLLED_BACK);
            clients.awaitMore(300);
        }
    }

    /** Refused until the window is open; and the answer may be lost with a session that is killed. */
    private static void askForTheOldTable(
            Database database, MigrationRunner runner, CompletableFuture<MigrationOutcome> outcome) {
        MigrationId id = runner.snapshot().orElseThrow().id();
        while (!outcome.isDone()) {
            try {
                assertThat(new MigrationControl(database).request(id, Verb.ROLLBACK, ANSWER))
                        .isEqualTo("rolling back");
                return;
            } catch (ShooflyException e) {
                LockSupport.parkNanos(50_000_000);
            }
        }
    }

    private void killSessions(MigrationFixture fixture) {
        try {
            for (String session : fixture.texts(otherSessions())) {
                try {
                    fixture.execute(kill(session));
                } catch (SQLException e) {
                    // It ended by itself.
                    assertThat(String.valueOf(e.getMessage())).contains(session);
                }
            }
        } catch (SQLException e) {
            throw new IllegalStateException("the sessions could not be killed", e);
        }
    }

    /** Each fault happens once, when its point is reached for the next time. */
    private static final class Schedule implements FaultPoints {
        private final Map<String, Deque<Runnable>> faults = new LinkedHashMap<>();

        void at(String point, Runnable... inTurn) {
            faults.put(point, new ArrayDeque<>(List.of(inTurn)));
        }

        @Override
        public void reach(String point) {
            Runnable next = next(point);
            if (next != null) {
                next.run();
            }
        }

        private synchronized @Nullable Runnable next(String point) {
            return faults.getOrDefault(point, new ArrayDeque<>()).poll();
        }

        synchronized Map<String, Integer> left() {
            Map<String, Integer> left = new LinkedHashMap<>();
            faults.forEach((point, waiting) -> {
                if (!waiting.isEmpty()) {
                    left.put(point, waiting.size());
                }
            });
            return left;
        }
    }
}
