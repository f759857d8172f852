package dev.shoofly.coordinator;

import static dev.shoofly.coordinator.MigrationFixture.ROWS;
import static dev.shoofly.coordinator.MigrationFixture.awaitState;
import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Database;
import dev.shoofly.database.control.ApplierInstance;
import dev.shoofly.database.control.Command.Verb;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationState;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A paused migration leaves its server alone, for however long, and goes on as if nothing had been. */
@Timeout(240)
abstract class PauseContract {
    private static final Duration ANSWER = Duration.ofSeconds(60);
    static final Duration LIMIT = Duration.ofSeconds(90);
    /** Statements by which a paused owner, and a process that applies for others, ask whether to go on. */
    private static final String OWNERS_LOOK = "LEFT JOIN shoofly.commands";

    private static final String APPLIERS_LOOK = "WHERE m.active_table IS NOT NULL";

    @TempDir
    Path directory;

    private DatabaseServer server;
    private MigrationFixture fixture;
    private Database database;

    /** Of the test's own, for everything that it is sent is counted. */
    abstract DatabaseServer dedicatedServer();

    abstract OrdersTable table();

    abstract StatementLog statements(MigrationFixture fixture) throws SQLException;

    /** Takes away the log that a stopped capture has not read. */
    abstract void discardTheLog(MigrationFixture fixture, MigrationId id) throws SQLException;

    MigrationFixture fixture() {
        return fixture;
    }

    @BeforeEach
    void createOrders() throws SQLException {
        server = dedicatedServer();
        fixture = new MigrationFixture(server, () -> TestServers.kafka().bootstrapServers(), directory, table());
        database = fixture.open(FaultPoints.NONE);
    }

    @AfterEach
    void closeDatabase() {
        database.close();
        server.close();
    }

    @Test
    void asksForCommandsAndNothingElseWhilePausedAndLosesNothing() throws Exception {
        try (Database own = fixture.open(FaultPoints.NONE);
                Database others = fixture.open(FaultPoints.NONE);
                ApplierRole role = role(others);
                RecordedWriters writers = new RecordedWriters(server, ROWS);
                MigrationRunner runner = fixture.runner(own, FaultPoints.NONE)) {
            CompletableFuture<Void> serving = CompletableFuture.runAsync(role::run);
            CompletableFuture<MigrationOutcome> outcome = start(runner);
            awaitState(runner, MigrationState.READY);
            MigrationId id = runner.snapshot().orElseThrow().id();
            awaitAnApplierOfTheRole(id);
            MigrationControl control = new MigrationControl(database);

            assertThat(control.request(id, Verb.PAUSE_WITH_CAPTURE, ANSWER))
                    .startsWith("paused; the capture is stopped too: ")
                    .doesNotContain("not confirmed");
            writers.awaitMore(200);
            writers.pause();
            try (StatementLog log = statements(fixture)) {
                asksForCommandsOnly(log);
            }
            writers.goOn();
            assertThat(database.control().migrations().find(id).orElseThrow().state())
                    .isEqualTo(MigrationState.PAUSED);

            assertThat(control.request(id, Verb.RESUME, ANSWER)).isEqualTo("resumed");
            writers.awaitMore(50);
            assertThat(control.request(id, Verb.CUTOVER, ANSWER)).contains("approved");
            assertThat(outcome.get(LIMIT.toSeconds(), TimeUnit.SECONDS))
                    .as("%s", runner.snapshot())
                    .isEqualTo(MigrationOutcome.COMPLETED);
            writers.awaitMore(50);
            writers.stopAndCheck();
            role.stop();
            serving.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        }
    }

    private static void asksForCommandsOnly(StatementLog log) throws Exception {
        // The other process is told by its first look after the pause; a report that was under way then ends before the
        // third.
        awaitLooks(3, log);
        long began = System.nanoTime();
        awaitLooks(4, log);
        List<String> all = log.statements();
        long passed = System.nanoTime() - began;
        assertThat(all.stream().filter(each -> !each.contains(OWNERS_LOOK) && !each.contains(APPLIERS_LOOK)))
                .as("what else was asked")
                .isEmpty();
        assertThat((long) all.size())
                .as("no more often than said, within %d ms", passed / 1_000_000)
                .isLessThanOrEqualTo(2 * (1 + passed / CommandListener.LOOK_WHEN_PAUSED.toNanos()));
    }

    /** Of each of them, from now on. */
    private static void awaitLooks(int looks, StatementLog log) throws Exception {
        log.clear();
        await(looks + " looks", () -> {
            List<String> found = log.statements();
            return count(found, OWNERS_LOOK) >= looks && count(found, APPLIERS_LOOK) >= looks;
        });
    }

    private static long count(List<String> statements, String part) {
        return statements.stream().filter(each -> each.contains(part)).count();
    }

    private ApplierRole role(Database others) {
        return new ApplierRole(
                others,
                new ApplierRoleSettings(
                        "other:2",
                        TestServers.kafka().bootstrapServers(),
                        directory.resolve("other"),
                        2,
                        Duration.ofSeconds(4),
                        Optional.empty()),
                MigrationMetrics.NONE,
                FaultPoints.NONE);
    }

    private void awaitAnApplierOfTheRole(MigrationId id) throws Exception {
        await(
                "partitions of the other process",
                () -> database.control().appliers().list(id).stream()
                        .anyMatch(each -> each.name().equals("other:2")
                                && !each.partitions().isEmpty()));
        assertThat(database.control().appliers().list(id)).allMatch(ApplierInstance::isAlive);
    }

    @Test
    void completesAPauseAndAResumeThatLoseTheServerHalfWay() throws Exception {
        FaultPoints restarts = once(Map.of("pause.recorded", server::restart, "resume.recorded", server::restart));
        try (Database own = fixture.open(FaultPoints.NONE);
                RecordedWriters writers = RecordedWriters.throughRestarts(server, ROWS);
                MigrationRunner runner = fixture.runner(own, restarts)) {
            CompletableFuture<MigrationOutcome> outcome = start(runner);
            awaitState(runner, MigrationState.READY);
            MigrationId id = runner.snapshot().orElseThrow().id();

            assertThat(request(id, Verb.PAUSE)).startsWith("paused");
            writers.awaitMore(50);
            long keys = keysApplied(id);
            writers.awaitMore(200);
            assertThat(keysApplied(id)).isEqualTo(keys);

            // The restart took the owner's lock away with its session: it must still be known that the owner lives.
            await("the owner's lock", () -> new MigrationControl(database).isRunning(id));
            assertThat(request(id, Verb.RESUME)).isEqualTo("resumed");
            assertThat(request(id, Verb.CUTOVER)).contains("approved");
            assertThat(outcome.get(LIMIT.toSeconds(), TimeUnit.SECONDS))
                    .as("%s", runner.snapshot())
                    .isEqualTo(MigrationOutcome.COMPLETED);
            writers.awaitMore(50);
            writers.stopAndCheck();
        }
    }

    @Test
    void stopsWhenAnotherProcessTakesTheMigrationOverMeanwhile() throws Exception {
        try (Database own = fixture.open(FaultPoints.NONE);
                MigrationRunner runner = fixture.runner(own, FaultPoints.NONE)) {
            CompletableFuture<MigrationOutcome> outcome = start(runner);
            awaitState(runner, MigrationState.READY);
            MigrationId id = runner.snapshot().orElseThrow().id();
            assertThat(request(id, Verb.PAUSE)).isEqualTo("paused");

            database.control().migrations().takeOver(id, "another:3");

            assertThat(outcome)
                    .failsWithin(LIMIT)
                    .withThrowableThat()
                    .havingRootCause()
                    .withMessageContaining("another process has taken migration " + id + " over");
        }
    }

    /** What days bring: the group has lost its offsets, and nothing of the first process is left. */
    @Test
    void isResumedByAnotherProcessAfterItsOwnHasDiedAndKafkaHasForgottenTheGroup() throws Exception {
        MigrationId id;
        try (RecordedWriters writers = new RecordedWriters(server, ROWS)) {
            try (Database own = fixture.open(FaultPoints.NONE);
                    MigrationRunner runner = fixture.runner(own, FaultPoints.NONE)) {
                CompletableFuture<MigrationOutcome> outcome = start(runner);
                awaitState(runner, MigrationState.READY);
                id = runner.snapshot().orElseThrow().id();
                assertThat(request(id, Verb.PAUSE_WITH_CAPTURE)).startsWith("paused");
                runner.interrupt();
                assertThat(outcome.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo(MigrationOutcome.INTERRUPTED);
            }
            assertThat(database.control().migrations().find(id).orElseThrow().state())
                    .isEqualTo(MigrationState.PAUSED);
            writers.awaitMore(200);
            try (Admin admin = Admin.create(
                    Map.of("bootstrap.servers", (Object) TestServers.kafka().bootstrapServers()))) {
                String group = new dev.shoofly.model.TopicNames(id).applierGroup();
                await("an empty group", () -> {
                    admin.deleteStreamsGroups(List.of(group)).all().get();
                    return true;
                });
            }
            database.control()
                    .migrations()
                    .approveCutover(
                            id,
                            database.control()
                                    .migrations()
                                    .find(id)
                                    .orElseThrow()
                                    .epoch(),
                            null);
            try (Database own = fixture.open(FaultPoints.NONE);
                    MigrationRunner runner = fixture.runner(own, FaultPoints.NONE)) {
                assertThat(runner.resume(id)).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.COMPLETED);
            }
            writers.awaitMore(50);
            writers.stopAndCheck();
        }
    }

    @Test
    void saysSoWhenTheLogIsGoneAfterALongPause() throws Exception {
        try (Database own = fixture.open(FaultPoints.NONE);
                MigrationRunner runner = fixture.runner(own, FaultPoints.NONE)) {
            CompletableFuture<MigrationOutcome> outcome = start(runner);
            awaitState(runner, MigrationState.READY);
            MigrationId id = runner.snapshot().orElseThrow().id();
            assertThat(request(id, Verb.PAUSE_WITH_CAPTURE)).startsWith("paused");
            fixture.execute("UPDATE orders SET note = 'unread' WHERE id = 7");

            discardTheLog(fixture, id);
            assertThat(request(id, Verb.RESUME)).isEqualTo("resumed");

            assertThat(outcome.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo(MigrationOutcome.FAILED);
            assertThat(runner.snapshot().orElseThrow().reason())
                    .containsAnyOf("no longer has its log", "has removed log")
                    .containsPattern("(?i)cancel .*migrat");
            assertThat(fixture.tables()).contains("orders").doesNotContain("_orders_" + id + "_old");
        }
    }

    CompletableFuture<MigrationOutcome> start(MigrationRunner runner) {
        return CompletableFuture.supplyAsync(
                () -> runner.start(MigrationFixture.spec(CutoverMode.MANUAL, table().alters())));
    }

    String request(MigrationId id, Verb verb) {
        return new MigrationControl(database).request(id, verb, ANSWER);
    }

    private long keysApplied(MigrationId id) {
        return database.control().progress().list(id).stream()
                .mapToLong(progress -> progress.keysApplied())
                .sum();
    }

    private static FaultPoints once(Map<String, Runnable> faults) {
        Map<String, AtomicInteger> reached = new java.util.concurrent.ConcurrentHashMap<>();
        return name -> {
            Runnable fault = faults.get(name);
            if (fault != null
                    && reached.computeIfAbsent(name, absent -> new AtomicInteger())
                                    .incrementAndGet()
                            == 1) {
                fault.run();
            }
        };
    }

    /** What fails for the moment is tried again. */
    static void await(String what, Callable<Boolean> condition) throws Exception {
        long giveUpAt = System.nanoTime() + LIMIT.toNanos();
        while (true) {
            try {
                if (condition.call()) {
                    return;
                }
                assertThat(System.nanoTime()).as("still waiting for %s", what).isLessThan(giveUpAt);
            } catch (Exception e) {
                if (System.nanoTime() > giveUpAt) {
                    throw e;
                }
            }
            LockSupport.parkNanos(20_000_000);
        }
    }
}
