package dev.shoofly.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.ChunkCopier;
import dev.shoofly.database.Comparer;
import dev.shoofly.database.Database;
import dev.shoofly.database.Databases;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.database.control.Segment;
import dev.shoofly.database.control.SegmentRows;
import dev.shoofly.database.throttle.PauseGate;
import dev.shoofly.database.throttle.Throttle;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.StrategyChoice;
import dev.shoofly.model.TableName;
import dev.shoofly.servers.DatabaseServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** What the backfill promises on every database. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
abstract class BackfillContract {
    private static final int ROWS = 10_000;
    private static final int CHUNK_ROWS = 500;
    private DatabaseServer server;
    private Database database;
    private MigrationPlan plan;

    /** Dedicated, for it is killed. */
    abstract DatabaseServer start();

    /** A type change, a new column, a dropped one and an index, over the table made below. */
    abstract List<String> alters();

    /** Brings the server's statistics up to date. */
    abstract String analyze(String table);

    @BeforeAll
    void startServer() {
        server = start();
    }

    @AfterAll
    void stopServer() {
        server.close();
    }

    @BeforeEach
    void prepare() throws SQLException {
        MigrationId id = MigrationId.random(new Random());
        String table = "orders_" + id;
        execute("CREATE TABLE " + table + " (id int PRIMARY KEY, customer varchar(60) NOT NULL, total int,"
                + " obsolete varchar(20), note text)");
        StringBuilder rows = new StringBuilder();
        for (int i = 1; i <= ROWS; i++) {
            rows.append(i == 1 ? "" : ",")
                    .append("(" + 3 * i + ", 'customer " + i % 97 + "', " + i + ", 'x', "
                            + (i % 5 == 0 ? "NULL" : "'note " + i + "'") + ")");
        }
        execute("INSERT INTO " + table + " VALUES " + rows);
        database = Databases.open(
                new ConnectionProfile(server.jdbcUrl(), server.user(), new Secret(server.password())),
                6,
                FaultPoints.NONE);
        database.control().install();
        TableName source = database.preparation().resolve(table);
        plan = database.preparation()
                .createShadow(
                        id,
                        source,
                        new MigrationSpec(
                                table, alters(), StrategyChoice.SHADOW, 4, CHUNK_ROWS, CutoverSettings.DEFAULT));
    }

    @AfterEach
    void close() {
        database.close();
    }

    @Test
    void copiesTheTable() {
        Backfill backfill = backfill(1, FaultPoints.NONE);
        backfill.run();
        assertThat(backfill.rowsCopied()).isEqualTo(ROWS);
        assertSidesAreEqual();
    }

    /** The server's first guess of a whole table may be far off; what is told of the end must come true. */
    @Test
    void whatIsLeftIsEstimatedAlongTheKey() throws SQLException {
        ChunkCopier copier = database.copier(plan);
        assertThat(copier.estimateRows(KeyRange.ALL))
                .as("no guess without statistics")
                .satisfiesAnyOf(
                        rows -> assertThat(rows).isEqualTo(-1),
                        rows -> assertThat(rows).isCloseTo(ROWS, Percentage.withPercentage(50)));
        execute(analyze(plan.source().table()));
        assertThat(copier.estimateRows(KeyRange.ALL)).isCloseTo(ROWS, Percentage.withPercentage(30));
        RowKey highest = copier.highestKey().orElseThrow();
        RowKey nearTheEnd = copier.chunkEnd(null, highest, ROWS - 100);
        assertThat(copier.estimateRows(new KeyRange(nearTheEnd, highest))).isBetween(1L, 200L);
        assertThat(copier.estimateRows(new KeyRange(highest, highest))).isLessThan(10);
    }

    @Test
    void copiesATableWithoutRows() throws SQLException {
        execute("DELETE FROM " + plan.source().table());
        backfill(1, FaultPoints.NONE).run();
        assertSidesAreEqual();
    }

    @Test
    void continuesFromTheLastCheckpointAfterADeathBetweenChunks() {
        AtomicInteger chunks = new AtomicInteger();
        Backfill first = backfill(1, point -> {
            if (point.equals("backfill.after-chunk") && chunks.incrementAndGet() == 4) {
                throw new IllegalStateException("killed");
            }
        });
        assertThatThrownBy(first::run).hasMessageContaining("killed");
        Segment left = database.control().segments().list(plan.id()).get(0);
        assertThat(left.done()).isFalse();
        assertThat(left.rowsCopied()).isBetween(1L, ROWS - 1L);

        AtomicInteger again = new AtomicInteger();
        Backfill second = backfill(1, point -> again.incrementAndGet());
        second.run();
        assertThat(second.rowsCopied()).isEqualTo(ROWS);
        assertSidesAreEqual();
        assertThat(database.control().segments().list(plan.id())).allMatch(Segment::done);
    }

    @Test
    void survivesARestartOfTheServerInTheMiddle() throws Exception {
        AtomicInteger chunks = new AtomicInteger();
        CountDownLatch killed = new CountDownLatch(1);
        Thread restart = new Thread(() -> {
            server.kill();
            killed.countDown();
            server.restart();
        });
        // The kill falls anywhere into the chunks after the fourth; the eighth waits until it has happened.
        Backfill backfill = backfill(1, point -> {
            int chunk = point.equals("backfill.before-chunk") ? chunks.incrementAndGet() : 0;
            if (chunk == 4) {
                restart.start();
            } else if (chunk == 8) {
                await(killed);
            }
        });
        backfill.run();
        restart.join();
        assertSidesAreEqual();
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * A kind of key.
     *
     * @param columns what a table's definition says of them
     * @param key their names
     * @param values expressions over {@code i}, which runs from 1 to {@link #SHAPE_ROWS}
     */
    record KeyShape(String name, String columns, String key, String values) {
        @Override
        public String toString() {
            return name;
        }
    }

    /** Every type of key, dense and sparse, even and skewed. */
    abstract List<KeyShape> shapes();

    /** {@code SELECT values FROM} the numbers from 1 to n. */
    abstract String numbers(String values, int n);

    private static final int SHAPE_ROWS = 3_000;
    private static final int SHAPE_SEGMENT_ROWS = 500;

    @TestFactory
    Stream<DynamicTest> severalWorkersCopyEveryKindOfKeyInEvenSegments() {
        return shapes().stream().map(shape -> DynamicTest.dynamicTest(shape.name(), () -> copiesInEvenSegments(shape)));
    }

    private void copiesInEvenSegments(KeyShape shape) throws SQLException {
        MigrationId id = MigrationId.random(new Random());
        String table = "keys_" + id;
        execute("CREATE TABLE " + table + " (" + shape.columns() + ", n int, PRIMARY KEY (" + shape.key() + "))");
        execute("INSERT INTO " + table + " " + numbers(shape.values() + ", i", SHAPE_ROWS));
        plan = database.preparation()
                .createShadow(
                        id,
                        database.preparation().resolve(table),
                        new MigrationSpec(
                                table,
                                List.of("ADD COLUMN added int"),
                                StrategyChoice.SHADOW,
                                4,
                                70,
                                CutoverSettings.DEFAULT));
        Backfill backfill = backfill(3, 70, SHAPE_SEGMENT_ROWS, FaultPoints.NONE);
        backfill.run();
        assertThat(backfill.rowsCopied()).isEqualTo(SHAPE_ROWS);
        List<Segment> segments = database.control().segments().list(id);
        assertThat(segments).extracting(Segment::rowsCopied).containsOnly((long) SHAPE_SEGMENT_ROWS);
        assertThat(segments).hasSize(SHAPE_ROWS / SHAPE_SEGMENT_ROWS).allMatch(Segment::done);
        assertSidesAreEqual();
    }

    private Backfill backfill(int threads, FaultPoints faultPoints) {
        return backfill(threads, CHUNK_ROWS, ROWS, faultPoints);
    }

    private Backfill backfill(int threads, int chunkRows, int segmentRows, FaultPoints faultPoints) {
        return new Backfill(
                new BackfillSettings(
                        plan,
                        new SegmentRows.Copier("test", 0),
                        chunkRows,
                        segmentRows,
                        Pace.of(threads, Pace.DEFAULT_CHUNK_TIME)),
                database.copier(plan),
                database.control().segments(),
                keys -> assertThat(keys)
                        .as("nobody writes, so nothing is swept")
                        .isEmpty(),
                new PauseGate(),
                Throttle.UNTHROTTLED,
                MigrationMetrics.NONE,
                faultPoints);
    }

    private void assertSidesAreEqual() {
        Comparer comparer = database.comparer(plan);
        assertThat(comparer.differingKeys(KeyRange.ALL, 10)).isEmpty();
        Comparer.ChunkComparison all = comparer.compare(KeyRange.ALL);
        assertThat(all.equal()).isTrue();
        assertThat(all.shadowRows()).isEqualTo(all.sourceRows());
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
