package dev.shoofly.database.throttle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class ThrottleTest {
    @Test
    void aPauseThatComesWhileTheThrottleHoldsIsKept() throws Exception {
        DutyCycle duty = new DutyCycle(System::nanoTime);
        PauseGate gate = new PauseGate();
        duty.share(0, "replica lags", false);
        CompletableFuture<Boolean> worker = passing(Throttle.allOf(duty, gate));
        while (!duty.isInUse(Duration.ZERO)) {
            Thread.onSpinWait();
        }
        gate.pause();
        duty.share(1, null, true);
        assertThatThrownBy(() -> worker.get(100, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
        gate.resume();
        assertThat(worker.get(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aPausedGateHoldsEverybodyUntilItIsResumed() throws Exception {
        PauseGate gate = new PauseGate();
        gate.await();
        gate.pause();
        assertThat(gate.heldBackBy()).contains("paused");
        CompletableFuture<Boolean> first = passing(gate);
        CompletableFuture<Boolean> second = passing(gate);
        assertThatThrownBy(() -> first.get(100, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
        gate.resume();
        assertThat(first.get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(second.get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(gate.heldBackBy()).isEmpty();
    }

    @Test
    void severalThrottlesAllHearOfTheCostAndTheFirstThatHoldsBackIsNamed() throws Exception {
        List<String> heard = new ArrayList<>();
        PauseGate gate = new PauseGate();
        Throttle listening = new Throttle() {
            @Override
            public void finished(Duration took, long rows) {
                heard.add(rows + " rows in " + took.toMillis() + " ms");
            }
        };
        Throttle all = Throttle.allOf(listening, gate, listening);
        all.await();
        all.finished(Duration.ofMillis(200), 5);
        gate.pause();
        assertThat(heard).containsExactly("5 rows in 200 ms", "5 rows in 200 ms");
        assertThat(all.heldBackBy()).contains("paused");
    }

    private static CompletableFuture<Boolean> passing(Throttle throttle) {
        CompletableFuture<Boolean> passed = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                throttle.await();
                passed.complete(true);
            } catch (InterruptedException e) {
                passed.completeExceptionally(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return passed;
    }
}
