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
class CatchUpTest {
    private static final long BEHIND = CatchUp.BEHIND.toMillis() * 60;

    private final AtomicLong now = new AtomicLong(1);
    private final AtomicInteger limit = new AtomicInteger(1);
    private final CatchUp catchUp = new CatchUp(limit::get, now::get);
    private final ExecutorService writers = Executors.newCachedThreadPool();

    @AfterEach
    void close() {
        writers.shutdownNow();
    }

    private CompletableFuture<CatchUp.Turn> begin(long lagMillis) {
        return CompletableFuture.supplyAsync(() -> catchUp.begin(lagMillis), writers);
    }

    /** Once they wait for their turns. */
    private void settle(List<Thread> waiting) {
        Await.until(() -> waiting.stream().allMatch(each -> each.getState() == Thread.State.TIMED_WAITING));
    }

    private Thread waiter(long lagMillis, List<String> order, String name) {
        Thread thread = new Thread(() -> {
            try (CatchUp.Turn turn = catchUp.begin(lagMillis)) {
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
        CatchUp.Turn first = begin(BEHIND).get();
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
        CatchUp.Turn first = begin(BEHIND).get();

        begin(CatchUp.BEHIND.toMillis() - 1).get();
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
    void moreAreLetInWhenFewDoNotMakeUpForTheLag() throws Exception {
        long lag = BEHIND;
        for (int window = 0; window < 3; window++) {
            writeForAWindow(lag);
            lag += CatchUp.WINDOW.toMillis();
        }
        begin(lag).get();

        begin(lag).get();
    }

    private void writeForAWindow(long lagMillis) throws Exception {
        for (int half = 0; half < 2; half++) {
            begin(lagMillis).get().close();
            now.addAndGet(CatchUp.WINDOW.toNanos() / 2);
        }
    }

    @Test
    void noMoreAreLetInWhileFewMakeUpForTheLag() throws Exception {
        long lag = BEHIND;
        for (int window = 0; window < 5; window++) {
            writeForAWindow(lag);
            lag -= CatchUp.WINDOW.toMillis();
        }
        CatchUp.Turn first = begin(lag).get();
        List<String> order = new ArrayList<>();
        Thread second = waiter(lag, order, "second");
        settle(List.of(second));
        assertThat(order).isEmpty();

        first.close();
        second.join();
    }

    @Test
    void aStopThatIsWaitedForLetsEverybodyIn() throws Exception {
        CatchUp.Turn first = begin(BEHIND).get();
        List<String> order = new ArrayList<>();
        Thread second = waiter(BEHIND, order, "second");
        settle(List.of(second));

        catchUp.hurry(true);
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

        now.addAndGet(CatchUp.LONGEST_WAIT.toNanos());
        second.join();

        assertThat(order).containsExactly("second");
        // Nor does the next one wait so long again.
        begin(BEHIND).get();
    }

    @Test
    void aServerThatDoesNotAnswerKeepsNeitherAStopNorOthersWaiting() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        CatchUp slow = new CatchUp(
                () -> {
                    asked.countDown();
                    try {
                        answer.await();
                    } catch (InterruptedException e) {
                        throw new InterruptException(e);
                    }
                    return 1;
                },
                now::get);
        CompletableFuture<CatchUp.Turn> first = CompletableFuture.supplyAsync(() -> slow.begin(BEHIND), writers);
        asked.await();

        CompletableFuture.runAsync(() -> slow.begin(0).close(), writers).get();
        CompletableFuture.runAsync(() -> slow.hurry(true), writers).get();

        answer.countDown();
        first.get().close();
    }
}
