package dev.shoofly.coordinator;

import static dev.shoofly.coordinator.MigrationFixture.ROWS;
import static dev.shoofly.coordinator.MigrationFixture.awaitState;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.coordinator.disk.DiskMeter;
import dev.shoofly.database.Database;
import dev.shoofly.database.control.Command.Verb;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.DiskSettings;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationMetrics;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A disk that is too small, or that the server says is full, pauses a migration and loses nothing. How much is free the
 * disk query says here, and the server's words come from a trigger; {@link FullDiskContract} really fills a file system.
 */
@Timeout(180)
abstract class DiskSpaceContract {
    private static final Duration ANSWER = Duration.ofSeconds(60);
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final long MEGABYTE = 1 << 20;
    private static final long PLENTY = 1L << 40;
    private static final DiskSettings.Change BY_QUERY =
            new DiskSettings.Change(Optional.of(MEGABYTE), Optional.of("SELECT bytes FROM free_space"));

    @TempDir
    Path directory;

    private MigrationFixture fixture;
    private Database database;

    abstract DatabaseServer server();

    abstract OrdersTable table();

    /** Statements after which an INSERT into the table meets the error that the server has for a full disk. */
    abstract List<String> fillDisk(String table);

    abstract List<String> freeDisk(String table);

    /** What it says then. */
    abstract String words();

    /** Whether anything reads the server's log for this migration. */
    abstract boolean isCaptured(MigrationFixture fixture, MigrationId id) throws SQLException;

    @BeforeEach
    void createOrders() throws SQLException {
        fixture = new MigrationFixture(server(), () -> TestServers.kafka().bootstrapServers(), directory, table());
        database = fixture.open(FaultPoints.NONE);
        fixture.execute("DROP TABLE IF EXISTS free_space");
        fixture.execute("CREATE TABLE free_space (bytes bigint)");
        fixture.execute("INSERT INTO free_space VALUES (" + PLENTY + ")");
    }

    @AfterEach
    void closeDatabase() {
        database.close();
    }

    private void free(long bytes) {
        try {
            fixture.execute("UPDATE free_space SET bytes = " + bytes);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void beginsNothingWithoutRoomAndStartsOnceThereIs() throws Exception {
        free(10_000);
        List<String> before = fixture.tables();
        try (MigrationRunner runner = runner(database, 2, BY_QUERY)) {
            CompletableFuture<MigrationOutcome> outcome = start(runner, CutoverMode.AUTO);
            awaitState(runner, MigrationState.PAUSED);
            MigrationId id = runner.snapshot().orElseThrow().id();
            assertThat(runner.snapshot().orElseThrow().reason())
                    .matches("Insufficient disk space for the shadow table of \\w+\\.orders: required [\\d.]+ [kM]B"
                            + " \\(rows .*, indexes .*, sorting .*, log .*, reserve 1 MB\\), available 9\\.8 kB by the"
                            + " disk query\\. Nothing was created\\. Make room and run 'resume " + id + "' .*");
            assertThat(fixture.tables()).containsExactlyInAnyOrderElementsOf(before);
            assertThat(isCaptured(fixture, id)).isFalse();
            assertThat(runner.disk().orElseThrow().availableBytes()).isEqualTo(10_000);

            assertThatThrownBy(() -> request(id, Verb.RESUME))
                    .isInstanceOf(ShooflyException.class)
                    .hasMessageContaining("refused: Insufficient disk space");
            assertThat(runner.snapshot().orElseThrow().state()).isEqualTo(MigrationState.PAUSED);

            free(PLENTY);
            assertThat(request(id, Verb.RESUME)).isEqualTo("resumed");
            assertThat(outcome.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo(MigrationOutcome.COMPLETED);
        }
    }

    @Test
    void goesByTheSettingsOfTheMomentAndRefusesAQueryThatIsNone() throws Exception {
        free(10_000);
        try (MigrationRunner runner = runner(database, 2, BY_QUERY)) {
            CompletableFuture<MigrationOutcome> outcome = start(runner, CutoverMode.AUTO);
            awaitState(runner, MigrationState.PAUSED);
            MigrationId id = runner.snapshot().orElseThrow().id();
            MigrationControl control = new MigrationControl(database);
            control.changeDisk(id, new DiskSettings.Change(Optional.empty(), Optional.of("SELECT nonsense")));
            assertThatThrownBy(() -> request(id, Verb.RESUME)).hasMessageContaining("SELECT nonsense");

            control.changeDisk(id, new DiskSettings.Change(Optional.of(DiskSettings.OFF), Optional.empty()));
            assertThat(request(id, Verb.RESUME)).isEqualTo("resumed");
            assertThat(outcome.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo(MigrationOutcome.COMPLETED);
        }
        try (MigrationRunner runner = runner(
                database, 2, new DiskSettings.Change(Optional.empty(), Optional.of("SELECT 'much' WHERE 1 = 0")))) {
            assertThatThrownBy(() -> runner.start(MigrationFixture.spec(CutoverMode.AUTO, table().shorten())))
                    .hasMessageContaining("yields nothing: expected one number");
        }
        assertThat(fixture.tables()).noneMatch(name -> name.endsWith("_new"));
    }

    @Test
    void stopsTheCopyBeforeTheDiskIsFullAndGoesOnFromThere() throws Exception {
        AtomicReference<MigrationRunner> running = new AtomicReference<>();
        FaultPoints fills = first("copy.before-sweep", () -> {
            free(MEGABYTE / 2);
            awaitState(Objects.requireNonNull(running.get()), MigrationState.PAUSED);
        });
        try (Database own = fixture.open(fills);
                RecordedWriters writers = new RecordedWriters(server(), ROWS);
                MigrationRunner runner = runner(own, 2, BY_QUERY)) {
            running.set(runner);
            CompletableFuture<MigrationOutcome> outcome = start(runner, CutoverMode.AUTO);
            awaitState(runner, MigrationState.PAUSED);
            MigrationId id = runner.snapshot().orElseThrow().id();
            assertThat(runner.snapshot().orElseThrow().reason())
                    .contains("available 512 kB by the disk query. Nothing is lost: what is copied stays");
            PauseContract.await("the capture", () -> isCaptured(fixture, id));
            PauseContract.await(
                    "the end of the first chunk",
                    () -> database.control().segments().list(id).get(0).rowsCopied() > 0);
            assertThat(database.control().segments().list(id)).anyMatch(segment -> !segment.done());

            free(PLENTY);
            assertThat(request(id, Verb.RESUME)).isEqualTo("resumed");
            assertThat(outcome.get(LIMIT.toSeconds(), TimeUnit.SECONDS))
                    .as("%s", runner.snapshot())
                    .isEqualTo(MigrationOutcome.COMPLETED);
            writers.awaitMore(50);
            writers.stopAndCheck();
        }
    }

    @Test
    void isHeldWhenTheServersDiskIsFullWhileCopyingAndWhileApplying() throws Exception {
        FaultPoints fills = first("copy.before-sweep", () -> execute(fillDisk(shadow())));
        try (Database own = fixture.open(fills);
                MigrationRunner runner = runner(own, 2, DiskSettings.Change.NONE)) {
            CompletableFuture<MigrationOutcome> outcome = start(runner, CutoverMode.MANUAL);
            heldUntilFreed(runner);
            awaitState(runner, MigrationState.READY);
            execute(fillDisk(shadow()));
            fixture.execute("INSERT INTO orders (id, note) VALUES (999999, 'in the end')");
            MigrationId id = heldUntilFreed(runner);
            assertThat(request(id, Verb.CUTOVER)).contains("approved");
            assertThat(outcome.get(LIMIT.toSeconds(), TimeUnit.SECONDS))
                    .as("%s", runner.snapshot())
                    .isEqualTo(MigrationOutcome.COMPLETED);
            assertThat(fixture.texts("SELECT note FROM orders WHERE id = 999999"))
                    .containsExactly("in the end");
            assertThat(fixture.texts("SELECT count(*) FROM orders")).containsExactly(String.valueOf(ROWS + 1));
        }
    }

    @Test
    void isHeldWhenAnApplierInAnotherProcessMeetsTheFullDisk() throws Exception {
        try (Database own = fixture.open(FaultPoints.NONE);
                Database others = fixture.open(FaultPoints.NONE);
                ApplierRole role = role(others);
                MigrationRunner runner = runner(own, 0, DiskSettings.Change.NONE)) {
            CompletableFuture<Void> serving = CompletableFuture.runAsync(role::run);
            CompletableFuture<MigrationOutcome> outcome = start(runner, CutoverMode.MANUAL);
            awaitState(runner, MigrationState.READY);
            execute(fillDisk(shadow()));
            fixture.execute("INSERT INTO orders (id, note) VALUES (999999, 'in the end')");
            MigrationId id = heldUntilFreed(runner);
            assertThat(request(id, Verb.CUTOVER)).contains("approved");
            assertThat(outcome.get(LIMIT.toSeconds(), TimeUnit.SECONDS))
                    .as("%s", runner.snapshot())
                    .isEqualTo(MigrationOutcome.COMPLETED);
            assertThat(fixture.texts("SELECT note FROM orders WHERE id = 999999"))
                    .containsExactly("in the end");
            role.stop();
            serving.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        }
    }

    private MigrationId heldUntilFreed(MigrationRunner runner) throws Exception {
        awaitState(runner, MigrationState.PAUSED);
        MigrationId id = runner.snapshot().orElseThrow().id();
        PauseContract.await(
                "the reason on the server",
                () -> String.valueOf(database.control()
                                .migrations()
                                .find(id)
                                .orElseThrow()
                                .reason())
                        .contains(words()));
        assertThat(database.control().migrations().find(id).orElseThrow().reason())
                .startsWith("Insufficient disk space: ")
                .contains("Nothing is lost")
                .contains("'resume " + id + "'");
        PauseContract.await("the capture", () -> isCaptured(fixture, id));
        execute(freeDisk(shadow()));
        assertThat(request(id, Verb.RESUME)).isEqualTo("resumed");
        return id;
    }

    @Test
    void stopsTheCaptureTooWhenTheBrokersDiskIsNearlyFull() throws Exception {
        Path kafka = directory.resolve("kafka");
        AtomicLong left = new AtomicLong(PLENTY);
        DiskMeter meter =
                path -> Optional.of(new DiskMeter.Disk(path.equals(kafka), path.equals(kafka) ? left.get() : PLENTY));
        KafkaAccess.Provider here = onDirectory(kafka, new AtomicReference<>());
        try (Database own = fixture.open(FaultPoints.NONE);
                RecordedWriters writers = new RecordedWriters(server(), ROWS);
                MigrationRunner runner = fixture.runner(own, 2, DiskSettings.Change.NONE, here, meter)) {
            CompletableFuture<MigrationOutcome> outcome = start(runner, CutoverMode.MANUAL);
            awaitState(runner, MigrationState.READY);
            MigrationId id = runner.snapshot().orElseThrow().id();
            assertThat(request(id, Verb.PAUSE)).isEqualTo("paused");
            assertThat(isCaptured(fixture, id)).isTrue();

            left.set(100 * MEGABYTE);
            PauseContract.await("the end of the capture", () -> !isCaptured(fixture, id));
            writers.awaitMore(100);
            assertThatThrownBy(() -> request(id, Verb.RESUME))
                    .hasMessageContaining("refused: Insufficient disk space for Kafka's data in " + kafka
                            + ": required 512 MB, available 100 MB");

            left.set(PLENTY);
            assertThat(request(id, Verb.RESUME)).isEqualTo("resumed");
            assertThat(request(id, Verb.CUTOVER)).contains("approved");
            assertThat(outcome.get(LIMIT.toSeconds(), TimeUnit.SECONDS))
                    .as("%s", runner.snapshot())
                    .isEqualTo(MigrationOutcome.COMPLETED);
            writers.awaitMore(50);
            writers.stopAndCheck();
        }
    }

    @Test
    void isHeldWhenTheBrokerCannotComeBackForWantOfSpace() throws Exception {
        AtomicReference<KafkaDiskFull> full = new AtomicReference<>();
        try (Database own = fixture.open(FaultPoints.NONE);
                RecordedWriters writers = new RecordedWriters(server(), ROWS);
                MigrationRunner runner = fixture.runner(
                        own,
                        2,
                        DiskSettings.Change.NONE,
                        onDirectory(directory.resolve("kafka"), full),
                        DiskMeter.OF_THIS_HOST)) {
            CompletableFuture<MigrationOutcome> outcome = start(runner, CutoverMode.MANUAL);
            awaitState(runner, MigrationState.READY);
            MigrationId id = runner.snapshot().orElseThrow().id();
            full.set(new KafkaDiskFull("no room for the broker", null));
            awaitState(runner, MigrationState.PAUSED);
            assertThat(runner.snapshot().orElseThrow().reason()).contains("no room for the broker");
            assertThatThrownBy(() -> request(id, Verb.RESUME))
                    .hasMessageContaining("refused: Insufficient disk space: no room for the broker");

            full.set(null);
            writers.awaitMore(50);
            assertThat(request(id, Verb.RESUME)).isEqualTo("resumed");
            assertThat(request(id, Verb.CUTOVER)).contains("approved");
            assertThat(outcome.get(LIMIT.toSeconds(), TimeUnit.SECONDS))
                    .as("%s", runner.snapshot())
                    .isEqualTo(MigrationOutcome.COMPLETED);
            writers.awaitMore(50);
            writers.stopAndCheck();
        }
    }

    /** @param full what the broker says instead of coming back; null: it runs */
    private static KafkaAccess.Provider onDirectory(Path directory, AtomicReference<KafkaDiskFull> full) {
        KafkaAccess.Provider shared =
                MigrationFixture.kafka(() -> TestServers.kafka().bootstrapServers());
        return new KafkaAccess.Provider() {
            @Override
            public String describe(MigrationId id) {
                return shared.describe(id);
            }

            @Override
            public KafkaAccess open(MigrationId id, String remembered, boolean mustExist) {
                return new KafkaAccess() {
                    @Override
                    public String bootstrapServers() {
                        return TestServers.kafka().bootstrapServers();
                    }

                    @Override
                    public Optional<Path> dataDirectory() {
                        return Optional.of(directory);
                    }

                    @Override
                    public void ensureRunning() {
                        KafkaDiskFull said = full.get();
                        if (said != null) {
                            throw said;
                        }
                    }

                    @Override
                    public void close() {}
                };
            }

            @Override
            public void discard(MigrationId id, String remembered) {}
        };
    }

    private MigrationRunner runner(Database own, int appliers, DiskSettings.Change disk) {
        return fixture.runner(own, appliers, disk, fixture.kafka(), DiskMeter.OF_THIS_HOST);
    }

    private ApplierRole role(Database others) {
        return new ApplierRole(
                others,
                new ApplierRoleSettings(
                        "other:2",
                        TestServers.kafka().bootstrapServers(),
                        directory.resolve("other"),
                        2,
                        Duration.ofSeconds(4),
                        Optional.empty()),
                MigrationMetrics.NONE,
                FaultPoints.NONE);
    }

    private CompletableFuture<MigrationOutcome> start(MigrationRunner runner, CutoverMode mode) {
        return CompletableFuture.supplyAsync(() -> runner.start(MigrationFixture.spec(mode, table().alters())));
    }

    private String request(MigrationId id, Verb verb) {
        return new MigrationControl(database).request(id, verb, ANSWER);
    }

    private String shadow() {
        try {
            return fixture.tables().stream()
                    .filter(name -> name.matches("_orders_\\w+_new"))
                    .findFirst()
                    .orElseThrow();
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    private void execute(List<String> statements) {
        try {
            for (String statement : statements) {
                fixture.execute(statement);
            }
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    /** At the first, for later chunks are larger: the third would be the last of so small a table. */
    private static FaultPoints first(String point, Runnable fault) {
        AtomicInteger reached = new AtomicInteger();
        return name -> {
            if (name.equals(point) && reached.incrementAndGet() == 1) {
                fault.run();
            }
        };
    }
}
