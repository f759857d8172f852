package dev.shoofly.database.throttle;

import java.time.Duration;

/**
 * What one worker owes for the work it has done: so much waiting that work / (work + waiting) is its share. Waiting pays at
 * the rate of the share that is in force meanwhile, so a change of it counts from its moment on. One thread; knows no clock.
 */
final class Debt {
    /** More is forgiven: one chunk that hung on a lock must not stop its worker for an hour. */
    static final Duration MOST = Duration.ofSeconds(2);

    /** Nanoseconds of work that are not paid for. */
    private double owed;

    void work(Duration took) {
        owed = Math.min(MOST.toNanos(), owed + took.toNanos());
    }

    void waited(long nanos, double share) {
        owed -= share >= 1 ? owed : nanos * rate(share);
    }

    /** @return nanoseconds to wait at this share; 0: none; {@link Long#MAX_VALUE}: until it is another */
    long toWait(double share) {
        if (share <= 0) {
            return Long.MAX_VALUE;
        }
        return share >= 1 || owed <= 0 ? 0 : (long) Math.ceil(owed / rate(share));
    }

    /** The worker begins anew: nothing is saved up either. */
    void settle() {
        owed = 0;
    }

    private static double rate(double share) {
        return share / (1 - share);
    }
}
