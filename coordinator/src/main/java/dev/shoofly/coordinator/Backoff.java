package dev.shoofly.coordinator;

import java.util.concurrent.ThreadLocalRandom;

/** Pauses between attempts at the table's lock: each about twice as long as the one before, up to a bound. One thread. */
final class Backoff {
    private static final long FIRST_MILLIS = 300;
    private static final long LONGEST_MILLIS = 15_000;

    private long most = FIRST_MILLIS;

    /** Jittered: at least half of what it may be. */
    long nextMillis() {
        long next = most / 2 + ThreadLocalRandom.current().nextLong(most / 2 + 1);
        most = Math.min(most * 2, LONGEST_MILLIS);
        return next;
    }
}
