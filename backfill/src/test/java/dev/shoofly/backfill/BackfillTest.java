package dev.shoofly.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.shoofly.database.control.Segment;
import dev.shoofly.database.control.SegmentRows;
import dev.shoofly.database.throttle.PauseGate;
import dev.shoofly.database.throttle.Throttle;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class BackfillTest {
    private final PauseGate gate = new PauseGate();

    @Test
    void copiesEveryRowOnceInKeyOrder() {
        FakeTable table = new FakeTable(2_345);
        Backfill backfill = backfill(table, 1, FaultPoints.NONE);
        backfill.run();
        assertThat(table.shadow).isEqualTo(table.source);
        assertThat(backfill.rowsCopied()).isEqualTo(2_345);
        assertThat(table.copied.get(0).lowerExclusive()).isNull();
        for (int i = 1; i < table.copied.size(); i++) {
            RowKey previousEnd = table.copied.get(i - 1).upperInclusive();
            assertThat(table.copied.get(i).lowerExclusive()).isEqualTo(previousEnd);
        }
        assertThat(table.list()).allMatch(Segment::done);
    }

    @Test
    void anEmptyTableHasNoSegmentAndIsDoneAtOnce() {
        FakeTable table = new FakeTable(0);
        backfill(table, 2, FaultPoints.NONE).run();
        assertThat(table.list()).isEmpty();
    }

    @Test
    void leavesRowsBeyondTheHighestKeyOfTheStartToTheCapture() {
        FakeTable table = new FakeTable(1_000);
        AtomicInteger chunks = new AtomicInteger();
        FaultPoints inserting = point -> table.source.add(1_000L + chunks.incrementAndGet());
        backfill(table, 1, inserting).run();
        assertThat(table.shadow).hasSize(1_000).contains(1_000L).doesNotContain(1_001L);
    }

    @Test
    void resumesFromTheLastCheckpointAfterADeath() {
        FakeTable table = new FakeTable(5_000);
        AtomicInteger chunks = new AtomicInteger();
        FaultPoints deadly = point -> {
            if (point.equals("backfill.after-chunk") && chunks.incrementAndGet() == 3) {
                throw new IllegalStateException("killed");
            }
        };
        assertThatThrownBy(() -> backfill(table, 1, deadly).run()).hasMessageContaining("killed");
        int before = table.copied.size();
        assertThat(table.list()).anyMatch(segment -> !segment.done());

        Backfill second = backfill(table, 1, FaultPoints.NONE);
        second.run();
        assertThat(table.shadow).isEqualTo(table.source);
        assertThat(second.rowsCopied()).isEqualTo(5_000);
        assertThat(table.copied.get(before).lowerExclusive())
                .isEqualTo(table.copied.get(before - 1).upperInclusive());
    }

    @Test
    @Timeout(50)
    void tellsHowManyRowsAreLeft() throws Exception {
        FakeTable table = new FakeTable(5_000);
        CountDownLatch known = new CountDownLatch(1);
        AtomicInteger chunks = new AtomicInteger();
        FaultPoints waiting = point -> {
            if (point.equals("backfill.before-chunk") && chunks.incrementAndGet() == 3) {
                awaitLong(known);
            }
        };
        Backfill backfill = backfill(table, 1, waiting);
        CompletableFuture<Void> run = CompletableFuture.runAsync(backfill::run);
        // Nothing is copied any more by then, so the next look must see it.
        while (chunks.get() < 3 || backfill.progress().rowsLeft() != 5_000 - table.shadow.size()) {
            assertThat(run).isNotDone();
            TimeUnit.MILLISECONDS.sleep(5);
        }
        known.countDown();
        run.get(20, TimeUnit.SECONDS);
    }

    @Test
    void nThreadsShareTheSegments() {
        FakeTable table = new FakeTable(10_000);
        Set<String> threads = ConcurrentHashMap.newKeySet();
        CountDownLatch bothWork = new CountDownLatch(2);
        FaultPoints meeting = point -> {
            if (threads.add(Thread.currentThread().getName())) {
                bothWork.countDown();
                await(bothWork);
            }
        };
        backfill(table, Pace.of(2, Pace.DEFAULT_CHUNK_TIME), meeting).run();
        assertThat(table.shadow).isEqualTo(table.source);
        assertThat(table.list()).hasSize(5).allMatch(Segment::done);
        assertThat(threads).hasSize(2).allMatch(name -> name.startsWith("shoofly-backfill-abcd2345-"));
    }

    @Test
    void aSupersededBackfillStopsWithThatError() {
        FakeTable table = new FakeTable(5_000);
        AtomicBoolean once = new AtomicBoolean();
        FaultPoints takenOver = point -> {
            if (point.equals("backfill.after-chunk") && !once.getAndSet(true)) {
                table.takeOver();
            }
        };
        ShooflyException error = catchThrowableOfType(
                ShooflyException.class, () -> backfill(table, 1, takenOver).run());
        assertThat(error.kind()).isEqualTo(ErrorKind.SUPERSEDED);
    }

    @Test
    void transientErrorsAreOutlasted() {
        FakeTable table = new FakeTable(1_000);
        AtomicInteger attempts = new AtomicInteger();
        FaultPoints restarting = point -> {
            int attempt = attempts.incrementAndGet();
            if (attempt > 2 && attempt < 6) {
                throw new ShooflyException(ErrorKind.TRANSIENT, "connection lost");
            }
        };
        backfill(table, 1, restarting).run();
        assertThat(table.shadow).isEqualTo(table.source);
    }

    @Test
    void oneWorkersDataErrorStopsTheOthersAndSurfaces() {
        FakeTable table = new FakeTable(10_000);
        AtomicInteger chunks = new AtomicInteger();
        FaultPoints doesNotFit = point -> {
            if (chunks.incrementAndGet() == 7) {
                throw new ShooflyException(ErrorKind.DATA, "column total of key 7 does not fit");
            }
        };
        ShooflyException error = catchThrowableOfType(
                ShooflyException.class, () -> backfill(table, 3, doesNotFit).run());
        assertThat(error.kind()).isEqualTo(ErrorKind.DATA);
        assertNoWorkersAreLeft();
    }

    @Test
    void pausedMeansNoChunkStartsUntilItIsResumed() throws Exception {
        FakeTable table = new FakeTable(20_000);
        CountDownLatch started = new CountDownLatch(1);
        AtomicInteger chunks = new AtomicInteger();
        FaultPoints pausing = point -> {
            if (point.equals("backfill.before-chunk") && chunks.incrementAndGet() == 2) {
                gate.pause();
                started.countDown();
            }
        };
        Backfill backfill = backfill(table, 1, pausing);
        CompletableFuture<Void> run = CompletableFuture.runAsync(backfill::run);
        await(started);
        assertThatThrownBy(() -> run.get(300, TimeUnit.MILLISECONDS))
                .isInstanceOf(java.util.concurrent.TimeoutException.class);
        assertThat(chunks.get()).isEqualTo(2);
        assertThat(backfill.progress().heldBackBy()).contains("paused");
        gate.resume();
        run.get(20, TimeUnit.SECONDS);
        assertThat(table.shadow).isEqualTo(table.source);
    }

    @Test
    void anInterruptEndsTheRunAlsoWhileItIsPaused() throws Exception {
        FakeTable table = new FakeTable(1_000);
        Backfill backfill = backfill(table, 1, FaultPoints.NONE);
        gate.pause();
        CompletableFuture<ErrorKind> kind = new CompletableFuture<>();
        Thread runner = new Thread(() -> {
            try {
                backfill.run();
            } catch (ShooflyException e) {
                kind.complete(Thread.currentThread().isInterrupted() ? e.kind() : ErrorKind.AMBIGUOUS);
            }
        });
        runner.start();
        runner.interrupt();
        assertThat(kind.get(10, TimeUnit.SECONDS)).isEqualTo(ErrorKind.SUPERSEDED);
        assertNoWorkersAreLeft();
    }

    @Test
    void theRateCountsOnlyTheLastSeconds() {
        long[] now = {0};
        RateWindow window = new RateWindow(() -> now[0], Duration.ofSeconds(10));
        long total = 0;
        for (int second = 1; second <= 30; second++) {
            now[0] = Duration.ofSeconds(second).toNanos();
            total += second <= 15 ? 1_000 : 100;
            window.to(total);
        }
        assertThat(window.perSecond()).isEqualTo(100.0);
        now[0] = Duration.ofSeconds(100).toNanos();
        assertThat(window.perSecond()).isZero();
        assertThat(window.total()).isEqualTo(16_500);
    }

    @Test
    void beginsSmallWhereAChunkMayTakeLittle() {
        assertThat(new ChunkSizer(5_000, () -> Pace.DEFAULT_CHUNK_TIME).rows()).isEqualTo(5_000);
        assertThat(new ChunkSizer(5_000, () -> Duration.ofSeconds(2)).rows()).isEqualTo(5_000);
        assertThat(new ChunkSizer(5_000, () -> Duration.ofMillis(25)).rows()).isEqualTo(625);
        assertThat(new ChunkSizer(200, () -> Duration.ofMillis(10)).rows()).isEqualTo(ChunkSizer.FEWEST);
        assertThat(new ChunkSizer(3, () -> Duration.ofMillis(10)).rows()).isEqualTo(3);
    }

    @Test
    void chunkSizesFollowTheTimeBudgetWithinTheirBounds() {
        Duration[] budget = {Duration.ofMillis(200)};
        ChunkSizer sizer = new ChunkSizer(1_000, () -> budget[0]);
        sizer.took(budget[0].dividedBy(10));
        assertThat(sizer.rows()).as("doubles at most").isEqualTo(2_000);
        sizer.took(budget[0].multipliedBy(100));
        assertThat(sizer.rows()).as("halves at most").isEqualTo(1_000);
        for (int i = 0; i < 20; i++) {
            sizer.took(Duration.ofNanos(1));
        }
        assertThat(sizer.rows()).isEqualTo(ChunkSizer.MOST);
        for (int i = 0; i < 20; i++) {
            sizer.took(Duration.ofHours(1));
        }
        assertThat(sizer.rows()).isEqualTo(ChunkSizer.FEWEST);
        budget[0] = Duration.ofSeconds(1);
        sizer.took(Duration.ofMillis(800));
        assertThat(sizer.rows()).as("the budget may change").isEqualTo(ChunkSizer.FEWEST * 5 / 4);
    }

    @Test
    void segmentsCoverTheTableWithoutOverlap() {
        FakeTable table = new FakeTable(4 * SEGMENT_ROWS - 100);
        backfill(table, 3, FaultPoints.NONE).run();
        assertThat(table.list().stream().map(Segment::range))
                .containsExactly(
                        new KeyRange(null, FakeTable.key(SEGMENT_ROWS)),
                        new KeyRange(FakeTable.key(SEGMENT_ROWS), FakeTable.key(2 * SEGMENT_ROWS)),
                        new KeyRange(FakeTable.key(2 * SEGMENT_ROWS), FakeTable.key(3 * SEGMENT_ROWS)),
                        new KeyRange(FakeTable.key(3 * SEGMENT_ROWS), FakeTable.key(4 * SEGMENT_ROWS - 100)));
    }

    @Test
    void theNumberOfWorkersFollowsThePaceWhileTheyWork() throws Exception {
        FakeTable table = new FakeTable(200_000);
        AtomicInteger threads = new AtomicInteger(1);
        Pace pace = new Pace() {
            @Override
            public int threads() {
                return threads.get();
            }

            @Override
            public Duration chunkTime() {
                // Chunks stay so small that there are thousands: the crew is looked at five times a second only.
                return Duration.ofNanos(1);
            }
        };
        CountDownLatch three = new CountDownLatch(3);
        CountDownLatch less = new CountDownLatch(1);
        Set<String> seen = ConcurrentHashMap.newKeySet();
        FaultPoints changing = point -> {
            threads.set(three.getCount() > 0 ? 3 : 1);
            if (seen.add(Thread.currentThread().getName())) {
                three.countDown();
            }
            await(three.getCount() > 0 && threads.get() == 3 ? three : new CountDownLatch(0));
            if (three.getCount() == 0 && liveWorkers() == 1) {
                less.countDown();
            }
            // So that the table lasts until the crew has shrunk.
            java.util.concurrent.locks.LockSupport.parkNanos(less.getCount() == 0 ? 0 : 2_000_000);
        };
        backfill(table, pace, changing).run();
        assertThat(less.getCount())
                .as("two of three workers ended before the table did")
                .isZero();
        assertThat(table.shadow).isEqualTo(table.source);
    }

    @Test
    void aWorkerWhoseSegmentWasTakenGoesOnWithAnother() {
        FakeTable table = new FakeTable(5_000);
        AtomicBoolean once = new AtomicBoolean();
        FaultPoints taken = point -> {
            if (point.equals("backfill.after-chunk") && !once.getAndSet(true)) {
                table.steal(0);
            }
        };
        backfill(table, 2, taken).run();
        assertThat(table.shadow).isEqualTo(table.source);
        assertThat(table.list()).allMatch(Segment::done);
    }

    @Test
    void aHelperThatLeavesGivesItsSegmentsBackAfterTheChunksInFlight() {
        FakeTable table = new FakeTable(50_000);
        table.create(List.of(new KeyRange(null, FakeTable.key(50_000))));
        CompletableFuture<Backfill> self = new CompletableFuture<>();
        AtomicInteger chunks = new AtomicInteger();
        Backfill helper = backfill(table, 2, point -> {
            if (point.equals("backfill.after-chunk") && chunks.incrementAndGet() == 5) {
                self.join().leave();
            }
        });
        self.complete(helper);
        helper.help();
        assertThat(table.list()).anyMatch(segment -> !segment.done());
        assertNoWorkersAreLeft();
        backfill(table, 1, FaultPoints.NONE).help();
        assertThat(table.shadow).isEqualTo(table.source);
    }

    private static final int SEGMENT_ROWS = 2_000;

    private Backfill backfill(FakeTable table, int threads, FaultPoints faultPoints) {
        return backfill(table, Pace.of(threads, Pace.DEFAULT_CHUNK_TIME), faultPoints);
    }

    private Backfill backfill(FakeTable table, Pace pace, FaultPoints faultPoints) {
        return new Backfill(
                new BackfillSettings(Plans.integerKey(), new SegmentRows.Copier("test", 0), 500, SEGMENT_ROWS, pace),
                table,
                table,
                keys -> {},
                gate,
                Throttle.UNTHROTTLED,
                MigrationMetrics.NONE,
                faultPoints);
    }

    /** A pool has ended when its last thread says so, which is a moment before that thread has. */
    private static void assertNoWorkersAreLeft() {
        long giveUpAt = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (liveWorkers() > 0) {
            assertThat(System.nanoTime()).as("a worker lives on").isLessThan(giveUpAt);
            Thread.onSpinWait();
        }
    }

    private static long liveWorkers() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("shoofly-backfill-"))
                .count();
    }

    private static void awaitLong(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
