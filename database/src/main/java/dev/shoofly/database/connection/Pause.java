package dev.shoofly.database.connection;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** Waiting between tries. Any thread. */
public final class Pause {
    private Pause() {}

    /** Between half of it and all of it: two that collided must not collide again. */
    public static void jittered(Duration most, String what) {
        long nanos = most.toNanos();
        exactly(Duration.ofNanos(nanos / 2 + ThreadLocalRandom.current().nextLong(nanos / 2 + 1)), what);
    }

    /** @throws ShooflyException SUPERSEDED, with the interrupt flag set, when interrupted */
    public static void exactly(Duration pause, String what) {
        try {
            Thread.sleep(pause.toMillis(), pause.toNanosPart() % 1_000_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ShooflyException(ErrorKind.SUPERSEDED, what + " was interrupted", e);
        }
    }
}
