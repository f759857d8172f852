package dev.shoofly.coordinator;

import static dev.shoofly.coordinator.MigrationFixture.ROWS;
import static dev.shoofly.coordinator.MigrationFixture.awaitState;
import static dev.shoofly.coordinator.MigrationFixture.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.Database;
import dev.shoofly.database.control.Command;
import dev.shoofly.database.control.ThrottleState;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.throttle.CopyPace;
import dev.shoofly.model.throttle.CriticalAction;
import dev.shoofly.model.throttle.LoadLimit;
import dev.shoofly.model.throttle.LoadLimits;
import dev.shoofly.model.throttle.OutsideSignals;
import dev.shoofly.model.throttle.ReplicaLimits;
import dev.shoofly.model.throttle.ThrottleSettings;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A migration that is slowed down, held, changed and stopped by the load of a real server. */
@Timeout(240)
abstract class ThrottleContract {
    private static final ThrottleSettings DEFAULT = ThrottleSettings.DEFAULT;

    @TempDir
    Path directory;

    private MigrationFixture fixture;
    private Database database;

    abstract DatabaseServer server();

    abstract OrdersTable table();

    /** A count of sessions that any running migration exceeds. */
    abstract String exceeded();

    @BeforeEach
    void createOrders() throws SQLException {
        fixture = new MigrationFixture(server(), () -> TestServers.kafka().bootstrapServers(), directory, table());
        database = fixture.open(FaultPoints.NONE);
    }

    @AfterEach
    void closeDatabase() {
        database.close();
    }

    private static ThrottleSettings query(String query) {
        return DEFAULT.with(new OutsideSignals(query, null, List.of()));
    }

    private CompletableFuture<MigrationOutcome> start(MigrationRunner runner, ThrottleSettings settings) {
        return run(() -> runner.start(spec(CutoverMode.AUTO, table().alters()), settings));
    }

    private static CompletableFuture<MigrationOutcome> run(Supplier<MigrationOutcome> work) {
        CompletableFuture<MigrationOutcome> outcome = new CompletableFuture<>();
        new Thread(
                        () -> {
                            try {
                                outcome.complete(work.get());
                            } catch (RuntimeException e) {
                                outcome.completeExceptionally(e);
                            }
                        },
                        "migration")
                .start();
        return outcome;
    }

    private static void await(MigrationRunner runner, BooleanSupplier condition) {
        long giveUpAt = System.nanoTime() + Duration.ofSeconds(150).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("%s", runner.snapshot()).isLessThan(giveUpAt);
            LockSupport.parkNanos(5_000_000);
        }
    }

    private static ThrottleState now(MigrationRunner runner) {
        return runner.snapshot().map(MigrationSnapshot::throttle).orElse(ThrottleState.UNKNOWN);
    }

    private static void awaitHeldBy(MigrationRunner runner, String word) {
        await(
                runner,
                () -> now(runner).fraction() == 0
                        && String.valueOf(now(runner).heldBackBy()).contains(word));
    }

    private static MigrationId id(MigrationRunner runner) {
        return runner.snapshot().orElseThrow().id();
    }

    private long rowsInShadow(MigrationId id) throws SQLException {
        return Long.parseLong(
                fixture.texts("SELECT count(*) FROM _orders_" + id + "_new").get(0));
    }

    private void completed(CompletableFuture<MigrationOutcome> outcome, MigrationRunner runner) throws Exception {
        await(runner, outcome::isDone);
        assertThat(outcome.get()).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.COMPLETED);
    }

    @Test
    void copiesNothingWhileAFlagFileExistsAndCanBePausedMeanwhile() throws Exception {
        Path flag = Files.createFile(directory.resolve("flag"));
        try (MigrationRunner runner = fixture.runner(database, FaultPoints.NONE)) {
            CompletableFuture<MigrationOutcome> outcome =
                    start(runner, DEFAULT.with(new OutsideSignals(null, null, List.of(flag.toString()))));
            awaitState(runner, MigrationState.COPYING);
            awaitHeldBy(runner, "flag file " + flag + " exists");
            long lost = now(runner).throttledMillis();
            await(runner, () -> now(runner).throttledMillis() > lost + 1_000);
            assertThat(rowsInShadow(id(runner))).isZero();

            MigrationControl control = new MigrationControl(database);
            assertThat(control.request(id(runner), Command.Verb.PAUSE, Duration.ofSeconds(30)))
                    .isEqualTo("paused");
            Files.delete(flag);
            assertThat(control.request(id(runner), Command.Verb.RESUME, Duration.ofSeconds(30)))
                    .isEqualTo("resumed");
            completed(outcome, runner);
            ThrottleState saved = database.control().throttle().find(id(runner)).state();
            assertThat(saved.throttledMillis()).isGreaterThanOrEqualTo(1_000);
        }
    }

    /** Once it runs, nothing slows it down. */
    @Test
    void theBuildOfIndexesDoesNotBeginWhileTheOperatorHoldsTheWorkBack() throws Exception {
        Path flag = directory.resolve("flag");
        AtomicReference<MigrationRunner> running = new AtomicReference<>();
        List<String> built = new CopyOnWriteArrayList<>();
        FaultPoints holding = point -> {
            if (point.equals("indexes.before-build")) {
                create(flag);
                awaitHeldBy(Objects.requireNonNull(running.get()), "flag file " + flag + " exists");
            } else if (point.equals("indexes.after-build")) {
                built.add(Files.exists(flag) ? "too early" : "in time");
            }
        };
        try (MigrationRunner runner = fixture.runner(database, holding)) {
            running.set(runner);
            CompletableFuture<MigrationOutcome> outcome =
                    start(runner, DEFAULT.with(new OutsideSignals(null, null, List.of(flag.toString()))));
            await(
                    runner,
                    () -> Files.exists(flag)
                            && runner.snapshot().orElseThrow().activity().startsWith("building"));
            long lost = now(runner).throttledMillis();
            await(runner, () -> now(runner).throttledMillis() > lost + 1_000);
            Files.delete(flag);
            completed(outcome, runner);
        }
        assertThat(built).containsExactly("in time");
    }

    private static void create(Path file) {
        try {
            Files.createFile(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void isChangedWhileItRunsAndHeldWhileItCompares() throws Exception {
        String whileComparing = "SELECT count(*) FROM shoofly.migrations WHERE state = 'VALIDATING'";
        AtomicReference<MigrationRunner> running = new AtomicReference<>();
        // A small table is compared before the query is asked again: so the comparison begins when it has answered.
        FaultPoints held = point -> {
            if (point.equals("state.VALIDATING")) {
                awaitHeldBy(Objects.requireNonNull(running.get()), "throttle query says 1");
            }
        };
        try (MigrationRunner runner = fixture.runner(database, held)) {
            running.set(runner);
            CompletableFuture<MigrationOutcome> outcome = start(runner, query("SELECT 1"));
            awaitState(runner, MigrationState.COPYING);
            awaitHeldBy(runner, "throttle query says 1");
            assertThat(rowsInShadow(id(runner))).isZero();

            database.control()
                    .throttle()
                    .change(
                            id(runner),
                            settings -> query(whileComparing).with(new CopyPace(50, 3, Duration.ofMillis(20))));
            awaitState(runner, MigrationState.VALIDATING);
            awaitHeldBy(runner, "throttle query says 1");
            long compared = runner.snapshot().orElseThrow().rowsVerified();
            assertThat(compared).isLessThan(ROWS);

            database.control().throttle().change(id(runner), settings -> DEFAULT);
            completed(outcome, runner);
            assertThat(runner.snapshot().orElseThrow().mismatches()).isZero();
            assertThat(fixture.texts("SELECT count(*) FROM shoofly.migration_log WHERE event = 'THROTTLE'"
                            + " AND migration_id = '" + id(runner) + "'"))
                    .containsExactly("2");
        }
    }

    @Test
    void settingsAndLostTimeSurviveARestart() throws Exception {
        MigrationId id;
        try (MigrationRunner first = fixture.runner(database, FaultPoints.NONE)) {
            CompletableFuture<MigrationOutcome> outcome = start(first, DEFAULT);
            await(first, () -> first.snapshot().isPresent());
            id = id(first);
            database.control().throttle().change(id, settings -> query("SELECT 1"));
            await(first, () -> now(first).throttledMillis() > 500 || outcome.isDone());
            first.interrupt();
            assertThat(outcome.get(60, TimeUnit.SECONDS)).isEqualTo(MigrationOutcome.INTERRUPTED);
        }
        long lost = database.control().throttle().find(id).state().throttledMillis();
        try (MigrationRunner second = fixture.runner(database, FaultPoints.NONE)) {
            CompletableFuture<MigrationOutcome> outcome = run(() -> second.resume(id));
            awaitHeldBy(second, "throttle query says 1");
            await(second, () -> now(second).throttledMillis() > lost);
            database.control().throttle().change(id, settings -> DEFAULT);
            completed(outcome, second);
        }
    }

    @Test
    void aCriticalLoadPausesItWithTheReasonUntilSomebodyResumesIt() throws Exception {
        RecordedWriters writers = new RecordedWriters(server(), ROWS);
        try (MigrationRunner runner = fixture.runner(database, FaultPoints.NONE)) {
            CompletableFuture<MigrationOutcome> outcome = start(runner, critical(CriticalAction.PAUSE));
            awaitState(runner, MigrationState.PAUSED);
            assertThat(runner.snapshot().orElseThrow().reason())
                    .startsWith("critical load: "
                            + exceeded().substring(0, exceeded().indexOf('=')))
                    .contains("twice in a row");
            assertThat(rowsInShadow(id(runner))).isLessThan(ROWS);

            database.control().throttle().change(id(runner), settings -> DEFAULT);
            new MigrationControl(database).request(id(runner), Command.Verb.RESUME, Duration.ofSeconds(30));
            completed(outcome, runner);
            writers.stopAndCheck();
        } finally {
            writers.close();
        }
    }

    @Test
    void aCriticalLoadEndsItWhereThatIsWantedAndItCanBeResumed() throws Exception {
        MigrationId id;
        try (MigrationRunner runner = fixture.runner(database, FaultPoints.NONE)) {
            CompletableFuture<MigrationOutcome> outcome = start(runner, critical(CriticalAction.ABORT));
            assertThat(outcome.get(90, TimeUnit.SECONDS)).isEqualTo(MigrationOutcome.FAILED);
            assertThat(runner.snapshot().orElseThrow().reason())
                    .contains("critical load")
                    .contains("'resume ");
            id = id(runner);
        }
        database.control().throttle().change(id, settings -> DEFAULT);
        try (MigrationRunner again = fixture.runner(database, FaultPoints.NONE)) {
            assertThat(again.resume(id)).isEqualTo(MigrationOutcome.COMPLETED);
        }
    }

    private ThrottleSettings critical(CriticalAction action) {
        return DEFAULT.with(new LoadLimits(List.of(), List.of(LoadLimit.parse(exceeded())), action, null));
    }

    @Test
    void refusesLimitsThatNobodyCanWatchBeforeAnythingIsMade() throws Exception {
        String url = server().jdbcUrl().replace(":" + server().port() + "/", ":1/");
        ThrottleSettings unfit = query("SELECT no_such_column")
                .with(ReplicaLimits.named(List.of(url), Duration.ofMillis(500)))
                .with(new CopyPace(500, 0, Duration.ofMillis(200)));
        List<String> before = fixture.tables();
        try (MigrationRunner runner = fixture.runner(database, FaultPoints.NONE)) {
            assertThatThrownBy(() -> runner.start(spec(CutoverMode.AUTO, table().alters()), unfit))
                    .isInstanceOf(ShooflyException.class)
                    .hasMessageContaining("throttle-io must be from 1 to 100")
                    .hasMessageContaining("no_such_column")
                    .hasMessageContaining("--replica " + url + " cannot be reached");
        }
        assertThat(fixture.tables()).containsExactlyInAnyOrderElementsOf(before);
        assertThat(new MigrationControl(database).list()).isEmpty();
    }
}
