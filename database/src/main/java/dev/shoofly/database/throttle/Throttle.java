package dev.shoofly.database.throttle;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Gives permission for one chunk of work at a time and is told what each chunk cost, so that an implementation can steer
 * by signals of the server as well as by a share of the measured rate. Any thread; several at a time. A worker is one
 * thread: the one that was permitted reports what it did.
 */
public interface Throttle {
    /** Always permits. */
    Throttle UNTHROTTLED = new Throttle() {};

    /**
     * Returns when the next chunk may start.
     *
     * @throws InterruptedException while waiting
     */
    default void await() throws InterruptedException {}

    /**
     * Returns when something may start that cannot be slowed down once it runs, such as the build of an index: when nothing
     * is beyond its limit.
     *
     * @throws InterruptedException while waiting
     */
    default void awaitCalm() throws InterruptedException {
        await();
    }

    /** Reports a chunk that was permitted and has ended well. */
    default void finished(Duration took, long rows) {}

    /** What holds the work back at this moment, for people; empty when nothing does. */
    default Optional<String> heldBackBy() {
        return Optional.empty();
    }

    /** One that asks all of these in order. Whose no must hold to the last moment comes last. */
    static Throttle allOf(Throttle... throttles) {
        List<Throttle> all = List.of(throttles);
        return new Throttle() {
            @Override
            public void await() throws InterruptedException {
                for (Throttle each : all) {
                    each.await();
                }
            }

            @Override
            public void awaitCalm() throws InterruptedException {
                for (Throttle each : all) {
                    each.awaitCalm();
                }
            }

            @Override
            public void finished(Duration took, long rows) {
                all.forEach(each -> each.finished(took, rows));
            }

            @Override
            public Optional<String> heldBackBy() {
                return all.stream().flatMap(each -> each.heldBackBy().stream()).findFirst();
            }
        };
    }
}
