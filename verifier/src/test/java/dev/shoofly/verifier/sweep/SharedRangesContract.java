package dev.shoofly.verifier.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.ChunkCopier;
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
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.RowKey;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A sweep whose ranges are compared by others, on a real database and a real broker. */
@Timeout(120)
abstract class SharedRangesContract {
    private static final String SERVER = "the one that is written";
    private static final int ROWS = 3_000;
    private static final int CHUNK = 50;
    private static final int PARTITIONS = 4;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration SHORT = Duration.ofMillis(300);

    @TempDir
    Path directory;

    private final List<AutoCloseable> opened = new ArrayList<>();
    private String bootstrapServers = "";
    private Database database;
    private MigrationPlan plan;

    abstract DatabaseServer server();

    @BeforeEach
    void prepare() throws Exception {
        bootstrapServers = TestServers.kafka().bootstrapServers();
        MigrationId id = MigrationId.random(new Random());
        String table = "ranges_" + id;
        StringBuilder rows = new StringBuilder();
        for (int i = 1; i <= ROWS; i++) {
            rows.append(i == 1 ? "" : ",").append("(" + i + ", 'note " + i + "')");
        }
        execute("CREATE TABLE " + table + " (id int PRIMARY KEY, note varchar(60))");
        execute("INSERT INTO " + table + " VALUES " + rows);
        database = Databases.open(
                new ConnectionProfile(server().jdbcUrl(), server().user(), new Secret(server().password())),
                10,
                FaultPoints.NONE);
        opened.add(database);
        database.control().install();
        database.control().progress().create(id, PARTITIONS);
        plan = database.preparation()
                .createShadow(
                        id,
                        database.preparation().resolve(table),
                        new MigrationSpec(
                                table,
                                List.of("ADD COLUMN extra int"),
                                StrategyChoice.SHADOW,
                                PARTITIONS,
                                500,
                                CutoverSettings.DEFAULT));
        ChunkCopier copier = database.copier(plan);
        RowKey highest = copier.highestKey().orElseThrow();
        database.control().segments().create(id, List.of(new KeyRange(null, highest)));
        Segment segment = database.control()
                .segments()
                .claim(id, new SegmentRows.Copier("test", 0), range -> Optional.empty())
                .orElseThrow();
        copier.copy(segment, segment.range(), true, keys -> {});
        try (Admin admin = Admin.create(kafka())) {
            TopicNames topics = new TopicNames(id);
            admin.createTopics(List.of(
                            new NewTopic(topics.verifierTasks(), PARTITIONS, (short) 1),
                            new NewTopic(topics.verdicts(), 1, (short) 1)))
                    .all()
                    .get(30, TimeUnit.SECONDS);
        }
    }

    @AfterEach
    void close() throws Exception {
        for (int i = opened.size() - 1; i >= 0; i--) {
            opened.get(i).close();
        }
    }

    @Test
    void everyRowIsComparedOnceInOrderByThoseWhoHaveTheRole() throws Exception {
        spoil(1, 1_499, ROWS);
        CountedThrottle one = instance("one");
        CountedThrottle two = instance("two");
        CountedThrottle owner = new CountedThrottle();
        SharedRanges ranges = ranges(owner, PATIENCE, 1);
        sweep(ranges, 1, 1_499, ROWS);
        assertThat(one.ranges.get() + two.ranges.get()).isGreaterThanOrEqualTo(ROWS / CHUNK);
        assertThat(owner.ranges).as("compared by the owner").hasValue(0);
        assertThat(ranges.answered()).isGreaterThanOrEqualTo(ROWS / CHUNK);
    }

    @Test
    void withNobodyElseTheOwnerComparesEverything() throws Exception {
        spoil(7);
        CountedThrottle owner = new CountedThrottle();
        sweep(ranges(owner, SHORT, 1), 7);
        assertThat(owner.ranges).hasValue(ROWS / CHUNK + 1);
    }

    @Test
    void theOwnersThreadsWaitForNobody() throws Exception {
        spoil(1, 1_499, ROWS);
        CountedThrottle owner = new CountedThrottle();
        // Nobody ever answers: with patience the test would not end in time.
        sweep(ranges(owner, Optional.of(() -> 3), Duration.ofDays(1), 1), 1, 1_499, ROWS);
        assertThat(owner.ranges).hasValue(ROWS / CHUNK + 1);
    }

    @Test
    void theOwnersThreadsAndWhoeverComesShareTheRanges() throws Exception {
        spoil(1, 1_499, ROWS);
        CountDownLatch answered = new CountDownLatch(1);
        CountedThrottle owner = new CountedThrottle();
        AtomicInteger asked = new AtomicInteger();
        Throttle othersFirst = new Throttle() {
            @Override
            public void await() throws InterruptedException {
                if (Thread.currentThread().getName().startsWith("shoofly-compare-") && asked.incrementAndGet() > 5) {
                    answered.await();
                }
            }

            @Override
            public void finished(Duration took, long rows) {
                owner.finished(took, rows);
            }
        };
        SharedRanges ranges = ranges(othersFirst, Optional.of(() -> 2), PATIENCE, 1);
        List<RowKey> differing = new ArrayList<>();
        RowKey after = null;
        long rows = 0;
        for (int i = 0; i < 2; i++) {
            ComparedRange compared = ranges.next(after, CHUNK);
            rows += compared.sourceRows();
            differing.addAll(compared.differing());
            after = compared.range().upperInclusive();
        }
        CountedThrottle helper = instance("helper");
        Thread looking = new Thread(() -> {
            while (ranges.answered() == 0) {
                LockSupport.parkNanos(1_000_000);
            }
            answered.countDown();
        });
        looking.setDaemon(true);
        looking.start();
        rows += rest(ranges, after, differing);
        assertThat(rows).isEqualTo(ROWS);
        assertThat(differing).containsExactly(RowKey.of("1"), RowKey.of("1499"), RowKey.of(Integer.toString(ROWS)));
        assertThat(owner.ranges.get()).isPositive();
        assertThat(helper.ranges.get()).isPositive();
    }

    @Test
    void aVerifierThatHangsHoldsNobodyUpAndOneThatComesLaterHelps() throws Exception {
        spoil(2_000);
        PauseGate hung = new PauseGate();
        hung.pause();
        start("hangs", hung);
        CountedThrottle owner = new CountedThrottle();
        SharedRanges ranges = ranges(owner, SHORT, 1);
        List<RowKey> differing = new ArrayList<>();
        RowKey after = null;
        for (int i = 0; i < 3; i++) {
            ComparedRange compared = ranges.next(after, CHUNK);
            differing.addAll(compared.differing());
            after = compared.range().upperInclusive();
        }
        assertThat(owner.ranges).as("nobody answered").hasValue(3);
        hung.resume();
        rest(ranges, after, differing);
        assertThat(differing).containsExactly(RowKey.of("2000"));
    }

    @Test
    void aVerifierThatEndsInTheMiddleLeavesNothingUndone() throws Exception {
        spoil(1, 900, 2_999);
        CountedThrottle first = new CountedThrottle();
        VerifierInstance ends = start("ends", first);
        instance("stays");
        SharedRanges ranges = ranges(new CountedThrottle(), PATIENCE, 1);
        List<RowKey> differing = new ArrayList<>();
        RowKey after = null;
        for (int i = 0; i < 10; i++) {
            ComparedRange compared = ranges.next(after, CHUNK);
            differing.addAll(compared.differing());
            after = compared.range().upperInclusive();
        }
        ends.close();
        rest(ranges, after, differing);
        assertThat(differing).containsExactly(RowKey.of("1"), RowKey.of("900"), RowKey.of("2999"));
    }

    @Test
    void whatAnEarlierSweepFoundIsNotTakenForAnAnswer() throws Exception {
        CountedThrottle helper = instance("helper");
        sweep(ranges(new CountedThrottle(), PATIENCE, 1));
        int before = helper.ranges.get();
        // Of the sweep before: everything is equal, says a message that was under way.
        spoil(1);
        send(
                new TopicNames(plan.id()).verdicts(),
                SweepJson.of(new RangeVerdict(
                        RangeTask.run(1, 1),
                        0,
                        new ComparedRange(new KeyRange(null, null), ROWS, List.of(), Duration.ZERO))));
        sweep(ranges(new CountedThrottle(), PATIENCE, 2), 1);
        assertThat(helper.ranges.get()).isGreaterThan(before);
    }

    @Test
    void tasksOfASweepThatIsNoMoreAreNotCompared() throws Exception {
        CountedThrottle helper = instance("helper");
        sweep(ranges(new CountedThrottle(), PATIENCE, 5));
        int before = helper.ranges.get();
        String tasks = new TopicNames(plan.id()).verifierTasks();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            send(tasks, partition, SweepJson.of(new RangeTask(RangeTask.run(1, 1), SERVER, partition, KeyRange.ALL)));
            send(tasks, partition, "neither a task");
        }
        // Behind them, in the same partitions.
        SharedRanges ranges = ranges(new CountedThrottle(), PATIENCE, 6);
        sweep(ranges);
        assertThat(helper.ranges.get() - before)
                .as("ranges of the third sweep alone")
                .isEqualTo((int) ranges.answered());
    }

    @Test
    void aReplicasWordDoesNotCount() throws Exception {
        spoil(77);
        CountedThrottle replica = new CountedThrottle();
        start("replica", replica, "a replica of it");
        CountedThrottle owner = new CountedThrottle();
        sweep(ranges(owner, PATIENCE, 1), 77);
        assertThat(replica.ranges).hasValue(0);
        assertThat(owner.ranges).hasValue(ROWS / CHUNK + 1);
    }

    @Test
    void aTableThatCannotBeReadIsTheOwnersAffair() throws Exception {
        CountedThrottle helper = instance("helper");
        SharedRanges ranges = ranges(new CountedThrottle(), PATIENCE, 1);
        execute("ALTER TABLE " + quoted(plan.shadow().table()) + " RENAME TO " + quoted("away_" + plan.id()));
        try {
            assertThatThrownBy(() -> ranges.next(null, CHUNK))
                    .isInstanceOf(ShooflyException.class)
                    .hasMessageContaining(plan.source().table());
        } finally {
            execute("ALTER TABLE " + quoted("away_" + plan.id()) + " RENAME TO "
                    + quoted(plan.shadow().table()));
        }
        List<RowKey> differing = new ArrayList<>();
        rest(ranges, null, differing);
        assertThat(differing).isEmpty();
        assertThat(helper.ranges.get()).isPositive();
    }

    private void sweep(SharedRanges ranges, int... spoiled) throws InterruptedException {
        List<RowKey> differing = new ArrayList<>();
        long rows = rest(ranges, null, differing);
        assertThat(rows).isEqualTo(ROWS);
        assertThat(differing)
                .containsExactlyElementsOf(Arrays.stream(spoiled)
                        .mapToObj(id -> RowKey.of(Integer.toString(id)))
                        .toList());
    }

    /** @return source rows; every range must begin where the one before ended */
    private static long rest(SharedRanges ranges, @Nullable RowKey from, List<RowKey> differing)
            throws InterruptedException {
        long rows = 0;
        RowKey after = from;
        do {
            ComparedRange compared = ranges.next(after, CHUNK);
            assertThat(compared.range().lowerExclusive()).isEqualTo(after);
            rows += compared.sourceRows();
            differing.addAll(compared.differing());
            after = compared.range().upperInclusive();
        } while (after != null);
        return rows;
    }

    private SharedRanges ranges(Throttle throttle, Duration patience, long started) {
        return ranges(throttle, Optional.empty(), patience, started);
    }

    /** @param threads of the owner */
    private SharedRanges ranges(Throttle throttle, Optional<IntSupplier> threads, Duration patience, long started) {
        SharedRanges made = new SharedRanges(
                plan, kafka(), database.comparer(plan), throttle, threads, patience, SERVER, 1, started);
        opened.add(made);
        return made;
    }

    private CountedThrottle instance(String name) {
        CountedThrottle throttle = new CountedThrottle();
        start(name, throttle);
        return throttle;
    }

    private VerifierInstance start(String name, Throttle throttle) {
        return start(name, throttle, SERVER);
    }

    private VerifierInstance start(String name, Throttle throttle, String server) {
        VerifierInstance made = new VerifierInstance(
                new VerifierInstance.Settings(plan, bootstrapServers, directory.resolve(name), 2, 1, server),
                database.comparer(plan),
                throttle);
        opened.add(made);
        made.start();
        return made;
    }

    private Map<String, Object> kafka() {
        return Map.of("bootstrap.servers", bootstrapServers);
    }

    private void send(String topic, String text) throws Exception {
        send(topic, 0, text);
    }

    private void send(String topic, int partition, String text) throws Exception {
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(kafka(), new StringSerializer(), new StringSerializer())) {
            producer.send(new ProducerRecord<>(topic, partition, null, text)).get(30, TimeUnit.SECONDS);
        }
    }

    private void spoil(int... ids) throws SQLException {
        for (int id : ids) {
            execute("UPDATE " + quoted(plan.shadow().table()) + " SET note = 'spoiled' WHERE id = " + id);
        }
    }

    abstract String quoted(String name);

    private void execute(String sql) throws SQLException {
        try (Connection connection =
                        DriverManager.getConnection(server().jdbcUrl(), server().user(), server().password());
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Lets everything pass, and counts. */
    private static final class CountedThrottle implements Throttle {
        final AtomicInteger ranges = new AtomicInteger();

        @Override
        public void await() {
            // At once.
        }

        @Override
        public void finished(Duration took, long rowsDone) {
            ranges.incrementAndGet();
        }
    }
}
