package dev.shoofly.database.throttle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class DutyCycleTest {
    private final DutyCycle duty = new DutyCycle(System::nanoTime);
    private final ExecutorService workers = Executors.newCachedThreadPool();

    @AfterEach
    void end() {
        workers.shutdownNow();
    }

    @Test
    void aStopHoldsEverybodyAndEndsForEverybodyAtOnce() throws Exception {
        duty.share(0, "flag file exists", false);
        Future<Boolean> first = workers.submit(passing());
        Future<Boolean> second = workers.submit(passing());
        assertThatThrownBy(() -> first.get(100, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
        assertThat(duty.heldBackBy()).contains("flag file exists");
        assertThat(duty.isInUse(Duration.ZERO)).isTrue();
        duty.share(1, null, true);
        assertThat(first.get()).isTrue();
        assertThat(second.get()).isTrue();
        assertThat(duty.heldBackBy()).isEmpty();
    }

    @Test
    void whoeverPaysForALongChunkIsLetGoWhenTheSpeedRises() throws Exception {
        duty.share(0.05, "slow", true);
        Future<Boolean> worker = workers.submit(() -> {
            duty.await();
            duty.finished(Duration.ofSeconds(10), 1);
            duty.await();
            return true;
        });
        assertThatThrownBy(() -> worker.get(200, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
        duty.share(1, null, true);
        assertThat(worker.get()).isTrue();
    }

    @Test
    void oneWorkersDebtIsNotAnothers() throws Exception {
        duty.share(0.01, "slow", true);
        CompletableFuture<Boolean> owes = new CompletableFuture<>();
        Future<Boolean> busy = workers.submit(() -> {
            duty.await();
            duty.finished(Duration.ofSeconds(10), 1);
            owes.complete(true);
            duty.await();
            return true;
        });
        owes.get();
        assertThat(workers.submit(passing()).get()).isTrue();
        assertThat(busy.isDone()).isFalse();
    }

    @Test
    void waitingEndsWithAnInterrupt() throws Exception {
        duty.share(0, "stopped", false);
        CompletableFuture<Throwable> end = new CompletableFuture<>();
        Thread worker = new Thread(() -> {
            try {
                duty.await();
            } catch (InterruptedException e) {
                end.complete(e);
            }
        });
        worker.start();
        worker.interrupt();
        assertThat(end.get()).isInstanceOf(InterruptedException.class);
    }

    @Test
    void whatCannotBeSlowedDownStartsOnlyInACalm() throws Exception {
        duty.share(0.3, "replica lags", false);
        Future<Boolean> index = workers.submit(() -> {
            duty.awaitCalm();
            return true;
        });
        assertThatThrownBy(() -> index.get(100, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
        duty.share(0.3, "speeding up", true);
        assertThat(index.get()).isTrue();
    }

    @Test
    void isInUseForAWhileAfterTheLastChunk() throws InterruptedException, ExecutionException {
        AtomicLong clock = new AtomicLong(Duration.ofHours(1).toNanos());
        DutyCycle watched = new DutyCycle(clock::get);
        assertThat(watched.isInUse(Duration.ofSeconds(5))).isFalse();
        watched.await();
        watched.finished(Duration.ofMillis(1), 1);
        clock.addAndGet(Duration.ofSeconds(4).toNanos());
        assertThat(watched.isInUse(Duration.ofSeconds(5))).isTrue();
        clock.addAndGet(Duration.ofSeconds(2).toNanos());
        assertThat(watched.isInUse(Duration.ofSeconds(5))).isFalse();
    }

    private Callable<Boolean> passing() {
        return () -> {
            duty.await();
            return true;
        };
    }
}
