package dev.shoofly.database.mysql;

import dev.shoofly.model.FaultPoints;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Stops whoever first reaches a point until it is opened. */
final class Gate implements FaultPoints, AutoCloseable {
    private final String name;
    private final CountDownLatch arrived = new CountDownLatch(1);
    private final CountDownLatch opened = new CountDownLatch(1);

    Gate(String name) {
        this.name = name;
    }

    @Override
    public void reach(String point) {
        if (point.equals(name)) {
            arrived.countDown();
            await(opened);
        }
    }

    FaultPoints and(FaultPoints other) {
        return point -> {
            reach(point);
            other.reach(point);
        };
    }

    void awaitArrival() {
        await(arrived);
    }

    void open() {
        opened.countDown();
    }

    private void await(CountDownLatch latch) {
        try {
            if (!latch.await(30, TimeUnit.SECONDS)) {
                throw new AssertionError("nothing happened at " + name);
            }
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted at " + name, e);
        }
    }

    @Override
    public void close() {
        open();
    }
}
