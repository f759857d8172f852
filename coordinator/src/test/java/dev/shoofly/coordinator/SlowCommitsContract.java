package dev.shoofly.coordinator;

import static dev.shoofly.coordinator.MigrationFixture.await;
import static dev.shoofly.coordinator.MigrationFixture.awaitHeld;
import static dev.shoofly.coordinator.MigrationFixture.awaitState;
import static dev.shoofly.coordinator.MigrationFixture.spec;
import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Database;
import dev.shoofly.database.control.Command;
import dev.shoofly.database.control.ThrottleState;
import dev.shoofly.database.throttle.SignalKind;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.throttle.CriticalAction;
import dev.shoofly.model.throttle.LoadLimits;
import dev.shoofly.model.throttle.ThrottleSettings;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real server that really commits slowly: a variable makes it wait in each commit, and nothing else is different. */
@Timeout(240)
abstract class SlowCommitsContract {
    private static final Predicate<String> SLOW = words -> words.startsWith("commit latency is");

    @TempDir
    Path directory;

    private MigrationFixture fixture;
    private Database database;

    abstract DatabaseServer server();

    abstract OrdersTable table();

    /** The server waits in every commit, for more than twice {@link #limit}. */
    abstract List<String> slow();

    abstract List<String> asBefore();

    abstract Duration limit();

    @BeforeEach
    void createOrders() throws SQLException {
        fixture = new MigrationFixture(server(), () -> TestServers.kafka().bootstrapServers(), directory, table());
        database = fixture.open(FaultPoints.NONE);
    }

    /** Other tests use the server. */
    @AfterEach
    void takeBack() {
        database.close();
        execute(asBefore());
    }

    private void execute(List<String> statements) {
        try (Connection connection = fixture.connect();
                Statement statement = connection.createStatement()) {
            for (String each : statements) {
                statement.execute(each);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void slowCommitsHoldTheCopyBackUntilTheyAreFastAgain() throws Exception {
        ThrottleSettings settings =
                ThrottleSettings.DEFAULT.with(new LoadLimits(List.of(), List.of(), CriticalAction.PAUSE, limit()));
        AtomicReference<MigrationRunner> running = new AtomicReference<>();
        // A small table is copied before the signal rises: so the copy begins when it has.
        FaultPoints slowFirst = point -> {
            if (point.equals("state.COPYING")) {
                execute(slow());
                awaitHeld(Objects.requireNonNull(running.get()), SLOW);
            }
        };
        try (MigrationRunner runner = fixture.runner(database, slowFirst)) {
            running.set(runner);
            CompletableFuture<MigrationOutcome> outcome = CompletableFuture.supplyAsync(
                    () -> runner.start(spec(CutoverMode.MANUAL, table().alters()), settings));
            awaitState(runner, MigrationState.COPYING);
            ThrottleState held = awaitHeld(runner, SLOW);
            assertThat(held.heldBackBy())
                    .matches("commit latency is [\\d.]+ m?s \\(limit " + limit().toMillis() + " ms\\)");
            assertThat(held.signals())
                    .filteredOn(each -> each.pressure() > 1)
                    .extracting(ThrottleState.Signal::kind)
                    .containsOnly(SignalKind.COMMIT_LATENCY.name());
            long lost = held.throttledMillis();
            await(runner, () -> runner.snapshot().orElseThrow().throttle().throttledMillis() > lost + 500);
            MigrationId id = runner.snapshot().orElseThrow().id();
            assertThat(fixture.texts("SELECT count(*) FROM _orders_" + id + "_new"))
                    .containsExactly("0");
            assertThat(runner.snapshot().orElseThrow().state()).isEqualTo(MigrationState.COPYING);

            execute(asBefore());
            awaitState(runner, MigrationState.READY);
            await(runner, () -> commits(runner).pressure() < 1);
            new MigrationControl(database).request(id, Command.Verb.CUTOVER, Duration.ofSeconds(30));
            assertThat(outcome.get(120, TimeUnit.SECONDS))
                    .as("%s", runner.snapshot())
                    .isEqualTo(MigrationOutcome.COMPLETED);
        }
    }

    /** The limit is what commits took before the copy began, whatever that was; it slows down, and never stops. */
    @Test
    void withoutAnyOptionSlowCommitsSlowTheCopyDownWhileOthersWork() throws Exception {
        AtomicReference<MigrationRunner> running = new AtomicReference<>();
        AtomicBoolean once = new AtomicBoolean();
        AtomicReference<ThrottleState> slowed = new AtomicReference<>();
        AtomicReference<ThrottleState> alone = new AtomicReference<>();
        FaultPoints slowFirst = point -> {
            if (point.equals("backfill.before-chunk") && once.compareAndSet(false, true)) {
                MigrationRunner runner = Objects.requireNonNull(running.get());
                execute(slow());
                slowed.set(whileOthersWork(runner));
                await(runner, () -> {
                    alone.set(runner.snapshot().orElseThrow().throttle());
                    return pressure(Objects.requireNonNull(alone.get())) == 0;
                });
                execute(asBefore());
            }
        };
        try (MigrationRunner runner = fixture.runner(database, slowFirst)) {
            running.set(runner);
            CompletableFuture<MigrationOutcome> outcome = CompletableFuture.supplyAsync(
                    () -> runner.start(spec(CutoverMode.AUTO, table().alters()), ThrottleSettings.DEFAULT));
            assertThat(outcome.get(200, TimeUnit.SECONDS))
                    .as("%s", runner.snapshot())
                    .isEqualTo(MigrationOutcome.COMPLETED);
        }
        ThrottleState told = Objects.requireNonNull(slowed.get());
        assertThat(told.heldBackBy()).matches("commit latency is [\\d.]+ m?s \\(limit [\\d.]+ m?s\\)");
        assertThat(told.fraction()).isBetween(0.01, 0.99);
        assertThat(Objects.requireNonNull(alone.get()).signals())
                .filteredOn(each -> each.kind().equals(SignalKind.COMMIT_LATENCY.name()))
                .singleElement()
                .satisfies(each -> assertThat(each.words()).contains("while other clients work"));
    }

    private ThrottleState whileOthersWork(MigrationRunner runner) {
        try (Connection other = fixture.connect();
                Statement statement = other.createStatement()) {
            AtomicReference<ThrottleState> seen = new AtomicReference<>(ThrottleState.UNKNOWN);
            await(runner, () -> {
                query(statement);
                ThrottleState now = runner.snapshot().orElseThrow().throttle();
                seen.set(now);
                return now.fraction() < 1 && SLOW.test(String.valueOf(now.heldBackBy())) && pressure(now) > 1;
            });
            return Objects.requireNonNull(seen.get());
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void query(Statement statement) {
        try {
            statement.execute("SELECT 1");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static ThrottleState.Signal commits(MigrationRunner runner) {
        return commits(runner.snapshot().orElseThrow().throttle()).orElseThrow();
    }

    private static Optional<ThrottleState.Signal> commits(ThrottleState state) {
        return state.signals().stream()
                .filter(each -> each.kind().equals(SignalKind.COMMIT_LATENCY.name()))
                .findFirst();
    }

    private static double pressure(ThrottleState state) {
        return commits(state).map(ThrottleState.Signal::pressure).orElse(0.0);
    }
}
