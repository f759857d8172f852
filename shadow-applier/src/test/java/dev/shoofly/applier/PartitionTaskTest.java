package dev.shoofly.applier;

import static dev.shoofly.applier.Changes.bytes;
import static dev.shoofly.applier.Changes.key;
import static dev.shoofly.applier.Changes.marker;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.streams.errors.TaskMigratedException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class PartitionTaskTest {
    private static final TopicBounds FULL = partition -> new TopicBounds.Bounds(0, 1_000_000);

    private final AtomicInteger failures = new AtomicInteger();
    private final RunningTasks running = new RunningTasks(InstantSource.system(), failures::incrementAndGet);

    @AfterEach
    void endTheWriters() {
        running.startClosing();
        running.endAll(() -> new IllegalStateException("the test is over"));
    }

    @Test
    void drainReturnsOnceEverythingIsApplied() {
        FakeDatabase database = new FakeDatabase(true);
        PartitionTask task = PartitionTask.claim(database.parts(10, FULL), running, 0);
        for (int i = 0; i < 100; i++) {
            task.put(i, bytes(key(Integer.toString(i))));
        }

        task.drain();

        assertThat(database.progress().nextOffset()).isEqualTo(100);
        assertThat(database.keys())
                .containsExactlyElementsOf(java.util.stream.IntStream.range(0, 100)
                        .mapToObj(i -> RowKey.of(Integer.toString(i)))
                        .toList());
        assertThat(database.batches()).allMatch(batch -> batch.keys().size() <= 10);
    }

    @Test
    void skipsRecordsBelowTheSavedProgressAndRefusesAGap() {
        FakeDatabase database = new FakeDatabase(true);
        database.setProgress(2, 0);
        PartitionTask task = PartitionTask.claim(database.parts(10, FULL), running, 0);

        task.put(0, bytes(key("0")));
        task.put(1, bytes(key("1")));
        task.put(2, bytes(key("2")));
        task.drain();

        assertThat(database.keys()).containsExactly(RowKey.of("2"));
        assertThatThrownBy(() -> task.put(4, bytes(key("4")))).hasMessageContaining("records 3 to 3 are missing");
    }

    @Test
    void aGapThatOnlyAStoppedInstanceMeetsIsNoFailure() {
        FakeDatabase database = new FakeDatabase(true);
        PartitionTask stopped = PartitionTask.claim(database.parts(10, FULL), running, 0);
        stopped.put(0, bytes(key("0")));
        stopped.drain();

        database.claim(0);

        assertThatThrownBy(() -> stopped.put(4, bytes(key("4")))).isInstanceOf(TaskMigratedException.class);
        assertThat(running.failure()).isEmpty();
    }

    @Test
    void refusesATopicThatLostWhatWasApplied() {
        FakeDatabase database = new FakeDatabase(true);
        database.setProgress(50, 0);

        assertThatThrownBy(() ->
                        PartitionTask.claim(database.parts(10, at -> new TopicBounds.Bounds(0, 49)), running, 0))
                .isInstanceOf(ShooflyException.class)
                .hasMessageContaining("Kafka lost records");
    }

    @Test
    void refusesARecordThatItCannotRead() {
        PartitionTask task = PartitionTask.claim(new FakeDatabase(true).parts(10, FULL), running, 0);

        assertThatThrownBy(() -> task.put(0, new byte[] {99, 0, 0}))
                .isInstanceOf(ShooflyException.class)
                .hasMessageContaining("record 0 of partition 0 cannot be read");
    }

    @Test
    void repeatsABatchAfterATransientError() {
        FakeDatabase database = new FakeDatabase(true);
        database.errors.add(new ShooflyException(ErrorKind.TRANSIENT, "the server restarts"));
        database.errors.add(new ShooflyException(ErrorKind.TRANSIENT, "the server restarts"));
        PartitionTask task = PartitionTask.claim(database.parts(10, FULL), running, 0);

        task.put(0, bytes(key("1")));
        task.drain();

        assertThat(database.keys()).containsExactly(RowKey.of("1"));
        assertThat(running.failure()).isEmpty();
    }

    @Test
    void aDataErrorEndsTheApplierAndNothingLaterIsAppliedOrCommitted() {
        FakeDatabase database = new FakeDatabase(true);
        ShooflyException duplicate = new ShooflyException(ErrorKind.DATA, "duplicate under orders_u");
        database.errors.add(duplicate);
        PartitionTask task = PartitionTask.claim(database.parts(1, FULL), running, 0);

        task.put(0, bytes(key("1")));

        assertThatThrownBy(task::drain).isSameAs(duplicate);
        assertThatThrownBy(() -> task.put(1, bytes(key("2")))).isSameAs(duplicate);
        assertThat(running.failure()).containsSame(duplicate);
        // The writer ends the buffer first, which is what the lines above saw, and tells of its failure then.
        task.close();
        assertThat(failures).hasValue(1);
        assertThat(database.batches()).isEmpty();
    }

    @Test
    void aSupersededTaskStopsForGoodWithoutAFailureAndLetsNoOffsetBeCommitted() {
        FakeDatabase database = new FakeDatabase(true);
        PartitionTask task = PartitionTask.claim(database.parts(10, FULL), running, 0);
        task.put(0, bytes(key("1")));
        task.drain();

        database.claim(0);
        task.put(1, bytes(key("2")));

        assertThatThrownBy(task::drain).isInstanceOf(TaskMigratedException.class);
        assertThatThrownBy(task::drain).isInstanceOf(TaskMigratedException.class);
        assertThatThrownBy(() -> task.put(2, bytes(key("3")))).isInstanceOf(TaskMigratedException.class);
        assertThat(database.keys()).containsExactly(RowKey.of("1"));
        assertThat(running.failure()).isEmpty();
    }

    @Test
    void aSuccessorGoesOnWhereTheSavedProgressEnds() {
        FakeDatabase database = new FakeDatabase(true);
        try (PartitionTask first = PartitionTask.claim(database.parts(10, FULL), running, 0)) {
            first.put(0, bytes(key("1")));
            first.drain();
            first.put(1, bytes(key("2")));
        }
        long applied = database.progress().nextOffset();

        PartitionTask second = PartitionTask.claim(database.parts(10, FULL), running, 0);
        second.put(0, bytes(key("1")));
        second.put(1, bytes(key("2")));
        second.put(2, bytes(key("3")));
        second.drain();

        assertThat(applied).isBetween(1L, 2L);
        assertThat(database.keys()).containsExactly(RowKey.of("1"), RowKey.of("2"), RowKey.of("3"));
        assertThat(database.progress().epoch()).isEqualTo(2);
    }

    @Test
    void waitsForRoomWhenTheBufferIsFull() throws Exception {
        FakeDatabase database = new FakeDatabase(true);
        database.permits.drainPermits();
        PartitionTask task = PartitionTask.claim(database.parts(1, FULL), running, 0);
        AtomicInteger read = new AtomicInteger();
        CompletableFuture<Void> reader = CompletableFuture.runAsync(() -> {
            for (int i = 0; i < 100; i++) {
                task.put(i, bytes(key(Integer.toString(i))));
                read.incrementAndGet();
            }
        });

        assertThatThrownBy(() -> reader.get(200, TimeUnit.MILLISECONDS))
                .isInstanceOf(java.util.concurrent.TimeoutException.class);
        assertThat(read.get()).isLessThan(20);

        database.permits.release(1_000);
        reader.get(10, TimeUnit.SECONDS);
        task.drain();
        assertThat(database.keys()).hasSize(100);
    }

    @Test
    void markersAloneAreAppliedInFewTransactions() {
        FakeDatabase database = new FakeDatabase(true);
        PartitionTask task = PartitionTask.claim(database.parts(10, FULL), running, 0);
        for (int i = 0; i < 500; i++) {
            task.put(i, bytes(marker(i + 1)));
        }
        task.drain();

        assertThat(database.progress().marker()).isEqualTo(500);
        assertThat(database.batches())
                .hasSizeLessThan(20)
                .allMatch(batch -> batch.keys().isEmpty());
    }

    @Test
    void markersAloneAreAppliedWithoutACommitThatAsksForThem() {
        FakeDatabase database = new FakeDatabase(true);
        PartitionTask task = PartitionTask.claim(database.parts(10, FULL), running, 0);
        task.put(0, bytes(marker(1)));
        task.put(1, bytes(marker(2)));

        Await.until(() -> database.progress().marker() == 2);
    }

    @Test
    void withoutNamedTransactionsACommitDoesNotWaitForAMarkerThatOnlyItsOwnThreadCouldRead() {
        FakeDatabase database = new FakeDatabase(false);
        database.setProgress(0, 41);
        PartitionTask task = PartitionTask.claim(database.parts(10, FULL), running, 0);
        task.put(0, bytes(key("1")));

        task.drain();

        assertThat(database.calls()).containsExactly("barrier", "apply [1]");
        assertThat(database.batches().get(0).marker()).isEqualTo(41);
    }

    @Test
    void withoutNamedTransactionsAHugeTransactionPassesABoundedBuffer() {
        FakeDatabase database = new FakeDatabase(false);
        PartitionTask task = PartitionTask.claim(database.parts(10, FULL), running, 0);
        for (int i = 0; i < 5_000; i++) {
            task.put(i, bytes(key(Integer.toString(i))));
        }
        task.put(5_000, bytes(marker(1)));

        Await.until(() -> database.progress().marker() == 1);
        assertThat(database.keys()).hasSize(5_000);
        assertThat(database.progress().nextOffset()).isEqualTo(5_001);
    }

    @Test
    void withoutNamedTransactionsKeysWaitForTheirMarker() {
        FakeDatabase database = new FakeDatabase(false);
        PartitionTask task = PartitionTask.claim(database.parts(10, FULL), running, 0);
        task.put(0, bytes(key("1")));
        task.put(1, bytes(key("2")));
        task.put(2, bytes(marker(8)));

        Await.until(() -> database.progress().nextOffset() == 3);
        assertThat(database.calls()).containsExactly("apply [1, 2]");
    }
}
