package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.model.FaultPoints;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Holds a thread at a named point until the test lets it go. */
final class Stops implements FaultPoints {
    private final Map<String, Stop> armed = new ConcurrentHashMap<>();

    /** The next thread at the point stops there, once. */
    Stop arm(String point) {
        Stop stop = new Stop();
        armed.put(point, stop);
        return stop;
    }

    @Override
    public void reach(String point) {
        Stop stop = armed.remove(point);
        if (stop != null) {
            stop.reached.countDown();
            await(stop.released);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** One stop. */
    static final class Stop {
        private final CountDownLatch reached = new CountDownLatch(1);
        private final CountDownLatch released = new CountDownLatch(1);

        void awaitReached() {
            await(reached);
        }

        void release() {
            released.countDown();
        }
    }
}
