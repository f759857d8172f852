package dev.shoofly.coordinator;

import static dev.shoofly.coordinator.MigrationFixture.ROWS;
import static dev.shoofly.coordinator.MigrationFixture.awaitState;
import static dev.shoofly.coordinator.MigrationFixture.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.Database;
import dev.shoofly.database.TableSwap;
import dev.shoofly.database.TableSwap.Direction;
import dev.shoofly.database.control.Command.Verb;
import dev.shoofly.database.control.ForcedGates;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.GateName;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Forward, back, and forward again without a copy, on either server. */
abstract class ForwardAgainContract {
    private static final Duration ANSWER = Duration.ofSeconds(30);
    private static final Duration LIMIT = Duration.ofSeconds(120);
    private static final Duration LONG = Duration.ofHours(1);
    private static final ForcedGates SKIPPED = new ForcedGates(Set.of(GateName.WINDOW), "somebody");

    @TempDir
    Path directory;

    private MigrationFixture fixture;
    private Database database;
    private boolean hardened;

    abstract DatabaseServer server();

    abstract OrdersTable table();

    /** Hangs on the table what must go over with it, each time. */
    abstract void harden(MigrationFixture orders) throws SQLException;

    /** Of what {@link #harden} made, what outlives the table. */
    abstract void soften(MigrationFixture orders) throws SQLException;

    /** Everything about the table's definition, and about what hangs on it. */
    abstract List<String> catalog(MigrationFixture orders) throws SQLException;

    /** Whatever bears the migration's name, tables and others. */
    abstract List<String> named(MigrationFixture orders, MigrationId id) throws SQLException;

    @BeforeEach
    void createOrders() throws SQLException {
        create(true);
        database = fixture.open(FaultPoints.NONE);
    }

    private void create(boolean hard) throws SQLException {
        if (hardened) {
            soften(fixture);
        }
        fixture = new MigrationFixture(server(), () -> TestServers.kafka().bootstrapServers(), directory, table());
        fixture.execute("UPDATE orders SET legacy = id + 7");
        if (hard) {
            harden(fixture);
        }
        hardened = hard;
    }

    @AfterEach
    void closeDatabase() throws SQLException {
        database.close();
        if (hardened) {
            soften(fixture);
        }
    }

    private MigrationRunner runner() {
        return fixture.runner(database, FaultPoints.NONE);
    }

    private MigrationSpec within(Duration window, List<String> alters) {
        return MigrationFixture.withRollbackWindow(spec(CutoverMode.AUTO, alters), window);
    }

    private String request(MigrationId id, Verb verb) {
        return new MigrationControl(database).request(id, verb, ANSWER);
    }

    private Migration find(MigrationId id) {
        return database.control().migrations().find(id).orElseThrow();
    }

    private void await(MigrationId id, Predicate<Migration> condition) {
        long giveUpAt = System.nanoTime() + LIMIT.toNanos();
        while (!condition.test(find(id))) {
            assertThat(System.nanoTime()).as("%s", find(id)).isLessThan(giveUpAt);
            LockSupport.parkNanos(20_000_000);
        }
    }

    private CompletableFuture<MigrationOutcome> begin(MigrationRunner runner, MigrationSpec spec) {
        CompletableFuture<MigrationOutcome> outcome = CompletableFuture.supplyAsync(() -> runner.start(spec));
        awaitState(runner, MigrationState.CUTOVER);
        return outcome;
    }

    private static MigrationId id(MigrationRunner runner) {
        return runner.snapshot().orElseThrow().id();
    }

    private void awaitWindow(MigrationRunner runner) {
        awaitState(runner, MigrationState.CUTOVER);
        RollbackContract.awaitActivity(runner, "'rollback " + id(runner) + "'");
    }

    /** @param keptFor how long it can go forward again afterwards */
    private MigrationId askForRollback(MigrationRunner runner, Duration keptFor) {
        MigrationId id = id(runner);
        new MigrationControl(database).keepAfterRollback(id, Optional.of(keptFor));
        assertThat(request(id, Verb.ROLLBACK)).isEqualTo("rolling back");
        return id;
    }

    /** Asks for the old table, to be kept; returns when everything is ready for the word. */
    private void rollBackAndKeep(MigrationRunner runner) {
        MigrationId id = askForRollback(runner, LONG);
        awaitState(runner, MigrationState.READY);
        RollbackContract.awaitActivity(runner, "ready; waiting for 'cutover " + id + "'");
    }

    @Test
    void losesNoWriteForwardBackAndForwardAgainTwiceAndLeavesThePlainMigrationsCatalog() throws Exception {
        try (MigrationRunner plain = runner()) {
            assertThat(plain.start(within(Duration.ZERO, table().alters())))
                    .as("%s", plain.snapshot())
                    .isEqualTo(MigrationOutcome.COMPLETED);
        }
        List<String> wanted = catalog(fixture);
        create(true);
        List<String> original = catalog(fixture);
        RecordedWriters writers = new RecordedWriters(server(), ROWS);
        try (MigrationRunner runner = runner()) {
            CompletableFuture<MigrationOutcome> outcome = begin(runner, within(LONG, table().alters()));
            MigrationId id = id(runner);
            for (int round = 1; round <= 2; round++) {
                awaitWindow(runner);
                assertThat(catalog(fixture)).isEqualTo(wanted);
                // What the old table rounds, and what it has no column for.
                fixture.execute("UPDATE orders SET amount = 1.2345, status = 'window' WHERE id <= 300");
                writers.awaitMore(150);
                rollBackAndKeep(runner);
                assertThat(catalog(fixture)).as("the table is what it was").isEqualTo(original);
                assertThat(fixture.texts("SELECT count(*) FROM orders WHERE id <= " + ROWS + " AND legacy <> id + 7"))
                        .containsExactly("0");
                fixture.execute("UPDATE orders SET legacy = 0 WHERE id BETWEEN 301 AND 400");
                fixture.execute("UPDATE orders SET legacy = id + 7 WHERE id BETWEEN 301 AND 400");
                writers.awaitMore(150);
                await(
                        id,
                        at -> database.control().gates().find(id).reports().stream()
                                .anyMatch(gate -> gate.gate() == GateName.APPROVAL && gate.blocks()));
                assertThat(find(id).state())
                        .as("--cutover auto does not swap by itself what was swapped back")
                        .isEqualTo(MigrationState.READY);
                assertThat(request(id, Verb.CUTOVER)).isEqualTo("cut-over approved");
            }
            awaitWindow(runner);
            writers.awaitMore(100);
            assertThat(request(id, Verb.COMPLETE)).isEqualTo("closing the rollback window");
            assertThat(outcome.get()).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.COMPLETED);
            writers.awaitMore(50);
            writers.stopAndCheck();
            assertThat(catalog(fixture)).isEqualTo(wanted);
            assertThat(fixture.texts("SELECT count(*) FROM orders WHERE amount = 1.2345"))
                    .as("the old table was the truth")
                    .containsExactly("0");
            assertThat(fixture.texts("SELECT count(*) FROM orders WHERE status = 'window'"))
                    .as("what only the new table has")
                    .doesNotContain("0");
            assertThat(named(fixture, id)).containsExactly("_orders_" + id + "_old3");
        } finally {
            writers.close();
        }
    }

    @Test
    void aCancelAfterTheRollbackLeavesTheOriginalTableAndNothingElse() throws Exception {
        List<String> original = catalog(fixture);
        RecordedWriters writers = new RecordedWriters(server(), ROWS);
        try (MigrationRunner runner = runner()) {
            CompletableFuture<MigrationOutcome> outcome = begin(runner, within(LONG, table().alters()));
            awaitWindow(runner);
            rollBackAndKeep(runner);
            assertThat(request(id(runner), Verb.CANCEL)).contains("cancelled");
            assertThat(outcome.get()).isEqualTo(MigrationOutcome.CANCELLED);
            writers.awaitMore(50);
            writers.stopAndCheck();
            assertThat(catalog(fixture)).isEqualTo(original);
            assertThat(named(fixture, id(runner))).isEmpty();
            assertThat(new MigrationControl(database).list()).isEmpty();
        } finally {
            writers.close();
        }
    }

    @Test
    void endsRolledBackWhenNobodyGivesTheWordInTime() throws Exception {
        List<String> original = catalog(fixture);
        try (MigrationRunner runner = runner()) {
            CompletableFuture<MigrationOutcome> outcome = begin(runner, within(LONG, table().alters()));
            awaitWindow(runner);
            MigrationId id = askForRollback(runner, Duration.ofMillis(1));
            assertThat(outcome.get()).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.ROLLED_BACK);
            assertThat(find(id).state()).isEqualTo(MigrationState.ROLLED_BACK);
            assertThat(catalog(fixture)).isEqualTo(original);
            assertThat(named(fixture, id)).containsExactly("_orders_" + id + "_undone");
        }
    }

    @Test
    void whoStillKnowsAnEarlierSwapCannotSwapAgain() throws Exception {
        try (MigrationRunner runner = runner()) {
            CompletableFuture<MigrationOutcome> outcome = begin(runner, within(LONG, table().alters()));
            awaitWindow(runner);
            MigrationId id = id(runner);
            MigrationPlan first = Objects.requireNonNull(find(id).plan());
            MigrationPlan firstBack = Objects.requireNonNull(find(id).rollback().plan());
            rollBackAndKeep(runner);
            List<String> original = catalog(fixture);
            assertNeitherSwaps(id, first, firstBack);
            assertThat(catalog(fixture)).isEqualTo(original);
            request(id, Verb.CUTOVER);
            awaitWindow(runner);
            List<String> swapped = catalog(fixture);
            assertNeitherSwaps(id, first, firstBack);
            assertThat(catalog(fixture)).isEqualTo(swapped);
            assertThat(Objects.requireNonNull(find(id).rollback().plan()).old().table())
                    .isEqualTo("_orders_" + id + "_undone2");
            request(id, Verb.COMPLETE);
            assertThat(outcome.get()).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.COMPLETED);
        }
    }

    /** With the owner's own epoch: the names alone must be enough. */
    private void assertNeitherSwaps(MigrationId id, MigrationPlan first, MigrationPlan firstBack) {
        for (TableSwap swap : List.of(database.swap(first), database.swap(firstBack, Direction.BACK))) {
            assertThatThrownBy(() -> swap.attempt(
                            CutoverSettings.DEFAULT,
                            find(id).epoch(),
                            (progress, timeout, most) -> TableSwap.Drained.of(List.of())))
                    .isInstanceOf(ShooflyException.class);
        }
    }

    private long misfits(MigrationId id) {
        return database.control().misfits().summary(id).rows();
    }

    @Test
    void aRowThatDoesNotFitTheOldTableCostsNoWayBackInTheSecondWindowEither() throws Exception {
        // What hangs on it might refuse the row itself.
        create(false);
        try (MigrationRunner runner = runner()) {
            CompletableFuture<MigrationOutcome> outcome = begin(runner, within(LONG, table().alters()));
            awaitWindow(runner);
            MigrationId id = id(runner);
            rollBackAndKeep(runner);
            request(id, Verb.CUTOVER);
            awaitState(runner, MigrationState.CUTOVER);
            await(id, at -> at.rollback().isOpen());
            // While the comparison may still be under way: it must know them, too.
            fixture.execute("INSERT INTO orders (id, note, amount) VALUES (900000000, 'too much', 1234567890.5),"
                    + " (900000001, 'too much', 1234567891.5)");
            await(id, any -> misfits(id) == 2);
            awaitWindow(runner);
            fixture.execute("UPDATE orders SET amount = 1234567890.5 WHERE id = 5");
            await(id, any -> misfits(id) == 3);
            fixture.execute("UPDATE orders SET amount = 5 WHERE id IN (5, 900000000)");
            fixture.execute("DELETE FROM orders WHERE id = 900000001");
            await(id, any -> misfits(id) == 0);
            assertThat(request(id, Verb.ROLLBACK)).isEqualTo("rolling back");
            assertThat(outcome.get()).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.ROLLED_BACK);
            assertThat(fixture.texts("SELECT concat(id, ' ', note) FROM orders WHERE id >= 900000000"))
                    .containsExactly("900000000 too much");
            assertThat(fixture.texts("SELECT legacy - id FROM orders WHERE id = 5"))
                    .as("put aside with it, and back again")
                    .containsExactly("7");
        }
    }

    /** As before any other swap. */
    @Test
    void aRowThatTheNewTableDoesNotTakeFailsTheMigrationAndLeavesTheTable() throws Exception {
        // A view may keep the column's type.
        create(false);
        try (MigrationRunner runner = runner()) {
            CompletableFuture<MigrationOutcome> outcome = begin(runner, within(LONG, table().shorten()));
            awaitWindow(runner);
            rollBackAndKeep(runner);
            fixture.execute("UPDATE orders SET note = 'far too long for the new table' WHERE id = 5");
            assertThat(outcome.get()).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.FAILED);
            assertThat(fixture.texts("SELECT note FROM orders WHERE id = 5"))
                    .containsExactly("far too long for the new table");
            fixture.execute("UPDATE orders SET note = 'short' WHERE id = 5");
            MigrationId id = id(runner);
            try (MigrationRunner again = runner()) {
                CompletableFuture<MigrationOutcome> resumed = CompletableFuture.supplyAsync(() -> again.resume(id));
                RollbackContract.awaitActivity(again, "ready; waiting for 'cutover " + id + "'");
                request(id, Verb.CUTOVER);
                awaitWindow(again);
                request(id, Verb.COMPLETE);
                assertThat(resumed.get()).as("%s", again.snapshot()).isEqualTo(MigrationOutcome.COMPLETED);
            }
            assertThat(fixture.texts("SELECT note FROM orders WHERE id = 5")).containsExactly("short");
        }
    }

    @Test
    void whatSomebodyChangedAboutTheOldTableEndsTheMigrationRolledBack() throws Exception {
        FaultPoints change = point -> {
            if (point.equals("swap-back.done")) {
                try {
                    fixture.execute("ALTER TABLE orders ADD COLUMN later int");
                } catch (SQLException e) {
                    throw new AssertionError(e);
                }
            }
        };
        try (MigrationRunner runner = fixture.runner(database, change)) {
            CompletableFuture<MigrationOutcome> outcome = begin(runner, within(LONG, table().alters()));
            awaitWindow(runner);
            MigrationId id = askForRollback(runner, LONG);
            assertThat(outcome.get()).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.ROLLED_BACK);
            assertThat(named(fixture, id)).containsExactly("_orders_" + id + "_undone");
            assertThat(fixture.texts("SELECT detail FROM shoofly.migration_log WHERE event = 'ROLLED_BACK'"))
                    .singleElement()
                    .asString()
                    .contains("cannot go forward again", "later");
            assertThat(find(id).reason()).contains("cannot go forward again", "later");
        }
    }

    /** After the old table is back it was taken, and forgotten a moment later. */
    @Test
    void aWordBetweenTheSwapBackAndTheRecordOfItIsRefused() throws Exception {
        create(false);
        List<String> refused = new CopyOnWriteArrayList<>();
        FaultPoints between = point -> {
            if (point.equals("swap-back.done")) {
                MigrationId id = database.control().migrations().list().get(0).id();
                assertThatThrownBy(() -> new MigrationControl(database).request(id, Verb.CUTOVER, SKIPPED, LONG))
                        .satisfies(answer -> refused.add(String.valueOf(answer.getMessage())));
                throw new ShooflyException(ErrorKind.REFUSED, "the process ends here");
            }
        };
        MigrationId id;
        try (MigrationRunner runner = fixture.runner(database, between)) {
            CompletableFuture<MigrationOutcome> outcome = begin(runner, within(LONG, table().alters()));
            awaitWindow(runner);
            id = askForRollback(runner, LONG);
            assertThat(outcome.get()).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.FAILED);
        }
        assertThat(refused).singleElement().asString().contains("brought back", "The word was not taken");
        Runnable nothingIsSkipped =
                () -> assertThat(database.control().gates().find(id).forced())
                        .as("what came with a word that was refused")
                        .isEmpty();
        nothingIsSkipped.run();
        assertThatThrownBy(() -> new MigrationControl(database).approveCutover(id, SKIPPED))
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContainingAll("was not taken", "'resume " + id + "'", "Nothing was changed");
        nothingIsSkipped.run();
        try (MigrationRunner again = runner()) {
            CompletableFuture<MigrationOutcome> resumed = CompletableFuture.supplyAsync(() -> again.resume(id));
            RollbackContract.awaitActivity(again, "ready; waiting for 'cutover " + id + "'");
            assertThat(request(id, Verb.CUTOVER)).isEqualTo("cut-over approved");
            awaitWindow(again);
            // Nothing is left to cut over; whoever repeats the command after a crash goes on with what follows.
            assertThat(new MigrationControl(database).approveCutover(id, SKIPPED))
                    .isFalse();
            nothingIsSkipped.run();
            request(id, Verb.COMPLETE);
            assertThat(resumed.get()).as("%s", again.snapshot()).isEqualTo(MigrationOutcome.COMPLETED);
        }
    }

    /** Each time but the first, which is the way to the first swap. */
    private static FaultPoints onTheWayForwardAgain(Runnable work) {
        AtomicInteger times = new AtomicInteger();
        return point -> {
            if (point.equals("state.VALIDATING") && times.incrementAndGet() > 1) {
                work.run();
            }
        };
    }

    @Test
    void aPhaseThatDoesNotEndDoesNotOutlastTheTimeToGoForwardAgain() throws Exception {
        List<String> original = catalog(fixture);
        FaultPoints stuck = onTheWayForwardAgain(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                LockSupport.parkNanos(20_000_000);
            }
        });
        RecordedWriters writers = new RecordedWriters(server(), ROWS);
        try (MigrationRunner runner = fixture.runner(database, stuck)) {
            CompletableFuture<MigrationOutcome> outcome = begin(runner, within(LONG, table().alters()));
            awaitWindow(runner);
            MigrationId id = askForRollback(runner, Duration.ofSeconds(20));
            assertThat(outcome.get(LIMIT.toSeconds(), TimeUnit.SECONDS))
                    .as("%s", runner.snapshot())
                    .isEqualTo(MigrationOutcome.ROLLED_BACK);
            writers.awaitMore(50);
            writers.stopAndCheck();
            assertLeftRolledBack(id);
            assertThat(catalog(fixture)).isEqualTo(original);
        } finally {
            writers.close();
        }
    }

    @Test
    void aMigrationThatFailedOnItsWayForwardEndsRolledBackWhenItIsResumedAfterTheTime() throws Exception {
        // A view may keep the column's type.
        create(false);
        FaultPoints failing = onTheWayForwardAgain(() -> {
            try {
                fixture.execute("UPDATE orders SET note = 'far too long for the new table' WHERE id = 5");
            } catch (SQLException e) {
                throw new AssertionError(e);
            }
            throw new ShooflyException(ErrorKind.REFUSED, "it fails here");
        });
        MigrationId id;
        try (MigrationRunner runner = fixture.runner(database, failing)) {
            CompletableFuture<MigrationOutcome> outcome = begin(runner, within(LONG, table().shorten()));
            awaitWindow(runner);
            id = askForRollback(runner, LONG);
            assertThat(outcome.get()).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.FAILED);
            assertThat(find(id).resumeState()).isEqualTo(MigrationState.VALIDATING);
        }
        fixture.execute("UPDATE shoofly.migrations SET forward_until_millis = 5 WHERE id = '" + id + "'");
        try (MigrationRunner again = runner()) {
            assertThat(again.resume(id)).as("%s", again.snapshot()).isEqualTo(MigrationOutcome.ROLLED_BACK);
        }
        assertLeftRolledBack(id);
        assertThat(fixture.texts("SELECT note FROM orders WHERE id = 5"))
                .containsExactly("far too long for the new table");
    }

    private void assertLeftRolledBack(MigrationId id) throws SQLException {
        Migration end = find(id);
        assertThat(end.state()).isEqualTo(MigrationState.ROLLED_BACK);
        assertThat(end.reason())
                .contains("nobody gave the word to go forward again before the time was over (it was ")
                .contains("is the table of before the migration, with every write")
                .contains("_orders_" + id + "_undone is the new one");
        assertThat(named(fixture, id)).containsExactly("_orders_" + id + "_undone");
    }
}
