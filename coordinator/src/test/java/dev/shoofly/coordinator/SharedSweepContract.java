package dev.shoofly.coordinator;

import static dev.shoofly.coordinator.MigrationFixture.ROWS;
import static dev.shoofly.coordinator.MigrationFixture.awaitState;
import static dev.shoofly.coordinator.MigrationFixture.spec;
import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Database;
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
import java.util.ArrayList;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A migration whose sweep is shared with a process that has the role {@code verifier}. */
@Timeout(180)
abstract class SharedSweepContract {
    private static final Duration LIMIT = Duration.ofSeconds(90);

    @TempDir
    Path directory;

    abstract DatabaseServer server();

    abstract OrdersTable table();

    @Test
    void everyRowIsComparedUnderWritesAndNothingIsLeftBehind() throws Exception {
        MigrationFixture fixture =
                new MigrationFixture(server(), () -> TestServers.kafka().bootstrapServers(), directory, table());
        Sweep sweep = new Sweep();
        try (Database own = fixture.open(FaultPoints.NONE);
                Database elsewhere = fixture.open(FaultPoints.NONE);
                VerifierRole role = role(elsewhere);
                RecordedWriters writers = new RecordedWriters(server(), ROWS);
                MigrationRunner runner = runner(fixture, own, sweep)) {
            CompletableFuture<Void> serving = CompletableFuture.runAsync(role::run);
            CompletableFuture<MigrationOutcome> outcome =
                    CompletableFuture.supplyAsync(() -> runner.start(spec(CutoverMode.MANUAL, table().alters())));
            awaitState(runner, MigrationState.VALIDATING);
            MigrationId id = runner.snapshot().orElseThrow().id();
            await("the verifier of the other process", () -> !role.comparing().isEmpty());
            MigrationControl control = new MigrationControl(elsewhere);
            assertThat(control.request(id, Verb.PAUSE, LIMIT)).startsWith("paused");
            await("the other process's end in the pause", () -> role.comparing().isEmpty());
            assertThat(control.request(id, Verb.RESUME, LIMIT)).isEqualTo("resumed");
            sweep.mayEnd.countDown();

            awaitState(runner, MigrationState.READY);
            assertThat(runner.snapshot().orElseThrow().rowsVerified()).isGreaterThan(ROWS / 2);
            await("the end of the shared sweep", () -> role.comparing().isEmpty());
            assertThat(control.request(id, Verb.CUTOVER, LIMIT)).startsWith("cut-over approved");
            assertThat(outcome.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo(MigrationOutcome.COMPLETED);
            writers.stopAndCheck();
            assertThat(names(id)).as("topics and groups").isEmpty();
            role.stop();
            serving.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        }
    }

    @Test
    void aRowThatDiffersIsFoundWhoeverComparesIt() throws Exception {
        MigrationFixture fixture =
                new MigrationFixture(server(), () -> TestServers.kafka().bootstrapServers(), directory, table());
        AtomicBoolean spoiled = new AtomicBoolean();
        FaultPoints spoil = point -> {
            if (point.equals("state.VALIDATING") && spoiled.compareAndSet(false, true)) {
                spoilTheShadow(fixture);
            }
        };
        try (Database own = fixture.open(FaultPoints.NONE);
                MigrationRunner runner = runner(fixture, own, spoil)) {
            assertThat(runner.start(spec(CutoverMode.AUTO, table().alters()))).isEqualTo(MigrationOutcome.COMPLETED);
            assertThat(spoiled).isTrue();
            assertThat(fixture.texts("SELECT count(*) FROM orders WHERE note = 'spoiled'"))
                    .as("it was found, and written anew")
                    .containsExactly("0");
        }
    }

    @Test
    void aCancelLeavesNoTopicThatIsMadeInTheBackgroundMeanwhile() throws Exception {
        MigrationFixture fixture =
                new MigrationFixture(server(), () -> TestServers.kafka().bootstrapServers(), directory, table());
        CompletableFuture<Thread> creating = new CompletableFuture<>();
        FaultPoints slowly = point -> {
            if (point.equals("sweep.before-topics") && creating.complete(Thread.currentThread())) {
                // Longer than a cancel that does not wait takes to delete all topics.
                LockSupport.parkNanos(Duration.ofSeconds(4).toNanos());
            }
        };
        try (Database own = fixture.open(FaultPoints.NONE);
                MigrationRunner runner = runner(fixture, own, slowly)) {
            CompletableFuture<MigrationOutcome> outcome =
                    CompletableFuture.supplyAsync(() -> runner.start(spec(CutoverMode.MANUAL, table().alters())));
            Thread background = creating.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            MigrationId id = runner.snapshot().orElseThrow().id();
            assertThat(new MigrationControl(own).request(id, Verb.CANCEL, LIMIT))
                    .contains("cancelled");
            assertThat(outcome.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo(MigrationOutcome.CANCELLED);
            background.join(LIMIT.toMillis());
            assertThat(names(id)).as("topics and groups").isEmpty();
        }
    }

    private void spoilTheShadow(MigrationFixture fixture) {
        try {
            String shadow = fixture.tables().stream()
                    .filter(name -> name.endsWith("_new"))
                    .findFirst()
                    .orElseThrow();
            fixture.execute("UPDATE " + shadow + " SET note = 'spoiled' WHERE id = 7");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static MigrationRunner runner(MigrationFixture fixture, Database database, FaultPoints faultPoints) {
        return new MigrationRunner(
                database,
                MigrationFixture.kafka(() -> TestServers.kafka().bootstrapServers()),
                fixture.settings(Duration.ofMillis(100)).sharingSweepsFrom(0),
                MigrationMetrics.NONE,
                faultPoints);
    }

    private VerifierRole role(Database database) {
        return new VerifierRole(
                database,
                new VerifierRoleSettings(
                        TestServers.kafka().bootstrapServers(), directory.resolve("role"), Optional.empty()));
    }

    /** What the brokers still hold of a migration. */
    private static Collection<String> names(MigrationId id) throws Exception {
        try (Admin admin =
                Admin.create(Map.of("bootstrap.servers", TestServers.kafka().bootstrapServers()))) {
            Collection<String> found =
                    new ArrayList<>(admin.listTopics().names().get(30, TimeUnit.SECONDS));
            admin.listGroups().all().get(30, TimeUnit.SECONDS).forEach(group -> found.add(group.groupId()));
            return found.stream().filter(name -> name.contains(id.value())).toList();
        }
    }

    private static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadline);
            LockSupport.parkNanos(20_000_000);
        }
    }

    /** Keeps the sweep from its end until the test has seen enough of it. */
    private static final class Sweep implements FaultPoints {
        final CountDownLatch mayEnd = new CountDownLatch(1);

        @Override
        public void reach(String point) {
            if (point.equals("verify.compared")) {
                try {
                    assertThat(mayEnd.await(LIMIT.toSeconds(), TimeUnit.SECONDS))
                            .as("the test goes on")
                            .isTrue();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }
}
