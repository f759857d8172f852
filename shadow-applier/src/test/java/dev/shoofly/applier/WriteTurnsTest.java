package dev.shoofly.applier;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.errors.InterruptException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class WriteTurnsTest {
    private static final long BEHIND = WriteTurns.BEHIND.toMillis() * 60;

    private final AtomicLong now = new AtomicLong(1);
    private final AtomicInteger limit = new AtomicInteger(1);
    private final AtomicInteger limitUpToDate = new AtomicInteger(Integer.MAX_VALUE);
    private final WriteTurns turns = new WriteTurns(new WriterLimits(limit::get, limitUpToDate::get), now::get);
    private final ExecutorService writers = Executors.newCachedThreadPool();

    @AfterEach
    void close() {
        writers.shutdownNow();
    }

    private CompletableFuture<WriteTurns.Turn> begin(long lagMillis) {
        return CompletableFuture.supplyAsync(() -> turns.begin(lagMillis), writers);
    }

    /** Once they wait for their turns. */
    private void settle(List<Thread> waiting) {
        Await.until(() -> waiting.stream().allMatch(each -> each.getState() == Thread.State.TIMED_WAITING));
    }

    private Thread waiter(long lagMillis, List<String> order, String name) {
        Thread thread = new Thread(() -> {
            try (WriteTurns.Turn turn = turns.begin(lagMillis)) {
                synchronized (order) {
                    order.add(name);
                }
            }
        });
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    @Test
    void thoseBehindWriteOneAfterTheOtherInTheOrderOfTheirComing() throws Exception {
        WriteTurns.Turn first = begin(BEHIND).get();
        List<String> order = new ArrayList<>();
        List<Thread> waiting = new ArrayList<>();
        for (String name : List.of("a", "b", "c")) {
            waiting.add(waiter(BEHIND, order, name));
            settle(waiting);
        }
        assertThat(order).isEmpty();

        first.close();
        for (Thread each : waiting) {
            each.join();
        }

        assertThat(order).containsExactly("a", "b", "c");
    }

    @Test
    void whoIsUpToDateIsNotKeptWaiting() throws Exception {
        WriteTurns.Turn first = begin(BEHIND).get();

        begin(WriteTurns.BEHIND.toMillis() - 1).get();
        begin(-1).get();

        first.close();
    }

    @Test
    void everybodyWritesWhenNobodyElseUsesTheServer() throws Exception {
        limit.set(Integer.MAX_VALUE);

        begin(BEHIND).get();
        begin(BEHIND).get();
        begin(BEHIND).get();
    }

    @Test
    void gatheredChangesAreNotWrittenInAllPartitionsAtOnceBesideOthers() throws Exception {
        limitUpToDate.set(1);
        WriteTurns.Turn first = begin(0).get();
        List<String> order = new ArrayList<>();
        List<Thread> waiting = new ArrayList<>();
        for (String name : List.of("a", "b")) {
            waiting.add(waiter(0, order, name));
            settle(waiting);
        }
        assertThat(order).isEmpty();

        first.close();
        for (Thread each : waiting) {
            each.join();
        }

        assertThat(order).containsExactly("a", "b");
    }

    @Test
    void whoIsUpToDateWaitsForALockOfAnotherPartitionForAMomentOnly() throws Exception {
        limitUpToDate.set(1);
        begin(0).get();
        List<String> order = new ArrayList<>();
        Thread second = waiter(0, order, "second");
        settle(List.of(second));

        now.addAndGet(WriteTurns.SHORT_WAIT.toNanos());
        second.join();

        assertThat(order).containsExactly("second");
    }

    @Test
    void oneThatHangsDoesNotDelayEveryLaterBatch() throws Exception {
        limitUpToDate.set(1);
        begin(0).get();
        now.addAndGet(WriteTurns.SHORT_WAIT.toNanos());
        begin(0).get().close();
        begin(0).get().close();
    }

    @Test
    void whoIsBehindIsNotKeptByThoseUpToDate() throws Exception {
        limitUpToDate.set(1);
        WriteTurns.Turn first = begin(0).get();
        begin(BEHIND).get().close();
        first.close();
    }

    @Test
    void whoIsUpToDateLetsThoseBehindGoFirst() throws Exception {
        limitUpToDate.set(1);
        WriteTurns.Turn first = begin(BEHIND).get();
        List<String> order = new ArrayList<>();
        List<Thread> waiting = new ArrayList<>();
        waiting.add(waiter(0, order, "up to date"));
        settle(waiting);
        waiting.add(waiter(BEHIND, order, "behind"));
        settle(waiting);

        first.close();
        for (Thread each : waiting) {
            each.join();
        }

        assertThat(order).containsExactly("behind", "up to date");
    }

    @Test
    void fewWriteAgainOnceNobodyIsBehindAnyMore() throws Exception {
        long lag = BEHIND;
        for (int window = 0; window < 3; window++) {
            writeForAWindow(lag);
            lag += WriteTurns.WINDOW.toMillis();
        }
        limitUpToDate.set(1);
        now.addAndGet(WriteTurns.WINDOW.toNanos());
        WriteTurns.Turn first = begin(0).get();
        List<String> order = new ArrayList<>();
        Thread second = waiter(0, order, "second");
        settle(List.of(second));
        assertThat(order).isEmpty();

        first.close();
        second.join();
    }

    @Test
    void moreAreLetInWhenFewDoNotMakeUpForTheLag() throws Exception {
        long lag = BEHIND;
        for (int window = 0; window < 3; window++) {
            writeForAWindow(lag);
            lag += WriteTurns.WINDOW.toMillis();
        }
        begin(lag).get();

        begin(lag).get();
    }

    private void writeForAWindow(long lagMillis) throws Exception {
        for (int half = 0; half < 2; half++) {
            begin(lagMillis).get().close();
            now.addAndGet(WriteTurns.WINDOW.toNanos() / 2);
        }
    }

    @Test
    void noMoreAreLetInWhileFewMakeUpForTheLag() throws Exception {
        long lag = BEHIND;
        for (int window = 0; window < 5; window++) {
            writeForAWindow(lag);
            lag -= WriteTurns.WINDOW.toMillis();
        }
        WriteTurns.Turn first = begin(lag).get();
        List<String> order = new ArrayList<>();
        Thread second = waiter(lag, order, "second");
        settle(List.of(second));
        assertThat(order).isEmpty();

        first.close();
        second.join();
    }

    @Test
    void aStopThatIsWaitedForLetsEverybodyIn() throws Exception {
        WriteTurns.Turn first = begin(BEHIND).get();
        List<String> order = new ArrayList<>();
        Thread second = waiter(BEHIND, order, "second");
        settle(List.of(second));

        turns.hurry(true);
        second.join();

        assertThat(order).containsExactly("second");
        first.close();
    }

    @Test
    void oneThatIsHeldUpByALockDoesNotHoldUpTheOthersForGood() throws Exception {
        begin(BEHIND).get();
        List<String> order = new ArrayList<>();
        Thread second = waiter(BEHIND, order, "second");
        settle(List.of(second));

        now.addAndGet(WriteTurns.LONGEST_WAIT.toNanos());
        second.join();

        assertThat(order).containsExactly("second");
        // Nor does the next one wait so long again.
        begin(BEHIND).get();
    }

    @Test
    void aServerThatDoesNotAnswerKeepsNeitherAStopNorOthersWaiting() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        WriteTurns slow = new WriteTurns(
                new WriterLimits(
                        () -> {
                            asked.countDown();
                            try {
                                answer.await();
                            } catch (InterruptedException e) {
                                throw new InterruptException(e);
                            }
                            return 1;
                        },
                        () -> Integer.MAX_VALUE),
                now::get);
        CompletableFuture<WriteTurns.Turn> first = CompletableFuture.supplyAsync(() -> slow.begin(BEHIND), writers);
        asked.await();

        CompletableFuture.runAsync(() -> slow.begin(0).close(), writers).get();
        CompletableFuture.runAsync(() -> slow.hurry(true), writers).get();

        answer.countDown();
        first.get().close();
    }
}
