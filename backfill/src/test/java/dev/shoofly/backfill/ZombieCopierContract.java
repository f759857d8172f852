package dev.shoofly.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.Database;
import dev.shoofly.database.Databases;
import dev.shoofly.database.DirtyKeys;
import dev.shoofly.database.Reconciler.Batch;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.database.control.SegmentRows;
import dev.shoofly.database.throttle.PauseGate;
import dev.shoofly.database.throttle.Throttle;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.StrategyChoice;
import dev.shoofly.model.TableName;
import dev.shoofly.servers.DatabaseServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A worker stopped between its insert and its commit, superseded, then continued, leaves no ghost row. */
@Timeout(120)
abstract class ZombieCopierContract {
    private static final int PARTITIONS = 4;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);
    private final List<RowKey> published = new CopyOnWriteArrayList<>();
    private Database zombies;
    private Database database;
    private MigrationPlan plan;
    private long heirsEpoch;

    /** How the stopped worker's transaction ends. */
    enum Fate {
        /** It wakes up and commits, while the new owner waits. */
        COMMITS,
        /** The server ends its session, as it does with one that idles inside a transaction. */
        SESSION_ENDED
    }

    abstract DatabaseServer server();

    /** How many sessions wait for a row lock now. */
    abstract String lockWaits();

    /** Statements that end the session of the one transaction that does nothing. */
    abstract String sessionsToEnd();

    @BeforeEach
    void prepare() throws SQLException {
        database = open(FaultPoints.NONE);
        zombies = open(point -> {
            if (point.equals("copy.before-commit") && stopped.getCount() > 0) {
                stopped.countDown();
                await(released);
            }
        });
        MigrationId id = MigrationId.random(new Random());
        execute("CREATE TABLE z_" + id + " (id int PRIMARY KEY, n int)");
        for (int i = 1; i <= 9; i++) {
            execute("INSERT INTO z_" + id + " VALUES (" + i + ", " + i + ")");
        }
        database.control().install();
        TableName source = database.preparation().resolve("z_" + id);
        MigrationSpec spec = new MigrationSpec(
                source.table(),
                List.of("ADD COLUMN w int"),
                StrategyChoice.SHADOW,
                PARTITIONS,
                100,
                CutoverSettings.DEFAULT);
        database.control().migrations().create(id, source, spec, "test", "none");
        plan = database.preparation().createShadow(id, source, spec);
        database.control().progress().create(id, PARTITIONS);
    }

    @AfterEach
    void close() {
        released.countDown();
        zombies.close();
        database.close();
    }

    /**
     * The copy has read all nine rows and waits to insert the first, on which another session sits. Meanwhile all are
     * deleted and eight of the deletions reconciled, with nothing there yet to delete: no event follows that would. The heir
     * finds no row to insert either, so no lock of the zombie's but the segment's holds it up.
     */
    @ParameterizedTest
    @EnumSource
    void leavesNoGhostRow(Fate fate) throws Exception {
        CompletableFuture<Void> zombie;
        try (Connection obstacle = connect();
                Statement statement = obstacle.createStatement()) {
            obstacle.setAutoCommit(false);
            statement.execute("INSERT INTO " + plan.shadow().table() + " (id, n) VALUES (1, 0)");
            zombie = CompletableFuture.runAsync(() -> backfill(zombies).run());
            until(() -> waits() > 0);
            execute("DELETE FROM " + plan.source().table());
            reconcile(List.of(RowKey.of("2"), RowKey.of("3"), RowKey.of("4"), RowKey.of("5")));
            reconcile(List.of(RowKey.of("6"), RowKey.of("7"), RowKey.of("8"), RowKey.of("9")));
            obstacle.rollback();
        }
        await(stopped);
        heirsEpoch = database.control().migrations().takeOver(plan.id(), "heir");
        CompletableFuture<Void> heir =
                CompletableFuture.runAsync(() -> backfill(database).run());
        // Without the segment's row locked by the zombie, the heir would be done now, and its sweep with it.
        until(() -> waits() > 0 || heir.isDone());
        if (fate == Fate.SESSION_ENDED) {
            for (String each : texts(sessionsToEnd())) {
                execute(each);
            }
            heir.get(60, TimeUnit.SECONDS);
        }
        released.countDown();
        assertThatThrownBy(() -> zombie.get(60, TimeUnit.SECONDS))
                .cause()
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.SUPERSEDED));
        heir.get(60, TimeUnit.SECONDS);
        reconcile(List.copyOf(published));
        assertThat(texts("SELECT id FROM " + plan.shadow().table())).isEmpty();
        assertThat(database.comparer(plan).compare(KeyRange.ALL).equal()).isTrue();
    }

    private Backfill backfill(Database through) {
        DirtyKeys dirty = published::addAll;
        return new Backfill(
                new BackfillSettings(
                        plan,
                        new SegmentRows.Copier("test", through == database ? heirsEpoch : 1),
                        100,
                        100,
                        Pace.of(1, Pace.DEFAULT_CHUNK_TIME)),
                through.copier(plan),
                through.control().segments(),
                dirty,
                new PauseGate(),
                Throttle.UNTHROTTLED,
                MigrationMetrics.NONE,
                FaultPoints.NONE);
    }

    private void reconcile(List<RowKey> keys) {
        for (int partition = 0; partition < PARTITIONS; partition++) {
            int mine = partition;
            List<RowKey> its = keys.stream()
                    .distinct()
                    .filter(key -> plan.key().partition(key, PARTITIONS) == mine)
                    .toList();
            long epoch = database.control().progress().claim(plan.id(), mine).epoch();
            database.reconciler(plan).apply(new Batch(mine, epoch, its, Set.of(), 1, 0));
        }
    }

    private int waits() {
        try {
            return Integer.parseInt(texts(lockWaits()).get(0));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void until(java.util.function.BooleanSupplier condition) {
        long giveUpAt = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("in time").isLessThan(giveUpAt);
            LockSupport.parkNanos(5_000_000);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Database open(FaultPoints faultPoints) {
        return Databases.open(
                new ConnectionProfile(server().jdbcUrl(), server().user(), new Secret(server().password())),
                6,
                faultPoints);
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(server().jdbcUrl(), server().user(), server().password());
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private List<String> texts(String query) throws SQLException {
        List<String> found = new ArrayList<>();
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                found.add(rows.getString(1));
            }
        }
        return found;
    }
}
