package dev.shoofly.verifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.shoofly.database.control.Progress;
import dev.shoofly.model.ChangeRecord;
import dev.shoofly.model.ChangeRecordCodec;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.KeyEquality;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TopicNames;
import dev.shoofly.servers.fixture.TestServers;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ChangesTailIT {
    private static final Duration PLENTY = Duration.ofSeconds(10);
    private final MigrationPlan plan = planWithId(MigrationId.random(new Random()));
    private final String topic = new TopicNames(plan.id()).changes();
    private final Map<String, Object> kafka =
            Map.of("bootstrap.servers", TestServers.kafka().bootstrapServers());
    private Admin admin;
    private KafkaProducer<byte[], byte[]> producer;
    private ChangesTail tail;

    private static MigrationPlan planWithId(MigrationId id) {
        MigrationPlan plan = FakePipeline.plan(KeyEquality.EXACT);
        return new MigrationPlan(
                id, plan.source(), plan.shadow(), plan.old(), plan.key(), plan.projection(), plan.partitions(), "");
    }

    @BeforeEach
    void open() throws Exception {
        admin = Admin.create(kafka);
        admin.createTopics(List.of(new NewTopic(topic, plan.partitions(), (short) 1)))
                .all()
                .get(30, TimeUnit.SECONDS);
        producer = new KafkaProducer<>(
                LivePipeline.producing(kafka), new ByteArraySerializer(), new ByteArraySerializer());
        tail = new ChangesTail(kafka, plan);
    }

    @AfterEach
    void close() {
        tail.close();
        producer.close();
        admin.close();
    }

    @Test
    void givesTheDistinctKeysUpToTheMarkerOfEachPartition() throws Exception {
        dirty("before");
        Map<Integer, Long> from = tail.endOffsets();
        for (int i = 0; i < 50; i++) {
            dirty("key " + i % 10);
        }
        marker(1);
        dirty("after");
        Set<RowKey> keys = keysBetween(from, 1, PLENTY).keys();
        assertThat(keys)
                .hasSize(10)
                .contains(RowKey.of("key 0"), RowKey.of("key 9"))
                .doesNotContain(RowKey.of("before"), RowKey.of("after"));
        assertThat(keysBetween(from(0), 1, PLENTY).keys())
                .as("the same reader may go back")
                .hasSize(11)
                .contains(RowKey.of("before"));
    }

    @Test
    void collectsTheTokensBetweenTwoMarkers() throws Exception {
        Map<Integer, Long> from = tail.endOffsets();
        dirty("applied");
        marker(4);
        dirty("in flight");
        marker(5);
        dirty("later");
        assertThat(tail.changesBetween(from, 4, 5, PLENTY).tokens())
                .containsExactly(plan.key().token(RowKey.of("in flight")));
    }

    @Test
    void readsALongStretchInPartsThatLeaveNothingOut() throws Exception {
        Map<Integer, Long> from = tail.endOffsets();
        Set<RowKey> sent = new HashSet<>();
        for (int i = 0; i < 300; i++) {
            dirty("key " + i);
            sent.add(RowKey.of("key " + i));
        }
        marker(1);
        dirty("behind");
        Set<RowKey> found = new HashSet<>();
        boolean complete = false;
        while (!complete) {
            ChangeWindow.Stretch stretch = tail.stretch(from, 1, 10, PLENTY);
            found.addAll(stretch.keys());
            from = stretch.next();
            complete = stretch.complete();
        }
        assertThat(found).isEqualTo(sent);
        marker(2);
        assertThat(tail.stretch(from, 2, 10, PLENTY).keys()).containsExactly(RowKey.of("behind"));
    }

    @Test
    void knowsWhetherTheTopicStillHasWhatIsToBeRead() throws Exception {
        Map<Integer, Long> from = tail.endOffsets();
        assertThat(tail.holds(from)).isTrue();
        for (int i = 0; i < 3; i++) {
            marker(1);
        }
        Map<Integer, Long> later = tail.endOffsets();
        admin.deleteRecords(Map.of(new TopicPartition(topic, 2), RecordsToDelete.beforeOffset(2)))
                .all()
                .get(30, TimeUnit.SECONDS);
        assertThat(tail.holds(from)).isFalse();
        assertThat(tail.holds(later)).isTrue();
        assertThat(tail.holds(Map.of(0, 0L)))
                .as("a partition without an offset")
                .isFalse();
        Map<Integer, Long> beyond = new HashMap<>(later);
        beyond.put(1, 1_000L);
        assertThat(tail.holds(beyond)).as("another topic of this name").isFalse();
    }

    @Test
    void waitsForAMarkerThatIsStillOnItsWay() throws Exception {
        tail.warmUp();
        Map<Integer, Long> from = tail.endOffsets();
        CompletableFuture<Set<RowKey>> keys =
                CompletableFuture.supplyAsync(() -> keysBetween(from, 1, PLENTY).keys());
        dirty("a");
        marker(1);
        assertThat(keys.get(10, TimeUnit.SECONDS)).containsExactly(RowKey.of("a"));
    }

    @Test
    void saysSoWhenTheMarkerDoesNotArriveInTime() throws Exception {
        Map<Integer, Long> from = tail.endOffsets();
        dirty("a");
        ShooflyException error =
                catchThrowableOfType(ShooflyException.class, () -> keysBetween(from, 1, Duration.ofMillis(100)));
        assertThat(error.kind()).isEqualTo(ErrorKind.TRANSIENT);
        assertThat(error).hasMessageContaining("marker 1").hasMessageContaining("4 of 4 partitions");
        marker(1);
        assertThat(keysBetween(from, 1, PLENTY).keys()).containsExactly(RowKey.of("a"));
    }

    @Test
    void neverSkipsRecordsThatWereDeleted() throws Exception {
        Map<Integer, Long> from = tail.endOffsets();
        for (int i = 0; i < 20; i++) {
            dirty("key " + i);
        }
        marker(1);
        admin.deleteRecords(Map.of(new TopicPartition(topic, 2), RecordsToDelete.beforeOffset(2)))
                .all()
                .get(30, TimeUnit.SECONDS);
        ShooflyException error = catchThrowableOfType(ShooflyException.class, () -> keysBetween(from, 1, PLENTY));
        assertThat(error.kind()).isEqualTo(ErrorKind.AMBIGUOUS);
        assertThat(error).hasMessageContaining(topic + "-2");
    }

    @Test
    void neverTakesOffsetsBeyondTheEndForAnEmptyStretch() throws Exception {
        marker(1);
        Map<Integer, Long> from = new HashMap<>(tail.endOffsets());
        from.put(1, 1_000L);
        ShooflyException error =
                catchThrowableOfType(ShooflyException.class, () -> keysBetween(from, 1, Duration.ofSeconds(2)));
        assertThat(error.kind()).isEqualTo(ErrorKind.AMBIGUOUS);
    }

    @Test
    void aWarmTailReadsAShortRemainderInMilliseconds() throws Exception {
        tail.warmUp();
        long best = Long.MAX_VALUE;
        for (int marker = 1; marker <= 20; marker++) {
            Map<Integer, Long> from = tail.endOffsets();
            dirty("a");
            marker(marker);
            long start = System.nanoTime();
            keysBetween(from, marker, PLENTY);
            best = Math.min(best, System.nanoTime() - start);
        }
        // Generous for a busy machine; the hazard is a fetch that waits its full default of 500 ms at the old end.
        assertThat(Duration.ofNanos(best)).isLessThan(Duration.ofMillis(100));
    }

    @Test
    void leavesOutKeysThatACaptureRepeatsFromBeforeTheLastSwap() throws Exception {
        for (int after = 5; after <= 8; after++) {
            dirty("after " + after, after);
        }
        dirty("a sweep's", ChangeRecord.DirtyKey.UNKNOWN);
        marker(9);
        List<Progress> progress = progress(from(0), 7);
        assertThat(tail.keysBetween(progress, 9, PLENTY).keys())
                .containsExactlyInAnyOrder(RowKey.of("after 7"), RowKey.of("after 8"), RowKey.of("a sweep's"));
    }

    /** What is there may hold the marker that is waited for afterwards: read past, it would never come. */
    @Test
    void doesNotWaitForAMarkerThatWasReadPast() throws Exception {
        dirty("a");
        marker(3);
        Set<RowKey> keys = new HashSet<>();
        List<Progress> progress = progress(from(0), 0);
        while (progress.stream().anyMatch(each -> each.marker() < 3)) {
            ChangesTail.Between present = tail.keysPresent(progress);
            keys.addAll(present.keys());
            progress = progress.stream()
                    .map(each -> each.movedTo(
                            Objects.requireNonNull(present.ends().get(each.partition())),
                            present.markers().getOrDefault(each.partition(), 0L)))
                    .toList();
        }
        assertThat(keys).containsExactly(RowKey.of("a"));

        ChangesTail.Between behind = tail.keysBetween(progress, 3, PLENTY);
        assertThat(behind.keys()).isEmpty();
        assertThat(behind.ends()).isEqualTo(tail.endOffsets());
        dirty("b");
        marker(4);
        assertThat(tail.keysBetween(progress, 4, PLENTY).keys())
                .as("a partition that was passed over is read again")
                .containsExactly(RowKey.of("b"));
    }

    @Test
    void namesTheTransactionsOfTheKeys() throws Exception {
        send(0, new ChangeRecord.DirtyKey(RowKey.of("a"), "17", 0));
        send(1, new ChangeRecord.DirtyKey(RowKey.of("b"), "18", 0));
        send(1, new ChangeRecord.DirtyKey(RowKey.of("c"), "", 0));
        marker(1);
        assertThat(keysBetween(from(0), 1, PLENTY).transactions()).containsExactlyInAnyOrder("17", "18");
    }

    private Map<Integer, Long> from(long offset) {
        return IntStream.range(0, plan.partitions()).boxed().collect(Collectors.toMap(each -> each, each -> offset));
    }

    private ChangesTail.Between keysBetween(Map<Integer, Long> from, long marker, Duration timeout) {
        return tail.keysBetween(progress(from, 0), marker, timeout);
    }

    private static List<Progress> progress(Map<Integer, Long> from, long swapMarker) {
        return from.entrySet().stream()
                .map(each -> new Progress(each.getKey(), 1, each.getValue(), 0, 0, swapMarker))
                .toList();
    }

    private void dirty(String text) throws Exception {
        dirty(text, ChangeRecord.DirtyKey.UNKNOWN);
    }

    private void dirty(String text, long afterMarker) throws Exception {
        RowKey key = RowKey.of(text);
        send(plan.key().partition(key, plan.partitions()), new ChangeRecord.DirtyKey(key, "t", 0, afterMarker));
    }

    private void marker(long number) throws Exception {
        for (int partition = 0; partition < plan.partitions(); partition++) {
            send(partition, new ChangeRecord.Marker(number, "t", 0));
        }
    }

    private void send(int partition, ChangeRecord change) throws Exception {
        producer.send(new ProducerRecord<>(topic, partition, null, ChangeRecordCodec.encode(change)))
                .get(10, TimeUnit.SECONDS);
    }
}
