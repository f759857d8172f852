package dev.shoofly.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class BatchPaceTest {
    private static final Duration FOR_EVER = Duration.ofHours(1);
    private final BatchPace pace = new BatchPace();

    @Test
    void doesNotWaitUnlessItIsToldTo() throws Exception {
        pace.awaitNext(1, System.nanoTime());
    }

    @Test
    void letsChangesGatherFromTheBeginOfTheBatchBefore() throws Exception {
        pace.gather(FOR_EVER);
        pace.awaitNext(1, System.nanoTime() - FOR_EVER.toNanos());

        pace.gather(Duration.ofMillis(50));
        long began = System.nanoTime();
        pace.awaitNext(1, began);
        assertThat(System.nanoTime() - began)
                .isGreaterThanOrEqualTo(Duration.ofMillis(50).toNanos());
    }

    @Test
    void aBacklogIsWorkedOffWithoutAWait() throws Exception {
        pace.gather(FOR_EVER);
        pace.awaitNext(1_000, System.nanoTime());
    }

    @Test
    void aWaitEndsWhenSomebodyBeginsToWaitForTheShadow() throws Exception {
        pace.gather(FOR_EVER);
        AtomicBoolean interrupted = new AtomicBoolean();
        Thread polling = new Thread(() -> {
            try {
                pace.awaitNext(1, System.nanoTime());
            } catch (InterruptedException e) {
                interrupted.set(true);
            }
        });
        polling.start();
        while (polling.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        pace.gather(Duration.ZERO);
        polling.join();
        assertThat(interrupted).isFalse();
    }
}
