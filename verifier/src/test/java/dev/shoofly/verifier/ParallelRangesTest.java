package dev.shoofly.verifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.Comparer;
import dev.shoofly.database.throttle.PauseGate;
import dev.shoofly.database.throttle.Throttle;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.verifier.sweep.ComparedRange;
import dev.shoofly.verifier.sweep.ParallelRanges;
import dev.shoofly.verifier.sweep.Ranges;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ParallelRangesTest {
    private static final int ROWS = 1_000;
    private static final int RANGE = 100;
    private static final int THREADS = 3;

    private final FakePipeline pipeline = new FakePipeline(ROWS);

    @Test
    void handsOutEveryRangeOnceInTheOrderOfTheKeyWhicheverIsReadFirst() throws InterruptedException {
        pipeline.shadow.remove(1L);
        pipeline.shadow.put(500L, "other");
        pipeline.shadow.put(7_000L, "never there");
        CountDownLatch others = new CountDownLatch(5);
        Comparer firstIsLast = new WatchedComparer(pipeline) {
            @Override
            public ChunkComparison compare(KeyRange range) {
                if (range.lowerExclusive() == null) {
                    await(others);
                } else {
                    others.countDown();
                }
                return super.compare(range);
            }
        };
        try (Ranges ranges = new ParallelRanges(firstIsLast, Throttle.UNTHROTTLED, () -> THREADS)) {
            assertThat(rest(ranges, null)).containsExactly(key(1), key(500), key(7_000));
        }
        assertThat(pipeline.compared).hasSize(ROWS / RANGE + 1);
    }

    @Test
    void comparesAsManyAtATimeAsAreWantedAtTheMoment() throws InterruptedException {
        AtomicInteger wanted = new AtomicInteger(1);
        AtomicInteger atOnce = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch together = new CountDownLatch(THREADS);
        Comparer counting = new WatchedComparer(pipeline) {
            @Override
            public ChunkComparison compare(KeyRange range) {
                most.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
                if (wanted.get() == THREADS) {
                    together.countDown();
                    await(together);
                }
                try {
                    return super.compare(range);
                } finally {
                    atOnce.decrementAndGet();
                }
            }
        };
        try (Ranges ranges = new ParallelRanges(counting, Throttle.UNTHROTTLED, wanted::get)) {
            ComparedRange first = ranges.next(null, 10);
            assertThat(most).hasValue(1);
            wanted.set(THREADS);
            // Would not end if they did not work together.
            rest(ranges, first.range().upperInclusive());
        }
        assertThat(most).hasValue(THREADS);
    }

    @Test
    void everyThreadIsPermittedAndPaysForItsOwn() throws InterruptedException {
        Map<Thread, Integer> permitted = new ConcurrentHashMap<>();
        Map<Thread, Integer> paid = new ConcurrentHashMap<>();
        Throttle throttle = new Throttle() {
            @Override
            public void await() {
                permitted.merge(Thread.currentThread(), 1, Integer::sum);
            }

            @Override
            public void finished(Duration took, long rows) {
                paid.merge(Thread.currentThread(), 1, Integer::sum);
            }
        };
        try (Ranges ranges = new ParallelRanges(pipeline, throttle, () -> THREADS)) {
            rest(ranges, null);
        }
        assertThat(paid).isEqualTo(permitted);
        Map<Thread, Integer> comparing = new HashMap<>(paid);
        // Who cuts.
        assertThat(comparing.remove(Thread.currentThread())).isEqualTo(ROWS / RANGE + 1);
        assertThat(comparing.values().stream().mapToInt(each -> each).sum()).isEqualTo(ROWS / RANGE + 1);
    }

    @Test
    void inAPauseNobodyReads() throws Exception {
        PauseGate gate = new PauseGate();
        gate.pause();
        Semaphore waiting = new Semaphore(0);
        Thread cutting = Thread.currentThread();
        Throttle comparersAreHeld = new Throttle() {
            @Override
            public void await() throws InterruptedException {
                if (!Thread.currentThread().equals(cutting)) {
                    waiting.release();
                    gate.await();
                }
            }
        };
        ExecutorService resuming = Executors.newSingleThreadExecutor();
        try (Ranges ranges = new ParallelRanges(pipeline, comparersAreHeld, () -> THREADS)) {
            Future<List<KeyRange>> readBefore = resuming.submit(() -> {
                waiting.acquire(THREADS);
                List<KeyRange> read = List.copyOf(pipeline.compared);
                gate.resume();
                return read;
            });
            assertThat(rest(ranges, null)).isEmpty();
            assertThat(readBefore.get()).isEmpty();
        } finally {
            resuming.shutdownNow();
        }
    }

    @Test
    void goesOnFromAKey() throws InterruptedException {
        try (Ranges ranges = new ParallelRanges(pipeline, Throttle.UNTHROTTLED, () -> THREADS)) {
            rest(ranges, key(500));
        }
        assertThat(pipeline.compared)
                .hasSize(ROWS / RANGE / 2 + 1)
                .extracting(KeyRange::lowerExclusive)
                .contains(key(500))
                .doesNotContainNull();
    }

    @Test
    void whatFailsIsTheCallersAndMayBeAskedForAgain() throws InterruptedException {
        AtomicInteger failures = new AtomicInteger(3);
        Comparer failing = new WatchedComparer(pipeline) {
            @Override
            public ChunkComparison compare(KeyRange range) {
                if (key(300).equals(range.lowerExclusive()) && failures.getAndDecrement() > 0) {
                    throw new ShooflyException(ErrorKind.TRANSIENT, "the server is away");
                }
                return super.compare(range);
            }
        };
        try (Ranges ranges = new ParallelRanges(failing, Throttle.UNTHROTTLED, () -> THREADS)) {
            RowKey after = null;
            for (int i = 0; i < 3; i++) {
                after = ranges.next(after, RANGE).range().upperInclusive();
            }
            assertThat(after).isEqualTo(key(300));
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> ranges.next(key(300), RANGE)).hasMessage("the server is away");
            }
            assertThat(rest(ranges, after)).isEmpty();
        }
        assertThat(pipeline.compared).hasSize(ROWS / RANGE + 1);
    }

    @Test
    void nobodyReadsOnWhenItIsClosed() throws InterruptedException {
        Semaphore waiting = new Semaphore(0);
        Map<Thread, Boolean> ended = new ConcurrentHashMap<>();
        Throttle never = new Throttle() {
            @Override
            public void await() throws InterruptedException {
                if (Thread.currentThread().getName().startsWith("shoofly-compare-")) {
                    ended.put(Thread.currentThread(), true);
                    waiting.release();
                    new CountDownLatch(1).await();
                }
            }
        };
        Thread caller = Thread.currentThread();
        try (Ranges ranges = new ParallelRanges(pipeline, never, () -> THREADS)) {
            Thread interrupting = new Thread(() -> {
                waiting.acquireUninterruptibly(THREADS);
                caller.interrupt();
            });
            interrupting.start();
            assertThatThrownBy(() -> ranges.next(null, RANGE)).isInstanceOf(InterruptedException.class);
            interrupting.join();
        }
        assertThat(ended).hasSize(THREADS);
        for (Thread each : ended.keySet()) {
            // The pool counts a thread as gone a moment before it is.
            each.join(TimeUnit.SECONDS.toMillis(10));
            assertThat(each.isAlive()).isFalse();
        }
        assertThat(pipeline.compared).isEmpty();
    }

    /** What the checksums say is only where to look. */
    @Test
    void aRangeWhoseChecksumDiffersWithoutARowThatDoesIsEqual() throws InterruptedException {
        Comparer wary = new WatchedComparer(pipeline) {
            @Override
            public ChunkComparison compare(KeyRange range) {
                ChunkComparison found = super.compare(range);
                return new ChunkComparison(found.sourceRows(), found.shadowRows(), false);
            }
        };
        pipeline.shadow.put(444L, "other");
        try (Ranges ranges = new ParallelRanges(wary, Throttle.UNTHROTTLED, () -> THREADS)) {
            assertThat(rest(ranges, null)).containsExactly(key(444));
        }
    }

    /** @return keys that differ; every range must begin where the one before ended */
    private static List<RowKey> rest(Ranges ranges, @Nullable RowKey from) throws InterruptedException {
        List<RowKey> differing = new ArrayList<>();
        RowKey after = from;
        do {
            ComparedRange compared = ranges.next(after, RANGE);
            assertThat(compared.range().lowerExclusive()).isEqualTo(after);
            differing.addAll(compared.differing());
            after = compared.range().upperInclusive();
        } while (after != null);
        return differing;
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static RowKey key(long number) {
        return FakePipeline.key(number);
    }
}
