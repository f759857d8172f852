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
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What clients saw of single rows while a migration went there and back is what they could have seen of a table that nobody
 * migrates: each row is linearizable, and no increment is lost or counted twice. Once without faults, and once there and back
 * twice with the process, sessions, the database and Kafka killed at the steps of the swaps and between them.
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

    /** The first of them behind which the tables stay swapped, whoever dies. */
    abstract String firstSwapped();

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
            thereAndBack(fixture, FaultPoints.NONE, clients, List.of());
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
            assertThat(ChildRun.run("swap.before-rename", server, table(), own))
                    .as("%s", Files.readString(own.resolve("swap.before-rename.log")))
                    .isEqualTo(ChildRun.KILLED);
            try (RestartableKafka kafka = new RestartableKafka(own.resolve("kafka"))) {
                broker.set(kafka.bootstrapServers());
                Schedule schedule = new Schedule();
                Runnable sessions = () -> killSessions(fixture);
                Runnable databaseItself = () -> {
                    server.kill();
                    server.restart();
                };
                firstRound(schedule, sessions, databaseItself, kafka::restart);
                Runnable again = () -> secondRound(schedule, sessions, databaseItself, kafka::restart);
                thereAndBack(fixture, schedule, clients, List.of(again));
                clients.stopAndCheck();
                assertThat(schedule.left()).isEmpty();
                assertThat(clients.failed()).isNotEmpty();
            }
        }
    }

    /**
     * A swap passes its steps in order until it is through, so each is reached at least once, but for certain no second
     * time. No more than four attempts end at a fault: the pauses between them double.
     */
    private void firstRound(Schedule schedule, Runnable sessions, Runnable database, Runnable kafka) {
        schedule.at("cutover.asked", sessions);
        schedule.at("swap.progress-locked", sessions);
        schedule.at("swap.locked", kafka);
        schedule.at("swap.drained", kafka);
        schedule.at("swap.before-rename", sessions);
        lastPoints().forEach(point -> schedule.at("swap." + point, sessions));
        schedule.at("finish.recorded", sessions);
        schedule.at("back.opened", sessions);
        schedule.at("rollback.asked", sessions);
        schedule.at("swap-back.progress-locked", sessions);
        schedule.at("swap-back.locked", kafka);
        schedule.at("swap-back.drained", sessions);
        schedule.at("swap-back.after-rename", database);
        schedule.at("swap-back.done", sessions);
        schedule.at("forward-again.recorded", sessions);
    }

    /** Without Kafka a swap that has not locked the source yet goes on to do so. */
    private void secondRound(Schedule schedule, Runnable sessions, Runnable database, Runnable kafka) {
        schedule.at("swap.progress-locked", kafka);
        schedule.at("swap.locked", sessions);
        schedule.at("swap.drained", sessions);
        schedule.at("swap.before-rename", database);
        schedule.at("swap." + firstSwapped(), sessions);
        schedule.at("swap-back.progress-locked", kafka);
        schedule.at("swap-back.locked", sessions);
        schedule.at("swap-back.drained", kafka);
        schedule.at("swap-back.before-rename", sessions);
        lastPoints().forEach(point -> schedule.at("swap-back." + point, sessions));
    }

    /** @param again what is done before it goes forward again, each time */
    private void thereAndBack(
            MigrationFixture fixture, FaultPoints faults, HistoryClients clients, List<Runnable> again)
            throws Exception {
        MigrationSpec spec = withRollbackWindow(spec(CutoverMode.AUTO, table().alters()), Duration.ofMinutes(10));
        try (Database database = fixture.open(faults);
                MigrationRunner runner = fixture.runner(database, faults)) {
            CompletableFuture<MigrationOutcome> outcome = CompletableFuture.supplyAsync(() -> runner.start(spec));
            awaitState(runner, MigrationState.CUTOVER);
            clients.awaitMore(150);
            for (Runnable round : again) {
                askForTheOldTable(database, runner, Optional.of(Duration.ofHours(1)));
                awaitState(runner, MigrationState.READY);
                RollbackContract.awaitActivity(runner, "ready; waiting for 'cutover");
                clients.awaitMore(150);
                round.run();
                MigrationId id = runner.snapshot().orElseThrow().id();
                ask(
                        runner,
                        MigrationState.READY,
                        () -> assertThat(new MigrationControl(database).request(id, Verb.CUTOVER, ANSWER))
                                .isEqualTo("cut-over approved"));
                awaitState(runner, MigrationState.CUTOVER);
                clients.awaitMore(150);
            }
            askForTheOldTable(database, runner, Optional.empty());
            assertThat(outcome.get()).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.ROLLED_BACK);
            clients.awaitMore(300);
        }
    }

    private static void askForTheOldTable(Database database, MigrationRunner runner, Optional<Duration> keptFor) {
        MigrationControl control = new MigrationControl(database);
        MigrationId id = runner.snapshot().orElseThrow().id();
        ask(runner, MigrationState.CUTOVER, () -> {
            control.keepAfterRollback(id, keptFor);
            assertThat(control.request(id, Verb.ROLLBACK, ANSWER)).isEqualTo("rolling back");
        });
    }

    /** Refused until it can be done; and what was asked, or the answer, may be lost with a session that is killed. */
    private static void ask(MigrationRunner runner, MigrationState during, Runnable request) {
        while (runner.snapshot().orElseThrow().state() == during) {
            try {
                request.run();
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

    /** Each fault happens once, when its point is reached for the next time. Any thread. */
    private static final class Schedule implements FaultPoints {
        private final Map<String, Deque<Runnable>> faults = new LinkedHashMap<>();

        synchronized void at(String point, Runnable fault) {
            faults.computeIfAbsent(point, absent -> new ArrayDeque<>()).add(fault);
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
