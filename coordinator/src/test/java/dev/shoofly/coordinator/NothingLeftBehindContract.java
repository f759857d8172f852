package dev.shoofly.coordinator;

import static dev.shoofly.coordinator.MigrationFixture.awaitState;
import static dev.shoofly.coordinator.MigrationFixture.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.coordinator.picture.ControlPicture;
import dev.shoofly.coordinator.picture.KafkaPicture;
import dev.shoofly.coordinator.picture.Picture;
import dev.shoofly.database.Database;
import dev.shoofly.database.control.Command.Verb;
import dev.shoofly.database.control.Rollback;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.DiskSettings;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.StrategyChoice;
import dev.shoofly.model.TopicNames;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever became of a migration, afterwards server and cluster are as before: the change is there or is not, and in schema
 * {@code shoofly} the migration's history, where one is kept (docs/operations.md, "What stays").
 */
@TestInstance(Lifecycle.PER_CLASS)
@Timeout(300)
abstract class NothingLeftBehindContract {
    private static final Duration ANSWER = Duration.ofSeconds(30);
    /** Tables of schema {@code shoofly} that hold rows of a migration which is over. */
    private static final List<String> HISTORY = List.of("commands", "migration_log", "migrations", "throttle");

    @TempDir
    static Path directory;

    private DatabaseServer server;
    private MigrationFixture fixture;

    /** Of this class alone: nobody else changes anything there. */
    abstract DatabaseServer start();

    abstract OrdersTable table();

    /** Whatever can hang on the table. */
    abstract List<String> attachments();

    /** What the table and its attachments were. */
    abstract List<String> removal();

    /** Once nobody else is connected, where a session may have something of its own. */
    abstract Picture picture(Connection connection) throws SQLException;

    /** As docs/rollback.md says. */
    abstract String dropKeptByHand(MigrationId id);

    /** A change that not every row fits, and what makes one such a row. */
    List<String> tooShort() {
        return table().shorten();
    }

    String aRowTooLong() {
        return "UPDATE orders SET note = 'much too long for a short column' WHERE id = 1234";
    }

    private record All(Picture server, Picture cluster, Picture control) {}

    @BeforeAll
    void startServer() throws Exception {
        server = start();
        build();
        // It leaves the control tables and the topic of all migrations.
        try (Database database = fixture.open(FaultPoints.NONE);
                MigrationRunner runner = fixture.runner(database, FaultPoints.NONE)) {
            assertThat(runner.start(within(Duration.ZERO)
                            .cuttingOver(within(Duration.ZERO).cutover().withRetainOld(Duration.ZERO))))
                    .isEqualTo(MigrationOutcome.COMPLETED);
        }
        assertThat(KafkaPicture.of(TestServers.kafka().bootstrapServers()).lines())
                .contains("topic " + TopicNames.EVENTS);
    }

    @AfterAll
    void stopServer() {
        server.close();
    }

    @BeforeEach
    void build() throws SQLException {
        for (String statement : removal()) {
            execute(statement);
        }
        fixture = new MigrationFixture(server, () -> TestServers.kafka().bootstrapServers(), directory, table());
        for (String statement : attachments()) {
            execute(statement);
        }
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** The history of an earlier migration must be left alone. */
    private void migrateAnotherTable() throws SQLException {
        execute("DROP TABLE IF EXISTS earlier");
        execute("CREATE TABLE earlier (id int PRIMARY KEY)");
        try (Database database = fixture.open(FaultPoints.NONE);
                MigrationRunner runner = fixture.runner(database, FaultPoints.NONE)) {
            assertThat(runner.start(new MigrationSpec(
                            "earlier",
                            List.of("ADD COLUMN more int"),
                            StrategyChoice.AUTO,
                            4,
                            500,
                            CutoverSettings.DEFAULT)))
                    .isEqualTo(MigrationOutcome.COMPLETED);
        }
    }

    private MigrationSpec within(Duration window) {
        return MigrationFixture.withRollbackWindow(spec(CutoverMode.AUTO, table().alters()), window);
    }

    private All look() throws Exception {
        try (Connection connection = fixture.connect()) {
            return new All(
                    picture(connection),
                    KafkaPicture.of(TestServers.kafka().bootstrapServers()),
                    ControlPicture.of(connection));
        }
    }

    /** Nothing but the history of this migration came to the control tables, and all of the rest is equal. */
    private static void assertHistoryAlone(All before, All after, MigrationId id) {
        assertThat(before.cluster().differences(after.cluster())).isEmpty();
        List<String> rows = before.control().differences(after.control());
        assertThat(rows).allMatch(row -> row.startsWith("came: ") && row.contains("=" + id.value()));
        assertThat(new TreeSet<>(rows.stream().map(row -> row.split(" ")[1]).toList()))
                .as("%s", rows)
                .containsExactlyElementsOf(HISTORY);
        assertThat(rows)
                .filteredOn(row -> row.startsWith("came: migrations "))
                .singleElement()
                .asString()
                .contains(" active_table=null ", " back_plan=null ");
    }

    private static void assertNothing(All before, All after) {
        assertThat(before.server().differences(after.server())).isEmpty();
        assertThat(before.cluster().differences(after.cluster())).isEmpty();
        assertThat(before.control().differences(after.control())).isEmpty();
    }

    /** What an operator may set while it runs. */
    private static void changeSettings(Database database, MigrationId id) {
        new MigrationControl(database).changeDisk(id, new DiskSettings.Change(Optional.of(1L << 20), Optional.empty()));
        database.control().throttle().change(id, settings -> settings);
    }

    @Test
    void aCompletedMigrationLeavesTheChangeAndItsHistory() throws Exception {
        migrateAnotherTable();
        for (String alter : table().alters()) {
            execute(alter.startsWith("CREATE") ? alter : "ALTER TABLE orders " + alter);
        }
        Picture changed = look().server();
        build();
        migrateAnotherTable();
        All before = look();
        assertThat(before.server().differences(changed)).as("the change").isNotEmpty();
        MigrationSpec spec = within(Duration.ofMinutes(10));
        MigrationId id;
        try (Database database = fixture.open(FaultPoints.NONE);
                MigrationRunner runner = fixture.runner(database, FaultPoints.NONE)) {
            CompletableFuture<MigrationOutcome> outcome = CompletableFuture.supplyAsync(
                    () -> runner.start(spec.cuttingOver(spec.cutover().withRetainOld(Duration.ZERO))));
            id = awaitWindow(database, runner);
            changeSettings(database, id);
            // A row that the old table does not take, and one whose change brings something put aside back.
            execute("INSERT INTO orders (id, note, amount) VALUES (900000000, 'too much', 1234567890.5)");
            execute("UPDATE orders SET note = 'changed' WHERE id <= 10");
            MigrationFixture.await(
                    runner, () -> database.control().misfits().summary(id).rows() == 1);
            assertThat(new MigrationControl(database).request(id, Verb.COMPLETE, ANSWER))
                    .isEqualTo("closing the rollback window");
            assertThat(outcome.get()).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.COMPLETED);
        }
        All after = look();
        assertThat(changed.differences(after.server()))
                .as("as the server's own ALTER leaves it")
                .isEmpty();
        assertHistoryAlone(before, after, id);
    }

    private static MigrationId awaitWindow(Database database, MigrationRunner runner) {
        awaitState(runner, MigrationState.CUTOVER);
        MigrationId id = runner.snapshot().orElseThrow().id();
        MigrationFixture.await(runner, () -> {
            Rollback rollback =
                    database.control().migrations().find(id).orElseThrow().rollback();
            return rollback.isOpen();
        });
        return id;
    }

    @Test
    void aMigrationThatWasRolledBackLeavesItsHistoryOnceTheKeptTableIsDropped() throws Exception {
        migrateAnotherTable();
        All before = look();
        MigrationId id;
        try (Database database = fixture.open(FaultPoints.NONE);
                MigrationRunner runner = fixture.runner(database, FaultPoints.NONE)) {
            CompletableFuture<MigrationOutcome> outcome =
                    CompletableFuture.supplyAsync(() -> runner.start(within(Duration.ofMinutes(10))));
            id = awaitWindow(database, runner);
            changeSettings(database, id);
            execute("UPDATE orders SET note = 'changed' WHERE id <= 10");
            assertThat(new MigrationControl(database).request(id, Verb.ROLLBACK, ANSWER))
                    .isEqualTo("rolling back");
            assertThat(outcome.get()).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.ROLLED_BACK);
        }
        execute(dropKeptByHand(id));
        All after = look();
        assertThat(before.server().differences(after.server())).isEmpty();
        assertHistoryAlone(before, after, id);
    }

    /** What becomes of a migration that ends without a change. */
    @FunctionalInterface
    private interface Scene {
        void play(Database database, MigrationRunner runner) throws Exception;
    }

    private void assertLeavesNothing(FaultPoints faultPoints, Scene scene) throws Exception {
        migrateAnotherTable();
        All before = look();
        try (Database database = fixture.open(faultPoints);
                MigrationRunner runner = fixture.runner(database, FaultPoints.NONE)) {
            scene.play(database, runner);
        }
        assertNothing(before, look());
    }

    private static void cancel(Database database, MigrationId id, CompletableFuture<MigrationOutcome> outcome)
            throws Exception {
        assertThat(new MigrationControl(database).request(id, Verb.CANCEL, Duration.ofSeconds(60)))
                .contains("cancelled");
        assertThat(outcome.get()).isEqualTo(MigrationOutcome.CANCELLED);
    }

    @Test
    void aMigrationThatIsCancelledWhenItIsReadyLeavesNothing() throws Exception {
        assertLeavesNothing(FaultPoints.NONE, (database, runner) -> {
            CompletableFuture<MigrationOutcome> outcome =
                    CompletableFuture.supplyAsync(() -> runner.start(spec(CutoverMode.MANUAL, table().alters())));
            awaitState(runner, MigrationState.READY);
            MigrationId id = runner.snapshot().orElseThrow().id();
            changeSettings(database, id);
            cancel(database, id, outcome);
        });
    }

    @Test
    void aMigrationThatIsCancelledAfterARollbackThatKeptItLeavesNothing() throws Exception {
        assertLeavesNothing(FaultPoints.NONE, (database, runner) -> {
            CompletableFuture<MigrationOutcome> outcome =
                    CompletableFuture.supplyAsync(() -> runner.start(within(Duration.ofMinutes(10))));
            MigrationId id = awaitWindow(database, runner);
            MigrationControl control = new MigrationControl(database);
            control.keepAfterRollback(id, Optional.of(Duration.ofHours(1)));
            assertThat(control.request(id, Verb.ROLLBACK, ANSWER)).isEqualTo("rolling back");
            awaitState(runner, MigrationState.READY);
            cancel(database, id, outcome);
        });
    }

    @Test
    void aMigrationThatFailedInItsCopyAndWasCancelledLeavesNothing() throws Exception {
        execute(aRowTooLong());
        assertLeavesNothing(FaultPoints.NONE, (database, runner) -> {
            assertThat(runner.start(spec(CutoverMode.AUTO, tooShort()))).isEqualTo(MigrationOutcome.FAILED);
            new MigrationControl(database)
                    .cancel(runner.snapshot().orElseThrow().id(), fixture.kafka());
        });
    }

    /** When as much of it is there as ever is before the tables change names. */
    @Test
    void aMigrationThatFailedUnderTheLocksAndWasCancelledLeavesNothing() throws Exception {
        FaultPoints failing = point -> {
            if (point.equals("swap.drained")) {
                throw new ShooflyException(ErrorKind.REFUSED, "failed at " + point);
            }
        };
        assertLeavesNothing(failing, (database, runner) -> {
            assertThat(runner.start(within(Duration.ofMinutes(10)))).isEqualTo(MigrationOutcome.FAILED);
            MigrationId id = runner.snapshot().orElseThrow().id();
            changeSettings(database, id);
            new MigrationControl(database).cancel(id, fixture.kafka());
        });
    }

    @Test
    void aMigrationThatTheServerRefusesLeavesNothing() throws Exception {
        assertLeavesNothing(
                FaultPoints.NONE,
                (database, runner) -> assertThatThrownBy(
                                () -> runner.start(spec(CutoverMode.AUTO, List.of("DROP COLUMN no_such_column"))))
                        .hasMessageContaining("no_such_column"));
    }
}
