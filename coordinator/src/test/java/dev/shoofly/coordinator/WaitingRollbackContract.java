package dev.shoofly.coordinator;

import static dev.shoofly.coordinator.MigrationFixture.spec;
import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Database;
import dev.shoofly.database.control.Command.Verb;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.GateName;
import dev.shoofly.model.GateReport;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A rollback that is asked for and cannot be made at once. */
@Timeout(300)
abstract class WaitingRollbackContract {
    private static final Duration ANSWER = Duration.ofSeconds(30);
    private static final Duration LIMIT = Duration.ofSeconds(90);

    @TempDir
    Path directory;

    private MigrationFixture fixture;

    abstract DatabaseServer server();

    abstract OrdersTable table();

    /** From then on the session of the open transaction has a snapshot. */
    abstract List<String> takeSnapshot();

    @BeforeEach
    void createOrders() throws SQLException {
        fixture = new MigrationFixture(server(), () -> TestServers.kafka().bootstrapServers(), directory, table());
    }

    private MigrationSpec spec10Minutes() {
        return MigrationFixture.withRollbackWindow(spec(CutoverMode.AUTO, table().alters()), Duration.ofMinutes(10));
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

    private static Instant windowEnds(Database database, MigrationId id) {
        return Objects.requireNonNull(find(database, id).rollback().windowEnds());
    }

    /** The transaction is committed, and nobody knows. */
    @Test
    void anAnswerThatIsLostWhenARollbackIsGivenUpCostsNeitherTheMigrationNorTheLongerWindow() throws Exception {
        AtomicBoolean lost = new AtomicBoolean();
        FaultPoints losing = point -> {
            if (point.equals("rollback.given-up") && lost.compareAndSet(false, true)) {
                throw new ShooflyException(ErrorKind.TRANSIENT, "the connection is lost");
            }
        };
        try (Database database = fixture.open(FaultPoints.NONE);
                MigrationRunner runner = fixture.runner(database, losing)) {
            CompletableFuture<MigrationOutcome> outcome =
                    CompletableFuture.supplyAsync(() -> runner.start(spec10Minutes()));
            MigrationId id = awaitWindow(runner);
            Instant ends = windowEnds(database, id);
            fixture.execute("INSERT INTO orders (id, note, amount) VALUES (900000000, 'too much', 1234567890.5)");
            MigrationFixture.await(
                    runner, () -> database.control().misfits().summary(id).rows() == 1);
            MigrationControl control = new MigrationControl(database);
            assertThat(control.request(id, Verb.ROLLBACK, ANSWER)).isEqualTo("rolling back");
            Migration refused = control.awaitEnd(id, LIMIT);
            assertThat(refused.state()).isEqualTo(MigrationState.CUTOVER);
            assertThat(refused.reason()).contains("not possible now");
            // By its own reckoning, which must be the row's.
            RollbackContract.awaitActivity(runner, "until " + windowEnds(database, id));
            assertThat(lost).isTrue();
            assertThat(windowEnds(database, id)).isAfter(ends);
            fixture.execute("DELETE FROM orders WHERE id = 900000000");
            MigrationFixture.await(
                    runner, () -> database.control().misfits().summary(id).rows() == 0);
            assertThat(control.request(id, Verb.ROLLBACK, ANSWER)).isEqualTo("rolling back");
            assertThat(outcome.get()).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.ROLLED_BACK);
        }
    }

    /** Told as a reason alone, nobody knows what to do; told once, nobody knows of the next one. */
    @Test
    void whoWaitsForARollbackIsToldWhichGateHoldsItBackAndWhatToDo() throws Exception {
        try (Connection report = fixture.connect();
                Database database = fixture.open(FaultPoints.NONE)) {
            report.setAutoCommit(false);
            FaultPoints snapshot = point -> {
                // Before the old table is up to date: who reads it with this after the swap may miss rows.
                if (point.equals("back.opened")) {
                    execute(report, takeSnapshot());
                }
            };
            try (MigrationRunner runner = fixture.runner(database, snapshot)) {
                CompletableFuture<MigrationOutcome> outcome =
                        CompletableFuture.supplyAsync(() -> runner.start(spec10Minutes()));
                MigrationId id = awaitWindow(runner);
                assertThat(database.control().gates().find(id).reports())
                        .as("those of the cut-over are past")
                        .isEmpty();
                MigrationControl control = new MigrationControl(database);
                assertThat(control.request(id, Verb.ROLLBACK, ANSWER)).isEqualTo("rolling back");
                List<String> told = new CopyOnWriteArrayList<>();
                CompletableFuture<Migration> end =
                        CompletableFuture.supplyAsync(() -> control.awaitEnd(id, LIMIT, told::add));
                MigrationFixture.await(runner, () -> !told.isEmpty());
                assertThat(told.get(0))
                        .startsWith("rollback waits for snapshots: ")
                        .contains("before the shadow was complete", "To do: let it end", "'complete " + id + "'")
                        .doesNotContain("--kill-blockers");
                assertThat(database.control().gates().find(id).reports())
                        .filteredOn(GateReport::blocks)
                        .extracting(GateReport::gate)
                        .containsExactly(GateName.SNAPSHOTS);
                String reason = String.valueOf(find(database, id).reason());
                assertThat(reason).startsWith("rollback waits for: ");
                MigrationFixture.await(
                        runner, () -> !reason.equals(find(database, id).reason()));
                report.rollback();
                assertThat(end.get().state()).isEqualTo(MigrationState.ROLLED_BACK);
                assertThat(outcome.get()).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.ROLLED_BACK);
                List<String> withoutAges = told.stream()
                        .map(words -> words.replaceAll("\\d+ m?s\\b", ""))
                        .toList();
                for (int i = 1; i < told.size(); i++) {
                    assertThat(withoutAges.get(i))
                            .as("its age alone is no news: %s", told)
                            .isNotEqualTo(withoutAges.get(i - 1));
                }
            }
        }
    }

    private static void execute(Connection connection, List<String> statements) {
        try (Statement statement = connection.createStatement()) {
            for (String each : statements) {
                statement.execute(each);
            }
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }
}
