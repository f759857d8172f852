package dev.shoofly.coordinator;

import static dev.shoofly.coordinator.MigrationFixture.ROWS;
import static dev.shoofly.coordinator.MigrationFixture.awaitState;
import static dev.shoofly.coordinator.MigrationFixture.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.Database;
import dev.shoofly.database.Probe;
import dev.shoofly.database.control.Command.Verb;
import dev.shoofly.database.control.Migration;
import dev.shoofly.database.control.MisfitRows;
import dev.shoofly.database.control.Misfits;
import dev.shoofly.database.control.Rollback;
import dev.shoofly.model.AutoRollback;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.RollbackFeasibility.Verdict;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Back to the old table after the swap, under writers, on either server. */
abstract class RollbackContract {
    private static final Duration ANSWER = Duration.ofSeconds(30);
    private static final Duration LIMIT = Duration.ofSeconds(90);

    @TempDir
    Path directory;

    private MigrationFixture fixture;
    private Database database;

    abstract DatabaseServer server();

    abstract OrdersTable table();

    /** What makes the table harder to bring back as it was. */
    void harden(MigrationFixture orders) throws SQLException {}

    /** Wherever that lets the migration put them. */
    List<String> tables(MigrationFixture orders) throws SQLException {
        return orders.tables();
    }

    /** What became of it when there was no way back any more. */
    void checkSettled(MigrationFixture orders, MigrationId id) throws SQLException {}

    /** That it is as {@link #harden} has left it, beside the rows. */
    void checkHardened(MigrationFixture orders, MigrationId id) throws SQLException {}

    /** Behind which the tables have changed names, and as little as possible is recorded. */
    String lastStepOfSwapBack() {
        return "committed";
    }

    @BeforeEach
    void createOrders() throws SQLException {
        fixture = new MigrationFixture(server(), () -> TestServers.kafka().bootstrapServers(), directory, table());
        database = fixture.open(FaultPoints.NONE);
    }

    @AfterEach
    void closeDatabase() {
        database.close();
    }

    MigrationRunner runner() {
        return fixture.runner(database, FaultPoints.NONE);
    }

    MigrationSpec within(Duration window) {
        return MigrationFixture.withRollbackWindow(spec(CutoverMode.AUTO, table().alters()), window);
    }

    void execute(String... statements) throws SQLException {
        for (String statement : statements) {
            fixture.execute(statement);
        }
    }

    void rollBack(MigrationRunner runner) {
        MigrationId id = runner.snapshot().orElseThrow().id();
        assertThat(new MigrationControl(database).request(id, Verb.ROLLBACK, ANSWER))
                .isEqualTo("rolling back");
    }

    private Migration find(MigrationId id) {
        return database.control().migrations().find(id).orElseThrow();
    }

    private void await(MigrationId id, Predicate<Rollback> condition) {
        long giveUpAt = System.nanoTime() + LIMIT.toNanos();
        while (!condition.test(find(id).rollback())) {
            assertThat(System.nanoTime()).as("%s", find(id)).isLessThan(giveUpAt);
            LockSupport.parkNanos(20_000_000);
        }
    }

    static void awaitActivity(MigrationRunner runner, String words) {
        long giveUpAt = System.nanoTime() + LIMIT.toNanos();
        while (!runner.snapshot().map(MigrationSnapshot::activity).orElse("").contains(words)) {
            assertThat(System.nanoTime()).as("%s", runner.snapshot()).isLessThan(giveUpAt);
            LockSupport.parkNanos(20_000_000);
        }
    }

    @Test
    void losesNoWriteMadeBeforeOrAfterTheSwapWhenTheOldTableIsBroughtBack() throws Exception {
        fixture.execute("UPDATE orders SET legacy = id + 7");
        harden(fixture);
        RecordedWriters writers = new RecordedWriters(server(), ROWS);
        try (MigrationRunner runner = runner()) {
            CompletableFuture<MigrationOutcome> outcome =
                    CompletableFuture.supplyAsync(() -> runner.start(within(Duration.ofMinutes(10))));
            awaitState(runner, MigrationState.CUTOVER);
            MigrationId id = runner.snapshot().orElseThrow().id();
            awaitActivity(runner, "'rollback " + id + "'");
            assertThat(Objects.requireNonNull(find(id).rollback().feasibility()).verdict())
                    .as("a dropped column, a retyped one")
                    .isEqualTo(Verdict.RISKY);
            writers.awaitMore(300);
            assertThat(new MigrationControl(database).request(id, Verb.ROLLBACK, ANSWER))
                    .isEqualTo("rolling back");
            assertThat(outcome.get()).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.ROLLED_BACK);
            writers.awaitMore(200);
            writers.stopAndCheck();
            assertThat(find(id).state()).isEqualTo(MigrationState.ROLLED_BACK);
            assertThat(tables(fixture))
                    .contains("orders", "_orders_" + id + "_undone")
                    // Other tests' migrations leave theirs in databases of their own.
                    .noneMatch(name -> name.endsWith(id + "_new") || name.endsWith(id + "_old"))
                    .noneMatch(name -> name.startsWith("kept_" + id));
            checkHardened(fixture, id);
            assertThat(fixture.texts("SELECT count(*) FROM orders WHERE id <= " + ROWS + " AND legacy <> id + 7"))
                    .as("what the new table had no column for is what it was")
                    .containsExactly("0");
            assertThat(fixture.texts("SELECT count(*) FROM orders WHERE legacy = id + 7 AND note LIKE 'updated%'"))
                    .as("also in rows that were written after the swap")
                    .doesNotContain("0");
        } finally {
            writers.close();
        }
    }

    /** Nobody has touched its row since the swap: read again from the new table, it would lose what that has no room for. */
    @Test
    void whatACaptureRepeatsFromBeforeTheSwapLeavesTheOldTableItsDigits() throws Exception {
        CompletableFuture<MigrationRunner> running = new CompletableFuture<>();
        CompletableFuture<RepeatedKeys> keys = new CompletableFuture<>();
        FaultPoints lastMoment = point -> {
            if (point.equals("state.READY") && !keys.isDone()) {
                MigrationId id = running.join().snapshot().orElseThrow().id();
                keys.complete(RepeatedKeys.captured(
                        TestServers.kafka().bootstrapServers(),
                        id,
                        50,
                        () -> fixture.execute("UPDATE orders SET amount = 7.77 WHERE id <= 50")));
            }
        };
        MigrationSpec spec =
                MigrationFixture.withRollbackWindow(spec(CutoverMode.AUTO, table().round()), Duration.ofMinutes(10));
        try (MigrationRunner runner = fixture.runner(database, lastMoment)) {
            running.complete(runner);
            CompletableFuture<MigrationOutcome> outcome = CompletableFuture.supplyAsync(() -> runner.start(spec));
            awaitState(runner, MigrationState.CUTOVER);
            MigrationId id = runner.snapshot().orElseThrow().id();
            awaitActivity(runner, "'rollback " + id + "'");
            assertThat(fixture.texts("SELECT DISTINCT amount FROM orders WHERE id <= 50"))
                    .as("in the new table")
                    .containsExactly("7.8");
            fixture.execute("UPDATE orders SET amount = 9.1 WHERE id = 7");
            Map<Integer, Long> ends = keys.join().repeat(key -> key.equals(RowKey.of("50")));
            await(
                    id,
                    any -> database.control().progress().list(id).stream()
                            .allMatch(each -> each.nextOffset() >= ends.getOrDefault(each.partition(), 0L)));
            rollBack(runner);
            assertThat(outcome.get()).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.ROLLED_BACK);
        }
        assertThat(fixture.texts(
                        "SELECT concat(id, ' ', amount) FROM orders WHERE amount NOT IN (1.25, 7.77) ORDER BY id"))
                .as("what was written since, and what has no place")
                .containsExactly("7 9.10", "50 7.80");
    }

    @Test
    void goesBackByItselfWhenTheOperatorsConditionHolds() throws Exception {
        execute("DROP TABLE IF EXISTS alarm", "CREATE TABLE alarm (n INT)", "INSERT INTO alarm VALUES (0)");
        MigrationSpec spec = within(Duration.ofMinutes(10));
        MigrationSpec watched = spec.cuttingOver(spec.cutover()
                .withAutoRollback(new AutoRollback(
                        List.of("max>1000000s for 1s", "query>3 for 1s"), "SELECT n FROM alarm", null)));
        try (MigrationRunner runner = runner()) {
            CompletableFuture<MigrationOutcome> outcome = CompletableFuture.supplyAsync(() -> runner.start(watched));
            awaitState(runner, MigrationState.CUTOVER);
            MigrationId id = runner.snapshot().orElseThrow().id();
            awaitActivity(runner, "'rollback " + id + "'");
            fixture.execute("UPDATE alarm SET n = 4");
            assertThat(outcome.get()).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.ROLLED_BACK);
            assertThat(fixture.texts("SELECT detail FROM shoofly.migration_log WHERE event = 'AUTO ROLLBACK'"))
                    .containsExactly("query > 3 for 1 s: now 4");
            assertThat(find(id).reason()).isEqualTo("rolled back by itself: query > 3 for 1 s: now 4");
            try (Probe probe = database.probe(Objects.requireNonNull(find(id).plan()))) {
                probe.readOne();
            }
        } finally {
            fixture.execute("DROP TABLE alarm");
        }
    }

    @Test
    void endsByItselfWhenTheWindowIsOver() throws Exception {
        harden(fixture);
        RecordedWriters writers = new RecordedWriters(server(), ROWS);
        try (MigrationRunner runner = runner()) {
            assertThat(runner.start(within(Duration.ofSeconds(1))))
                    .as("%s", runner.snapshot())
                    .isEqualTo(MigrationOutcome.COMPLETED);
            writers.awaitMore(50);
            writers.stopAndCheck();
            MigrationId id = runner.snapshot().orElseThrow().id();
            assertThat(tables(fixture)).contains("orders", "_orders_" + id + "_old");
            assertThat(find(id).rollback().isOpen()).isFalse();
            checkSettled(fixture, id);
        } finally {
            writers.close();
        }
    }

    private Misfits misfits(MigrationId id) {
        return database.control().misfits().summary(id);
    }

    private void awaitMisfits(MigrationId id, long rows) {
        await(id, any -> misfits(id).rows() == rows);
    }

    @Test
    void aRowThatDoesNotFitTheOldTableRefusesTheRollbackUntilItIsRepairedAndNoWriteIsLost() throws Exception {
        fixture.execute("UPDATE orders SET legacy = id + 7");
        RecordedWriters writers = new RecordedWriters(server(), ROWS);
        try (MigrationRunner runner = runner()) {
            CompletableFuture<MigrationOutcome> outcome =
                    CompletableFuture.supplyAsync(() -> runner.start(within(Duration.ofMinutes(10))));
            awaitState(runner, MigrationState.CUTOVER);
            MigrationId id = runner.snapshot().orElseThrow().id();
            await(id, Rollback::isOpen);
            // While the comparison may still be under way: it must know them, too.
            fixture.execute("INSERT INTO orders (id, note, amount) VALUES (900000000, 'too much', 1234567890.5),"
                    + " (900000001, 'too much', 1234567891.5), (900000002, 'enough', 1)");
            awaitMisfits(id, 2);
            assertThat(misfits(id).columns()).containsExactly(Map.entry("amount", 2L));
            awaitActivity(runner, "'rollback " + id + "'");
            writers.awaitMore(50);
            rollBack(runner);
            Migration refused = new MigrationControl(database).awaitEnd(id, LIMIT);
            assertThat(refused.state()).isEqualTo(MigrationState.CUTOVER);
            assertThat(refused.rollback().isOpen()).isTrue();
            assertThat(refused.reason())
                    .contains("not possible now", "2 rows", "amount", "900000000", "complete")
                    .doesNotContain("1234567890");
            awaitFollowed(id);
            fixture.execute("UPDATE orders SET amount = 5 WHERE id = 900000000");
            fixture.execute("DELETE FROM orders WHERE id = 900000001");
            awaitMisfits(id, 0);
            writers.awaitMore(50);
            rollBack(runner);
            assertThat(outcome.get()).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.ROLLED_BACK);
            writers.awaitMore(50);
            assertThat(fixture.texts("SELECT concat(id, ' ', note) FROM orders WHERE id BETWEEN 900000000 AND 900000002"
                            + " ORDER BY id"))
                    .containsExactly("900000000 too much", "900000002 enough");
            fixture.execute("DELETE FROM orders WHERE id BETWEEN 900000000 AND 900000002");
            writers.stopAndCheck();
            assertThat(fixture.texts("SELECT count(*) FROM orders WHERE id <= " + ROWS + " AND legacy <> id + 7"))
                    .containsExactly("0");
        } finally {
            writers.close();
        }
    }

    /** Both tables are compared as a whole, and then what changes. */
    private void awaitFollowed(MigrationId id) throws SQLException {
        long giveUpAt = System.nanoTime() + LIMIT.toNanos();
        long first = markerCompared(id);
        for (long marker = first; first < 0 || marker <= first; marker = markerCompared(id)) {
            assertThat(System.nanoTime()).as("%s", find(id)).isLessThan(giveUpAt);
            first = Math.max(first, marker);
            LockSupport.parkNanos(50_000_000);
        }
    }

    /** Up to which the changes were compared; -1: the tables have not been compared yet. */
    private long markerCompared(MigrationId id) throws SQLException {
        return Long.parseLong(fixture.texts("SELECT coalesce(max(marker), -1) FROM shoofly.verification"
                        + " WHERE swept = 1 AND migration_id = '" + id + "'")
                .get(0));
    }

    @Test
    void aRefusedRollbackThatCutTheComparisonShortIsFollowedByIt() throws Exception {
        CompletableFuture<String> answer = new CompletableFuture<>();
        FaultPoints asking = point -> {
            if (point.equals("back.opened") && !answer.isDone()) {
                try {
                    MigrationId id =
                            new MigrationId(fixture.texts("SELECT id FROM shoofly.migrations WHERE state = 'CUTOVER'")
                                    .get(0));
                    fixture.execute(
                            "INSERT INTO orders (id, note, amount) VALUES (900000000, 'too much', 1234567890.5)");
                    answer.complete(new MigrationControl(database).request(id, Verb.ROLLBACK, ANSWER));
                } catch (SQLException e) {
                    answer.completeExceptionally(e);
                }
            }
        };
        try (MigrationRunner runner = fixture.runner(database, asking)) {
            CompletableFuture<MigrationOutcome> outcome =
                    CompletableFuture.supplyAsync(() -> runner.start(within(Duration.ofMinutes(10))));
            assertThat(answer.get(90, TimeUnit.SECONDS)).isEqualTo("rolling back");
            MigrationId id = runner.snapshot().orElseThrow().id();
            await(id, rollback -> !rollback.requested());
            assertThat(find(id).reason()).contains("not possible now", "900000000");
            awaitFollowed(id);
            fixture.execute("DELETE FROM orders WHERE id = 900000000");
            awaitMisfits(id, 0);
            awaitActivity(runner, "'rollback " + id + "'");
            rollBack(runner);
            assertThat(outcome.get()).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.ROLLED_BACK);
        }
    }

    @Test
    void aProcessThatGoesOnAfterAnotherKnowsWhichRowsDoNotFit() throws Exception {
        fixture.execute("UPDATE orders SET legacy = id + 7");
        MigrationId id;
        try (MigrationRunner runner = runner()) {
            CompletableFuture<MigrationOutcome> outcome =
                    CompletableFuture.supplyAsync(() -> runner.start(within(Duration.ofMinutes(10))));
            awaitState(runner, MigrationState.CUTOVER);
            id = runner.snapshot().orElseThrow().id();
            await(id, Rollback::isOpen);
            fixture.execute("UPDATE orders SET amount = 1234567890.5 WHERE id <= 500");
            awaitMisfits(id, 500);
            runner.interrupt();
            assertThat(outcome.get()).isEqualTo(MigrationOutcome.INTERRUPTED);
        }
        assertThat(misfits(id).rows()).isEqualTo(500);
        assertThat(fixture.texts("SELECT count(*) FROM shoofly.kept_" + id + " WHERE legacy = id + 7"))
                .as("put aside with them")
                .containsExactly("500");
        fixture.execute("UPDATE orders SET amount = 5 WHERE id <= 499");
        try (MigrationRunner again = runner()) {
            MigrationId same = id;
            CompletableFuture<MigrationOutcome> outcome = CompletableFuture.supplyAsync(() -> again.resume(same));
            awaitMisfits(id, 1);
            fixture.execute("UPDATE orders SET amount = 5 WHERE id = 500");
            awaitMisfits(id, 0);
            awaitActivity(again, "'rollback " + id + "'");
            rollBack(again);
            assertThat(outcome.get()).as("%s", again.snapshot()).isEqualTo(MigrationOutcome.ROLLED_BACK);
        }
        assertThat(fixture.texts(
                        "SELECT concat(id, ': ', amount, ', ', coalesce(legacy, -1)) FROM orders WHERE id <= 500"
                                + " AND NOT (amount = 5 AND coalesce(legacy, -1) = id + 7)"))
                .isEmpty();
        assertThat(fixture.texts("SELECT count(*) FROM orders WHERE id <= 500")).containsExactly("500");
    }

    @Test
    void theWindowClosesOverRowsThatDoNotFitAndTheNewTableHasThemStill() throws Exception {
        try (MigrationRunner runner = runner()) {
            CompletableFuture<MigrationOutcome> outcome =
                    CompletableFuture.supplyAsync(() -> runner.start(within(Duration.ofMinutes(10))));
            awaitState(runner, MigrationState.CUTOVER);
            MigrationId id = runner.snapshot().orElseThrow().id();
            await(id, Rollback::isOpen);
            fixture.execute("INSERT INTO orders (id, note, amount) VALUES (900000000, 'too much', 1234567890.5)");
            awaitMisfits(id, 1);
            assertThat(new MigrationControl(database).request(id, Verb.COMPLETE, ANSWER))
                    .isEqualTo("closing the rollback window");
            assertThat(outcome.get()).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.COMPLETED);
            assertThat(misfits(id)).isEqualTo(Misfits.NONE);
            assertThat(fixture.texts("SELECT count(*) FROM orders WHERE note = 'too much' AND status = 'new'"))
                    .containsExactly("1");
        }
    }

    @Test
    void moreRowsThatDoNotFitThanCanBeSetAsideCostTheWayBackAndNothingElse() throws Exception {
        try (MigrationRunner runner = runner()) {
            CompletableFuture<MigrationOutcome> outcome =
                    CompletableFuture.supplyAsync(() -> runner.start(within(Duration.ofMinutes(10))));
            awaitState(runner, MigrationState.CUTOVER);
            MigrationId id = runner.snapshot().orElseThrow().id();
            await(id, Rollback::isOpen);
            try (Connection connection = fixture.connect();
                    PreparedStatement statement = connection.prepareStatement("INSERT INTO shoofly.misfits"
                            + " (migration_id, key_digest, row_key, column_name, detail) VALUES (?, ?, ?, 'n', '')")) {
                connection.setAutoCommit(false);
                for (int i = 0; i < MisfitRows.MOST; i++) {
                    statement.setString(1, id.value());
                    statement.setString(2, "earlier " + i);
                    statement.setString(3, "[\"" + (800_000_000 + i) + "\"]");
                    statement.addBatch();
                }
                statement.executeBatch();
                connection.commit();
            }
            fixture.execute("INSERT INTO orders (id, note, amount) VALUES (900000000, 'too much', 1234567890.5)");
            assertThat(outcome.get()).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.COMPLETED);
            Rollback rollback = find(id).rollback();
            assertThat(Objects.requireNonNull(rollback.feasibility()).verdict()).isEqualTo(Verdict.IMPOSSIBLE);
            assertThat(rollback.feasibility().reasons().toString())
                    .contains("more than " + MisfitRows.MOST, "amount", "900000000");
            assertThat(fixture.texts("SELECT count(*) FROM orders WHERE note = 'too much' AND status = 'new'"))
                    .containsExactly("1");
        }
    }

    /** Told that it is closed, nobody may find it open again. */
    @Test
    void aWindowThatWasClosedStaysClosedWhenTheProcessGoes() throws Exception {
        MigrationId id;
        try (MigrationRunner runner = runner()) {
            CompletableFuture<MigrationOutcome> outcome =
                    CompletableFuture.supplyAsync(() -> runner.start(within(Duration.ofMinutes(10))));
            awaitState(runner, MigrationState.CUTOVER);
            id = runner.snapshot().orElseThrow().id();
            await(id, Rollback::isOpen);
            assertThat(new MigrationControl(database).request(id, Verb.COMPLETE, ANSWER))
                    .isEqualTo("closing the rollback window");
            runner.interrupt();
            assertThat(outcome.get()).isIn(MigrationOutcome.INTERRUPTED, MigrationOutcome.COMPLETED);
        }
        if (find(id).state() != MigrationState.COMPLETED) {
            try (MigrationRunner again = runner()) {
                assertThat(again.resume(id)).isEqualTo(MigrationOutcome.COMPLETED);
            }
        }
        assertThat(fixture.tables()).contains("_orders_" + id + "_old").noneMatch(name -> name.endsWith("_undone"));
    }

    /** Its tables would be taken for those of a migration that went forward. */
    @Test
    void aWindowIsNotClosedOverASwapBackThatWasNotFinished() throws Exception {
        FaultPoints dying = point -> {
            if (point.equals("swap-back." + lastStepOfSwapBack())) {
                throw new ShooflyException(ErrorKind.SUPERSEDED, "died at " + point);
            }
        };
        MigrationId id;
        try (Database mortal = fixture.open(dying);
                MigrationRunner runner = fixture.runner(mortal, FaultPoints.NONE)) {
            CompletableFuture<MigrationOutcome> outcome =
                    CompletableFuture.supplyAsync(() -> runner.start(within(Duration.ofMinutes(10))));
            awaitState(runner, MigrationState.CUTOVER);
            id = runner.snapshot().orElseThrow().id();
            await(id, Rollback::isOpen);
            rollBack(runner);
            assertThatThrownBy(() -> outcome.get(90, TimeUnit.SECONDS)).hasMessageContaining("died at swap-back");
        }
        assertThatThrownBy(() -> new MigrationControl(database).closeWindow(id))
                .hasMessageContaining("old table again")
                .hasMessageContaining("'resume " + id + "'");
        try (MigrationRunner again = runner()) {
            assertThat(again.resume(id)).isEqualTo(MigrationOutcome.ROLLED_BACK);
        }
        assertThat(tables(fixture)).contains("orders", "_orders_" + id + "_undone");
    }

    @Test
    void refusesWhatCannotBeBroughtBack() throws Exception {
        try (MigrationRunner runner = runner()) {
            assertThat(runner.start(within(Duration.ZERO))).isEqualTo(MigrationOutcome.COMPLETED);
            MigrationId id = runner.snapshot().orElseThrow().id();
            assertThatThrownBy(() -> runner().resume(id)).hasMessageContaining("COMPLETED");
            assertThat(find(id).rollback().feasibility()).isNull();
        }
    }
}
