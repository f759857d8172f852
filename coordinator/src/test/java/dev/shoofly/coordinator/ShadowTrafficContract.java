package dev.shoofly.coordinator;

import static dev.shoofly.coordinator.MigrationFixture.ROWS;
import static dev.shoofly.coordinator.MigrationFixture.awaitState;
import static dev.shoofly.coordinator.MigrationFixture.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.shoofly.coordinator.check.ShadowTraffic;
import dev.shoofly.coordinator.check.Traffic;
import dev.shoofly.coordinator.check.TrafficReport;
import dev.shoofly.coordinator.check.TrafficReport.Statement;
import dev.shoofly.coordinator.check.TrafficReport.Verdict;
import dev.shoofly.database.Database;
import dev.shoofly.database.control.Command.Verb;
import dev.shoofly.database.control.Migration;
import dev.shoofly.database.control.TrafficRows;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationState;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Somebody asks both tables what applications ask, while they write and a process migrates. */
@Timeout(180)
abstract class ShadowTrafficContract {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    /** A row that the writers never come to. */
    private static final long APART = 900_000_001;

    private static final String READS = """
            SELECT id, note, amount FROM orders WHERE id = 17;
            SELECT count(*), sum(amount) FROM orders;
            SELECT id FROM orders WHERE note LIKE 'updated 1%' ORDER BY id LIMIT 20;
            SELECT note FROM orders WHERE id = 900000001;
            SELECT count(*) FROM orders WHERE note = 'apart'""";

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

    abstract String dropNotesIndexOf(String shadow);

    @Test
    void rowsOnTheirWayAreNoDifferenceAndSpoiledOnesAreFoundAmongThem() throws Exception {
        fixture = new MigrationFixture(server(), () -> TestServers.kafka().bootstrapServers(), directory, table());
        try (Database own = fixture.open(FaultPoints.NONE);
                Database elsewhere = fixture.open(FaultPoints.NONE);
                RecordedWriters writers = new RecordedWriters(server(), ROWS);
                MigrationRunner runner = fixture.runner(own, FaultPoints.NONE)) {
            others = elsewhere;
            fixture.execute("INSERT INTO orders (id, note, amount) VALUES (" + APART + ", 'apart', 1)");
            CompletableFuture<MigrationOutcome> outcome =
                    CompletableFuture.supplyAsync(() -> runner.start(spec(CutoverMode.MANUAL, table().alters())));
            awaitState(runner, MigrationState.READY);
            id = runner.snapshot().orElseThrow().id();

            nothingDiffersUnderWrites();
            whatCannotBeComparedIsToldApart();
            aSpoiledRowIsFoundUnderWrites();
            nothingIsCertainWhilePaused(writers);
            anIndexThatIsMissingChangesThePlan();

            assertThat(control().request(id, Verb.CANCEL, LIMIT)).isNotEmpty();
            assertThat(outcome.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo(MigrationOutcome.CANCELLED);
        }
    }

    private void nothingDiffersUnderWrites() throws Exception {
        for (String read : READS.split(";")) {
            if (!read.isBlank()) {
                assertThat(once(read).verdict()).as(read).isIn(Verdict.SAME, Verdict.IN_FLIGHT);
            }
        }
        TrafficReport report = replay(READS, Duration.ofSeconds(4));
        assertThat(report.statements())
                .hasSize(5)
                // How many times round it came is the machine's affair.
                .allSatisfy(each -> assertThat(each.verdict())
                        .as("%s", each)
                        .isIn(Verdict.SAME, Verdict.IN_FLIGHT, Verdict.NOT_RUN));
        assertThat(report.statements().get(0).counts().runs()).isPositive();
        assertThat(report.statements().get(0).times().deltaP99()).isPresent();
        assertThat(report.consistencyPercent())
                .hasValueSatisfying(percent -> assertThat(percent).isCloseTo(100, within(1e-9)));
        assertThat(report.notes()).isEmpty();
        assertThat(others.control().traffic().list(id))
                .extracting(TrafficRows.Row::digest)
                .startsWith("SELECT id, note, amount FROM orders WHERE id = ?")
                .hasSize(5);
    }

    /** One statement, which is run once, however long it takes. */
    private Statement once(String read) throws InterruptedException {
        TrafficReport report = replay(read, Duration.ZERO);
        assertThat(report.statements()).hasSize(1);
        return report.statements().get(0);
    }

    private String read(int number) {
        return READS.split(";")[number];
    }

    private void whatCannotBeComparedIsToldApart() throws Exception {
        TrafficReport report = replay("""
                SELECT legacy FROM orders WHERE id = 1;
                SELECT 'secret' FROM orders FOR UPDATE;
                DELETE FROM orders;
                SELECT 1;
                SELECT amount FROM orders WHERE id = 900000001;
                """, Duration.ofSeconds(3));
        assertThat(report.statements())
                .extracting(Statement::verdict)
                .containsExactly(
                        Verdict.NOT_COMPARABLE, Verdict.REFUSED, Verdict.REFUSED, Verdict.ELSEWHERE, Verdict.SAME);
        assertThat(report.statements().get(0).detail()).contains("legacy");
        assertThat(others.control().traffic().list(id).toString()).doesNotContain("secret");
        assertThatThrownBy(() -> replay("-- nothing\n", Duration.ofSeconds(1))).hasMessageContaining("no statements");
    }

    private void aSpoiledRowIsFoundUnderWrites() throws Exception {
        fixture.execute("UPDATE " + shadow() + " SET note = 'spoiled' WHERE id = " + APART);
        for (int found : new int[] {3, 4}) {
            TrafficReport report = replay(read(found), Duration.ZERO);
            assertThat(report.statements().get(0).verdict()).as("%s", report).isEqualTo(Verdict.DIFFERS);
            assertThat(report.consistencyPercent())
                    .hasValueSatisfying(percent -> assertThat(percent).isLessThan(100));
        }
        for (int other : new int[] {0, 1}) {
            assertThat(once(read(other)).verdict()).isIn(Verdict.SAME, Verdict.IN_FLIGHT);
        }
        fixture.execute("UPDATE " + shadow() + " SET note = 'apart' WHERE id = " + APART);
    }

    private void nothingIsCertainWhilePaused(RecordedWriters writers) throws Exception {
        assertThat(control().request(id, Verb.PAUSE, LIMIT)).startsWith("paused");
        fixture.execute("UPDATE orders SET note = 'on its way' WHERE id = " + APART);
        TrafficReport report = replay(read(3), Duration.ZERO);
        assertThat(report.statements().get(0).verdict()).as("%s", report).isEqualTo(Verdict.IN_FLIGHT);
        assertThat(report.statements().get(0).counts().unsettled()).isPositive();
        assertThat(report.notes()).anyMatch(note -> note.contains("paused"));
        assertThat(report.count(Verdict.DIFFERS)).isZero();
        assertThat(control().request(id, Verb.RESUME, LIMIT)).isEqualTo("resumed");
        await("READY", () -> find().state() == MigrationState.READY);
        writers.awaitMore(10);
        TrafficReport again = replay("SELECT note FROM orders WHERE id = " + APART, Duration.ofSeconds(1));
        assertThat(again.statements().get(0).verdict()).as("%s", again).isIn(Verdict.SAME, Verdict.IN_FLIGHT);
    }

    private void anIndexThatIsMissingChangesThePlan() throws Exception {
        String read = "SELECT id FROM orders WHERE note = 'seed 17'";
        fixture.execute(dropNotesIndexOf(shadow()));
        TrafficReport report = replay(read, Duration.ofMillis(300));
        assertThat(report.changedPlans()).as("%s", report).hasSize(1);
        assertThat(report.changedPlans().get(0).plans().source()).contains("note");
        assertThat(others.control().traffic().list(id))
                .extracting(TrafficRows.Row::planChanged)
                .containsExactly(true);
    }

    private String shadow() {
        return "_orders_" + id + "_new";
    }

    private TrafficReport replay(String text, Duration lasting) throws InterruptedException {
        return new ShadowTraffic(others, fixture.kafka(), Duration.ofSeconds(60))
                .run(find(), new Traffic(new Traffic.Text(text), 40, lasting, Duration.ofSeconds(10)), runs -> {});
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
