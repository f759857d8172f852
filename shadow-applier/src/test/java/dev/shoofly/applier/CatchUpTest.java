package dev.shoofly.applier;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
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
            begin(lag).get().close();
            now.addAndGet(CatchUp.WINDOW.toNanos());
            lag += CatchUp.WINDOW.toMillis();
        }
        begin(lag).get();

        begin(lag).get();
    }

    @Test
    void noMoreAreLetInWhileFewMakeUpForTheLag() throws Exception {
        long lag = BEHIND;
        for (int window = 0; window < 5; window++) {
            begin(lag).get().close();
            now.addAndGet(CatchUp.WINDOW.toNanos());
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
    }
}
