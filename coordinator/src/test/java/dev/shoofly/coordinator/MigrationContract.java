package dev.shoofly.coordinator;

import static dev.shoofly.coordinator.MigrationFixture.ROWS;
import static dev.shoofly.coordinator.MigrationFixture.awaitState;
import static dev.shoofly.coordinator.MigrationFixture.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.Database;
import dev.shoofly.database.control.Command;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.StrategyChoice;
import dev.shoofly.model.Transform;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One migration from CREATED to its end under writers, on either server. */
abstract class MigrationContract {
    @TempDir
    Path directory;

    private MigrationFixture fixture;
    private Database database;

    abstract DatabaseServer server();

    abstract OrdersTable table();

    @BeforeEach
    void createOrders() throws SQLException {
        fixture = new MigrationFixture(server(), () -> TestServers.kafka().bootstrapServers(), directory, table());
        database = fixture.open(FaultPoints.NONE);
    }

    @AfterEach
    void closeDatabase() {
        database.close();
    }

    @Test
    void losesNoAcknowledgedWriteThroughTheWholeMigration() throws Exception {
        RecordedWriters writers = new RecordedWriters(server(), ROWS);
        try (MigrationRunner runner = runner()) {
            assertThat(runner.start(spec(CutoverMode.AUTO, table().alters())))
                    .as("%s", runner.snapshot())
                    .isEqualTo(MigrationOutcome.COMPLETED);
            writers.awaitMore(200);
            writers.stopAndCheck();
            MigrationSnapshot end = runner.snapshot().orElseThrow();
            assertThat(end.state()).isEqualTo(MigrationState.COMPLETED);
            assertThat(end.mismatches()).isZero();
            assertThat(end.rowsCopied()).isPositive();
            assertThat(fixture.tables())
                    .contains("orders", "_orders_" + end.id() + "_old")
                    .noneMatch(name -> name.endsWith("_new"));
        } finally {
            writers.close();
        }
    }

    @Test
    void computesAColumnWhileTheApplicationWrites() throws Exception {
        RecordedWriters writers = new RecordedWriters(server(), ROWS);
        try (MigrationRunner runner = runner()) {
            MigrationSpec spec = spec(
                            CutoverMode.AUTO, List.of("ADD COLUMN label varchar(140) NOT NULL DEFAULT 'none'"))
                    .computing(List.of(new Transform("label", "concat(upper(note), '/', id)")));
            assertThat(runner.start(spec)).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.COMPLETED);
            writers.awaitMore(200);
            writers.stopAndCheck();
            // Rows that nobody wrote since the swap; those of then have what the application left there.
            String old = "_orders_" + runner.snapshot().orElseThrow().id() + "_old";
            String unwritten = "SELECT count(*) FROM orders n JOIN " + old + " o ON o.id = n.id AND o.note = n.note";
            assertThat(Long.parseLong(fixture.texts(unwritten).get(0))).isGreaterThan(ROWS / 4);
            assertThat(fixture.texts(unwritten + " WHERE n.label <> concat(upper(o.note), '/', o.id)"))
                    .containsExactly("0");
        } finally {
            writers.close();
        }
    }

    @Test
    void refusesAnotherStrategyForAComputedColumn() throws Exception {
        MigrationSpec online = new MigrationSpec(
                        "orders",
                        List.of("ADD COLUMN label varchar(140)"),
                        StrategyChoice.ONLINE,
                        4,
                        1_000,
                        CutoverSettings.DEFAULT)
                .computing(List.of(new Transform("label", "upper(note)")));
        assertThatThrownBy(() -> runner().start(online))
                .hasMessageContaining("--strategy online cannot be had")
                .hasMessageContaining("it computes the column label (--transform)")
                .hasMessageContaining("Nothing was changed");
        assertThat(fixture.tables()).contains("orders").noneMatch(name -> name.endsWith("_new"));
    }

    @Test
    void refusesAnUnknownTable() {
        assertThatThrownBy(() -> runner().start(of("no_such_table")))
                .isInstanceOf(ShooflyException.class)
                .hasMessageContaining("no_such_table");
    }

    @Test
    void refusesATableWithoutAUsableKey() throws Exception {
        fixture.execute("DROP TABLE IF EXISTS keyless");
        fixture.execute("CREATE TABLE keyless (a int, b int)");
        assertThatThrownBy(() -> runner().start(of("keyless")))
                .isInstanceOf(ShooflyException.class)
                .hasMessageContaining("key");
    }

    @Test
    void leavesNothingOfAnAlterThatTheServerRefuses() throws Exception {
        assertThatThrownBy(() -> runner().start(spec(CutoverMode.AUTO, List.of("DROP COLUMN no_such_column"))))
                .isInstanceOf(ShooflyException.class)
                .hasMessageContaining("no_such_column");
        assertThat(fixture.tables()).contains("orders").noneMatch(name -> name.endsWith("_new"));
        assertThat(database.control()
                        .migrations()
                        .findActive(database.preparation().resolve("orders")))
                .isEmpty();
    }

    @Test
    void refusesAnAlterThatRenamesTheTable() throws Exception {
        assertThatThrownBy(() -> runner().start(spec(CutoverMode.AUTO, List.of("RENAME TO other"))))
                .isInstanceOf(ShooflyException.class)
                .hasMessageMatching("(?is).*rename.*");
        assertThat(fixture.tables())
                .contains("orders")
                .doesNotContain("other")
                .noneMatch(name -> name.endsWith("_new"));
    }

    @Test
    void namesColumnAndKeyOfAValueThatDoesNotFit() throws Exception {
        fixture.execute("UPDATE orders SET note = 'much too long for a short column' WHERE id = 1234");
        try (MigrationRunner runner = runner()) {
            assertThat(runner.start(spec(CutoverMode.AUTO, table().shorten()))).isEqualTo(MigrationOutcome.FAILED);
            MigrationSnapshot end = runner.snapshot().orElseThrow();
            assertThat(end.reason()).contains("note").contains("1234");
            new MigrationControl(database).cancel(end.id(), fixture.kafka());
        }
        assertThat(fixture.tables()).contains("orders").noneMatch(name -> name.endsWith("_new"));
    }

    @Test
    void refusesASecondMigrationOfTheSameTableAndCancelsTheFirstWithoutATrace() throws Exception {
        List<String> before = fixture.tables();
        MigrationRunner first = runner();
        Thread running = new Thread(() -> first.start(spec(CutoverMode.MANUAL, table().alters())), "first-migration");
        running.start();
        awaitState(first, MigrationState.READY);
        MigrationId id = first.snapshot().orElseThrow().id();

        assertThatThrownBy(() -> runner().start(spec(CutoverMode.AUTO, table().shorten())))
                .hasMessageContaining("already under migration " + id);
        assertThatThrownBy(() -> runner().start(spec(CutoverMode.MANUAL, table().alters())))
                .hasMessageContaining("living process");

        assertThat(new MigrationControl(database).request(id, Command.Verb.CANCEL, Duration.ofSeconds(60)))
                .contains("cancelled");
        running.join();
        assertThat(fixture.tables()).containsExactlyInAnyOrderElementsOf(before);
        assertThat(database.control().migrations().find(id)).isEmpty();
        assertThat(topics()).noneMatch(topic -> topic.contains(id.value()));
    }

    @Test
    void pausesWithoutLosingItsPlaceAndCutsOverWhenTold() throws Exception {
        RecordedWriters writers = new RecordedWriters(server(), ROWS);
        try (MigrationRunner runner = runner()) {
            Thread running =
                    new Thread(() -> runner.start(spec(CutoverMode.MANUAL, table().alters())), "manual-migration");
            running.start();
            awaitState(runner, MigrationState.READY);
            MigrationId id = runner.snapshot().orElseThrow().id();
            MigrationControl control = new MigrationControl(database);

            assertThat(control.request(id, Command.Verb.PAUSE, Duration.ofSeconds(30)))
                    .isEqualTo("paused");
            writers.awaitMore(50);
            long keys = keysApplied(id);
            writers.awaitMore(200);
            assertThat(keysApplied(id)).isEqualTo(keys);

            assertThat(control.request(id, Command.Verb.RESUME, Duration.ofSeconds(30)))
                    .isEqualTo("resumed");
            assertThat(control.request(id, Command.Verb.CUTOVER, Duration.ofSeconds(30)))
                    .contains("approved");
            running.join();
            assertThat(runner.snapshot().orElseThrow().state()).isEqualTo(MigrationState.COMPLETED);
            writers.stopAndCheck();
        } finally {
            writers.close();
        }
    }

    @Test
    void aCancelThatComesDuringTheSwapDoesNotForgetASwappedTable() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        FaultPoints cancelling = point -> {
            // Later on MySQL the swap holds the migration's row, and whoever answers waits for its end.
            if (point.equals("swap.progress-locked") && asked.getAndIncrement() == 0) {
                cancelAndAwaitTheAnswer();
            }
        };
        try (Database cancelled = fixture.open(cancelling);
                MigrationRunner runner = fixture.runner(cancelled, FaultPoints.NONE)) {
            assertThat(runner.start(spec(CutoverMode.AUTO, table().alters())))
                    .as("%s", runner.snapshot())
                    .isEqualTo(MigrationOutcome.COMPLETED);
            MigrationId id = runner.snapshot().orElseThrow().id();
            assertThat(asked).hasPositiveValue();
            assertThat(database.control().migrations().find(id).orElseThrow().state())
                    .isEqualTo(MigrationState.COMPLETED);
            assertThat(fixture.tables()).contains("_orders_" + id + "_old");
        }
    }

    private void cancelAndAwaitTheAnswer() {
        MigrationId id = database.control().migrations().list().get(0).id();
        long command = database.control().commands().request(id, Command.Verb.CANCEL);
        while (database.control().commands().find(command).orElseThrow().outcome() == null) {
            LockSupport.parkNanos(5_000_000);
        }
    }

    private MigrationRunner runner() {
        return fixture.runner(database, FaultPoints.NONE);
    }

    private MigrationSpec of(String anyTable) {
        return new MigrationSpec(anyTable, table().alters(), StrategyChoice.SHADOW, 4, 1_000, CutoverSettings.DEFAULT);
    }

    private long keysApplied(MigrationId id) {
        return database.control().progress().list(id).stream()
                .mapToLong(progress -> progress.keysApplied())
                .sum();
    }

    private static List<String> topics() throws Exception {
        try (Admin admin = Admin.create(
                Map.of("bootstrap.servers", (Object) TestServers.kafka().bootstrapServers()))) {
            return List.copyOf(admin.listTopics().names().get());
        }
    }
}
