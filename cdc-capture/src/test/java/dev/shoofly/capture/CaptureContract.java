package dev.shoofly.capture;

import static dev.shoofly.capture.CaptureSettings.Start.FRESH;
import static dev.shoofly.capture.CaptureSettings.Start.RESUME;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.model.ChangeRecord;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.KeyType;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the capture promises, whatever the server. */
abstract class CaptureContract {
    static final int PARTITIONS = 4;
    private static final Random RANDOM = new Random();

    protected CaptureRig rig;

    /** The server to capture from. */
    protected abstract DatabaseServer server();

    @BeforeEach
    void createTable() {
        rig = rig(newName(), "(id bigint PRIMARY KEY, note varchar(100))");
    }

    static String newName() {
        return "orders_" + Integer.toString(RANDOM.nextInt(1 << 30), 36);
    }

    /** A table with key column id. */
    protected CaptureRig rig(String table, String definition) {
        return CaptureRig.create(
                server(),
                TestServers.kafka(),
                table,
                definition,
                List.of(Plans.keyColumn("id", KeyType.INTEGER)),
                PARTITIONS);
    }

    @AfterEach
    void close() throws Exception {
        rig.close();
    }

    @Test
    void carriesInsertUpdateDeleteAndKeyUpdate() {
        rig.streaming(FRESH);
        String t = rig.source();
        rig.sql("INSERT INTO " + t + " VALUES (1,'a'),(2,'b'),(3,'c')");
        rig.sql("UPDATE " + t + " SET note = 'x' WHERE id = 1");
        rig.sql("DELETE FROM " + t + " WHERE id = 2");
        rig.sql("UPDATE " + t + " SET id = 30 WHERE id = 3");
        ChangesTopicReader topic = rig.topic();
        topic.awaitMarker(rig.marker());

        assertThat(topic.keys()).containsExactlyInAnyOrderElementsOf(keys(1, 2, 3, 1, 2, 3, 30));
        topic.assertPartitionsRight();
    }

    @Test
    void aMarkerStandsBehindAllEarlierKeysInEveryPartition() {
        rig.streaming(FRESH);
        List<Long> markers = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            insert(i * 10, i * 10 + 9);
            markers.add(rig.marker());
        }
        ChangesTopicReader topic = rig.topic();
        topic.awaitMarker(markers.get(59));

        for (List<ChangeRecord> partition : topic.partitions()) {
            long passed = 0;
            for (ChangeRecord each : partition) {
                if (each instanceof ChangeRecord.Marker marker) {
                    assertThat(marker.number()).isGreaterThan(passed);
                    passed = marker.number();
                } else if (each instanceof ChangeRecord.DirtyKey dirty) {
                    int round = Integer.parseInt(dirty.key().values().get(0)) / 10;
                    assertThat(markers.get(round))
                            .as("the marker after %s", dirty)
                            .isGreaterThan(passed);
                }
            }
        }
        assertThat(topic.distinctKeys()).hasSize(600);
    }

    @Test
    void goesOnWhereItStoppedAfterAClose() {
        ChangesTopicReader topic = rig.topic();
        CaptureEngine first = rig.streaming(FRESH);
        insert(1, 100);
        first.close();
        insert(101, 200);
        assertThat(first.failure()).isEmpty();
        assertThat(first.isRunning()).isFalse();

        rig.streaming(RESUME);
        insert(201, 300);
        topic.awaitMarker(rig.marker());

        assertThat(topic.distinctKeys()).isEqualTo(Set.copyOf(range(1, 300)));
    }

    @Test
    void repeatsButNeverSkipsAfterBeingKilledBetweenReadingWritingAndSaving() {
        ChangesTopicReader topic = rig.topic();
        rig.streaming(FRESH).close();
        for (int round = 0; round < 4; round++) {
            // What comes before the first marker waits for it.
            rig.marker();
            // Many rows in one transaction: more than one batch, so that deaths fall inside transactions.
            insert(round * 10_000, round * 10_000 + 6_999);
            String point = round % 2 == 0 ? "capture.read" : "capture.published";
            CaptureEngine dying = rig.engine(RESUME, dieAt(point, 1 + (round + 1) % 3));
            dying.start();
            rig.awaitFailure(dying);
            insert(round * 10_000 + 7_000, round * 10_000 + 7_009);
        }
        rig.streaming(RESUME);
        topic.awaitMarker(rig.marker());

        Set<RowKey> expected = IntStream.range(0, 4)
                .boxed()
                .flatMap(round -> range(round * 10_000, round * 10_000 + 7_009).stream())
                .collect(Collectors.toSet());
        assertThat(topic.distinctKeys()).isEqualTo(expected);
    }

    /** By it whoever swapped the tables in between knows whether he has reconciled it. */
    @Test
    void aKeyThatIsRepeatedHasThePlaceAmongTheMarkersThatItHadBefore() {
        ChangesTopicReader topic = rig.topic();
        rig.streaming(FRESH).close();
        Map<RowKey, Long> places = new HashMap<>();
        for (int id = 1; id <= 30; id++) {
            insert(id, id);
            places.put(RowKey.of(Integer.toString(id)), rig.lastMarker());
            if (id % 3 == 0) {
                rig.marker();
            }
        }
        CaptureEngine dying = rig.engine(RESUME, dieOnceKeysAreThere("capture.published", rig.topic()));
        dying.start();
        rig.awaitFailure(dying);
        rig.streaming(RESUME);
        topic.awaitMarker(rig.marker());

        assertThat(topic.keys()).as("some came twice").hasSizeGreaterThan(places.size());
        assertThat(topic.distinctKeys()).isEqualTo(places.keySet());
        assertThat(topic.dirtyKeys())
                .allSatisfy(dirty -> assertThat(dirty.afterMarker()).isEqualTo(places.get(dirty.key())));
    }

    @Test
    void writesNothingMoreOnceItDied() {
        CaptureEngine dying = rig.engine(FRESH, dieAt("capture.read", 1));
        dying.start();
        rig.awaitFailure(dying);
        insert(1, 10);
        ChangesTopicReader topic = rig.topic();
        rig.streaming(FRESH);
        topic.awaitMarker(rig.marker());
        assertThat(dying.isRunning()).isFalse();
    }

    @Test
    void changesOfOtherTablesAndMarkersOfOtherMigrationsAreIgnored() throws Exception {
        ChangesTopicReader topic = rig.topic();
        rig.streaming(FRESH);
        try (CaptureRig other = rig(newName(), "(id bigint PRIMARY KEY, note varchar(100))")) {
            for (int i = 0; i < 20; i++) {
                other.marker();
            }
            other.sql("INSERT INTO " + other.source() + " VALUES (7,'z')");
            insert(1, 1);
            long last = rig.marker();
            topic.awaitMarker(last);
            assertThat(topic.keys()).containsExactlyElementsOf(keys(1));
            assertThat(topic.partitions().get(0)).allSatisfy(each -> {
                if (each instanceof ChangeRecord.Marker marker) {
                    assertThat(marker.number()).isLessThanOrEqualTo(last);
                }
            });
        }
    }

    @Test
    void aTruncatedTableStopsTheMigration() {
        CaptureEngine engine = rig.streaming(FRESH);
        insert(1, 1);
        rig.sql("TRUNCATE TABLE " + rig.source());
        ShooflyException failure = rig.awaitFailure(engine);

        assertThat(failure.kind()).isEqualTo(ErrorKind.REFUSED);
        assertThat(failure).hasMessageContaining("truncated").hasMessageContaining("start it again");
    }

    @Test
    void aWrongPasswordIsToldWithoutThePassword() {
        CaptureSettings right = rig.settings(FRESH);
        CaptureSettings wrong = CaptureSettings.of(
                right.plan(),
                new ConnectionProfile(
                        right.connection().url(), right.connection().user(), new Secret("wr0ng-s3cret")),
                right.bootstrapServers(),
                FRESH);
        try (CaptureEngine engine = new CaptureEngine(wrong, MigrationMetrics.NONE, FaultPoints.NONE)) {
            engine.start();
            assertThatThrownBy(() -> engine.awaitStreaming(CaptureRig.PATIENCE))
                    .isInstanceOfSatisfying(
                            ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                    .hasMessageContaining(wrong.connection().user())
                    .hasMessageNotContaining("wr0ng-s3cret");
            assertThat(wrong).asString().doesNotContain("wr0ng-s3cret");
        }
    }

    @Test
    void aLostPositionIsToldInsteadOfStartingAnywhere() {
        CaptureEngine engine = rig.engine(RESUME);
        engine.start();
        assertThatThrownBy(() -> engine.awaitStreaming(CaptureRig.PATIENCE))
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContaining("saved position is gone");
    }

    @Test
    void aRestartOfTheServerIsTransientAndLosesNothing() {
        ChangesTopicReader topic = rig.topic();
        CaptureEngine first = rig.streaming(FRESH);
        insert(1, 50);
        server().restart();
        insert(51, 100);
        ShooflyException failure = rig.awaitFailure(first);
        assertThat(failure.kind()).as(failure.getMessage()).isEqualTo(ErrorKind.TRANSIENT);
        first.close();

        rig.streaming(RESUME);
        topic.awaitMarker(rig.marker());
        assertThat(topic.distinctKeys()).isEqualTo(Set.copyOf(range(1, 100)));
    }

    @Test
    void aCrashOfTheServerIsTransientAndLosesNothing() {
        ChangesTopicReader topic = rig.topic();
        CaptureEngine first = rig.streaming(FRESH);
        insert(1, 50);
        server().kill();
        ShooflyException failure = rig.awaitFailure(first);
        assertThat(failure.kind()).as(failure.getMessage()).isEqualTo(ErrorKind.TRANSIENT);
        first.close();
        server().restart();

        rig.streaming(RESUME);
        topic.awaitMarker(rig.marker());
        assertThat(topic.distinctKeys()).isEqualTo(Set.copyOf(range(1, 50)));
    }

    @Test
    void anAbsentServerIsTransient() {
        CaptureSettings right = rig.settings(FRESH);
        String url = right.connection().url().replace(":" + right.connection().port() + "/", ":1/");
        CaptureSettings absent = CaptureSettings.of(
                right.plan(),
                new ConnectionProfile(
                        url, right.connection().user(), right.connection().password()),
                right.bootstrapServers(),
                FRESH);
        try (CaptureEngine engine = new CaptureEngine(absent, MigrationMetrics.NONE, FaultPoints.NONE)) {
            engine.start();
            assertThatThrownBy(() -> engine.awaitStreaming(CaptureRig.PATIENCE))
                    .isInstanceOfSatisfying(
                            ShooflyException.class,
                            e -> assertThat(e.kind()).as(e.getMessage()).isEqualTo(ErrorKind.TRANSIENT));
        }
    }

    @Test
    void aCloseRightAfterTheStartEndsIt() {
        CaptureEngine engine = rig.engine(FRESH);
        engine.start();
        engine.close();
        assertThat(engine.isRunning()).isFalse();
        assertThat(engine.failure()).isEmpty();
    }

    /** Throws as if the process had ended at the n-th time that this point is reached. */
    static FaultPoints dieAt(String point, int time) {
        AtomicInteger times = new AtomicInteger();
        return reached -> {
            if (reached.equals(point) && times.incrementAndGet() == time) {
                throw new IllegalStateException("killed at " + point);
            }
        };
    }

    /** The first batches may hold nothing, or what waits for a marker. */
    static FaultPoints dieOnceKeysAreThere(String point, ChangesTopicReader topic) {
        return reached -> {
            if (reached.equals(point)) {
                topic.readOn();
                if (!topic.keys().isEmpty()) {
                    throw new IllegalStateException("killed at " + point);
                }
            }
        };
    }

    protected void insert(int from, int to) {
        rig.sql("INSERT INTO " + rig.source() + " VALUES "
                + IntStream.rangeClosed(from, to)
                        .mapToObj(id -> "(" + id + ",'n')")
                        .collect(Collectors.joining(",")));
    }

    protected static List<RowKey> range(int from, int to) {
        return IntStream.rangeClosed(from, to)
                .mapToObj(id -> RowKey.of(Integer.toString(id)))
                .toList();
    }

    protected static List<RowKey> keys(int... ids) {
        return IntStream.of(ids).mapToObj(id -> RowKey.of(Integer.toString(id))).toList();
    }
}
