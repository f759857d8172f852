package dev.shoofly.coordinator;

import static dev.shoofly.coordinator.MigrationFixture.ROWS;
import static dev.shoofly.coordinator.MigrationFixture.awaitState;
import static dev.shoofly.coordinator.MigrationFixture.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.shoofly.coordinator.check.Findings;
import dev.shoofly.coordinator.check.Findings.Comparison;
import dev.shoofly.coordinator.check.Findings.Swap;
import dev.shoofly.coordinator.check.Gate;
import dev.shoofly.coordinator.check.OnDemandVerification;
import dev.shoofly.coordinator.check.Selection;
import dev.shoofly.database.Database;
import dev.shoofly.database.control.ApplierInstance;
import dev.shoofly.database.control.Command.Verb;
import dev.shoofly.database.control.Migration;
import dev.shoofly.database.control.VerificationState;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.RepairMode;
import dev.shoofly.model.RowKey;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Somebody compares both tables beside the process that runs the migration, at any time of it. */
@Timeout(180)
abstract class OnDemandVerificationContract {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final long EXTRA = 900_000_001;

    /**
     * How quick the machine is, how full, and what a writer is at just now is not the subject: whatever MySQL's transactions
     * begin in the second in which the shadow became complete passes for older.
     */
    private static final List<String> OF_THE_MOMENT = List.of("lag", "disk", "transactions");

    @TempDir
    Path directory;

    @SuppressWarnings("NullAway.Init") // the scene begins with it, as with the next two
    private MigrationFixture fixture;

    @SuppressWarnings("NullAway.Init")
    private Database others;

    @SuppressWarnings("NullAway.Init")
    private MigrationId id;

    abstract DatabaseServer server();

    abstract OrdersTable table();

    /** The statement as somebody makes it whom nothing keeps from writing the old table. */
    abstract String pastTheFence(String statement);

    @Test
    void whatDiffersForCertainIsFoundAndKeepsTheMigrationFromItsSwap() throws Exception {
        fixture = new MigrationFixture(server(), () -> TestServers.kafka().bootstrapServers(), directory, table());
        try (Database own = fixture.open(FaultPoints.NONE);
                Database elsewhere = fixture.open(FaultPoints.NONE);
                RecordedWriters writers = new RecordedWriters(server(), ROWS);
                MigrationRunner runner = fixture.runner(own, FaultPoints.NONE)) {
            others = elsewhere;
            MigrationSpec spec = MigrationFixture.withRollbackWindow(
                    spec(CutoverMode.MANUAL, table().alters()), Duration.ofMinutes(10));
            CompletableFuture<MigrationOutcome> outcome = CompletableFuture.supplyAsync(() -> runner.start(spec));
            awaitState(runner, MigrationState.READY);
            id = runner.snapshot().orElseThrow().id();
            awaitReportsOfTheAppliers(spec.partitions());
            nothingDiffersUnderWrites();

            writers.pause();
            List<RowKey> spoiled = spoilTheShadow();
            cannotBeToldWhilePaused(spoiled);
            isFoundAndKeepsTheSwapWaiting(spoiled);
            isRepairedOnDemand(spoiled);
            writers.goOn();

            awaitState(runner, MigrationState.CUTOVER);
            await("the old table's comparison", () -> find().rollback().isOpen() && isSwept());
            awaitReportsOfTheAppliers(spec.partitions());
            theOldTableIsCompared(writers);
            assertThat(control().request(id, Verb.COMPLETE, LIMIT)).isEqualTo("closing the rollback window");
            assertThat(outcome.get(LIMIT.toSeconds(), TimeUnit.SECONDS))
                    .as("%s", runner.snapshot())
                    .isEqualTo(MigrationOutcome.COMPLETED);
            assertThatThrownBy(() -> verify(new Selection.Everything(), RepairMode.OFF))
                    .hasMessageContaining("COMPLETED");
            writers.stopAndCheck();
        }
    }

    private void nothingDiffersUnderWrites() throws Exception {
        Findings all = verify(new Selection.Everything(), RepairMode.OFF);
        assertThat(rows(all).mismatches()).isZero();
        assertThat(rows(all).rowsCompared()).isGreaterThan(ROWS / 2);
        assertThat(all.swap()).isEqualTo(Swap.CUTOVER);
        assertThat(all.notes().toString()).contains("waits for the word");
        assertThat(shut(all)).isSubsetOf(OF_THE_MOMENT);

        Findings sample = verify(new Selection.Sample(0.05), RepairMode.OFF);
        assertThat(rows(sample).mismatches()).isZero();
        assertThat(rows(sample).rowsCompared())
                .isPositive()
                .isLessThan(rows(all).rowsCompared());
    }

    /** Rows that nobody has written, so that nobody compares them again. */
    private List<RowKey> spoilTheShadow() throws SQLException {
        List<String> ids = fixture.texts("SELECT id FROM orders WHERE note LIKE 'seed %' ORDER BY id LIMIT 2");
        String shadow = "_orders_" + id + "_new";
        fixture.execute("DELETE FROM " + shadow + " WHERE id = " + ids.get(0));
        fixture.execute("UPDATE " + shadow + " SET note = 'spoiled' WHERE id = " + ids.get(1));
        fixture.execute("INSERT INTO " + shadow + " (id, note, amount) VALUES (" + EXTRA + ", 'nobody', 1)");
        List<RowKey> spoiled = new ArrayList<>();
        ids.forEach(each -> spoiled.add(RowKey.of(each)));
        spoiled.add(RowKey.of("" + EXTRA));
        return spoiled;
    }

    private void cannotBeToldWhilePaused(List<RowKey> spoiled) throws Exception {
        assertThat(control().request(id, Verb.PAUSE, LIMIT)).startsWith("paused");
        Findings paused = verify(new Selection.Everything(), RepairMode.OFF);
        assertThat(rows(paused).mismatches()).isZero();
        // What was on its way when the pause came is there as well, and looks just the same.
        assertThat(rows(paused).unsettled())
                .containsAll(spoiled.stream().map(RowKey::toString).toList());
        assertThat(shut(paused)).contains("state", "lag", "rows").doesNotContain("process", "mismatches");
        assertThat(paused.differ()).isFalse();
        assertThatThrownBy(() -> verify(new Selection.Rows(spoiled), RepairMode.AUTO))
                .hasMessageContaining("cannot be repaired from here: the migration is paused");
        assertThat(control().request(id, Verb.RESUME, LIMIT)).isEqualTo("resumed");
    }

    private void isFoundAndKeepsTheSwapWaiting(List<RowKey> spoiled) throws Exception {
        await("READY", () -> find().state() == MigrationState.READY);
        Findings found = verify(new Selection.Everything(), RepairMode.OFF);
        assertThat(rows(found).rows())
                .extracting(Findings.Row::key, Findings.Row::kind, Findings.Row::columns)
                .containsExactlyInAnyOrder(
                        tuple(spoiled.get(0).toString(), "MISSING", List.of()),
                        tuple(spoiled.get(1).toString(), "DIFFERS", List.of("note")),
                        tuple(spoiled.get(2).toString(), "EXTRA", List.of()));
        assertThat(rows(found).rows().get(0).json()).contains("\"reproduce\"");
        assertThat(found.differ()).isTrue();
        assertThat(shut(found)).contains("rows", "mismatches");

        assertThat(control().request(id, Verb.CUTOVER, LIMIT)).contains("approved");
        await("the gate", () -> String.valueOf(find().reason()).contains("3 rows are known to differ"));
        // Mended by hand: whoever looks again lets it go.
        fixture.execute("DELETE FROM _orders_" + id + "_new WHERE id = " + EXTRA);
        Findings again = verify(new Selection.Rows(List.of(spoiled.get(2), RowKey.of("-5"))), RepairMode.OFF);
        assertThat(rows(again).absent()).containsExactly("" + EXTRA, "-5");
        assertThat(rows(again).mismatches())
                .as("the known ones are looked at as well")
                .isEqualTo(2);
        assertThat(others.control().validation().open(id)).containsExactlyInAnyOrderElementsOf(spoiled.subList(0, 2));
        assertThat(find().state()).isEqualTo(MigrationState.READY);
    }

    private void isRepairedOnDemand(List<RowKey> spoiled) throws Exception {
        Findings repaired = verify(new Selection.Rows(spoiled.subList(0, 1)), RepairMode.AUTO);
        assertThat(rows(repaired).repaired()).isEqualTo(2);
        assertThat(rows(repaired).mismatches()).isZero();
        assertThat(others.control().validation().open(id)).isEmpty();
    }

    private void theOldTableIsCompared(RecordedWriters writers) throws Exception {
        Findings same = verify(new Selection.Everything(), RepairMode.OFF);
        assertThat(same.swap()).isEqualTo(Swap.ROLLBACK);
        assertThat(rows(same).mismatches()).isZero();
        assertThat(shut(same)).isSubsetOf(OF_THE_MOMENT);
        writers.pause();
        // Not one that was moved: its change may be applied only now, and would set the row right.
        String seed = fixture.texts("SELECT id FROM orders WHERE note LIKE 'seed %' ORDER BY id LIMIT 1")
                .get(0);
        fixture.execute(pastTheFence("UPDATE _orders_" + id + "_old SET note = 'spoiled' WHERE id = " + seed));
        Findings spoiled = verify(new Selection.Rows(List.of(RowKey.of(seed))), RepairMode.OFF);
        assertThat(rows(spoiled).rows()).extracting(Findings.Row::key).containsExactly(seed);
        writers.goOn();
    }

    private boolean isSwept() {
        return others.control()
                .verification()
                .find(id)
                .filter(VerificationState::isBegun)
                .map(VerificationState::swept)
                .orElse(false);
    }

    private Findings verify(Selection selection, RepairMode repair) throws InterruptedException {
        return new OnDemandVerification(others, fixture.kafka(), InstantSource.system(), Duration.ofSeconds(60))
                .run(find(), selection, repair, rows -> {});
    }

    private static Comparison rows(Findings findings) {
        return Objects.requireNonNull(findings.comparison());
    }

    private static List<String> shut(Findings findings) {
        return findings.gates().stream()
                .filter(gate -> !gate.open())
                .map(Gate::name)
                .toList();
    }

    /** Appliers say twice a second what they have claimed; a small table is copied, and swapped, within less. */
    private void awaitReportsOfTheAppliers(int partitions) {
        await(
                "the appliers' reports",
                () -> ApplierInstance.unclaimed(livingAppliers(), partitions).isEmpty());
    }

    private List<ApplierInstance> livingAppliers() {
        return others.control().appliers().list(id).stream()
                .filter(ApplierInstance::isAlive)
                .toList();
    }

    private MigrationControl control() {
        return new MigrationControl(others);
    }

    private Migration find() {
        return others.control().migrations().find(id).orElseThrow();
    }

    private void await(String what, BooleanSupplier condition) {
        long giveUpAt = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime())
                    .as("still waiting for %s: %s", what, find())
                    .isLessThan(giveUpAt);
            LockSupport.parkNanos(20_000_000);
        }
    }
}
