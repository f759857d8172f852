package dev.shoofly.database.throttle;

import java.time.Duration;

/**
 * Chooses the share of its time that each worker works. Not stop and go: near the limit the share shrinks in proportion to
 * what is too much and grows back slowly, as TCP shares a line (additive increase, multiplicative decrease, Chiu and Jain
 * 1989; slow start, Jacobson 1988), so that it settles just below the limit. Only far beyond the limit it stops, and then
 * until the pressure is well below it. Not thread-safe; knows no clock.
 */
final class SpeedController {
    /** Below this it grows; from here to 1 it stays. */
    static final double EASY = 0.75;
    /** From here on it stops. */
    static final double FAR = 2;

    static final double LEAST = 0.05;
    /** Full speed a second later unless something is in the way: a copy of a few seconds is not slowed by the start. */
    private static final double FIRST = 0.25;
    /** A decrease shows only in later readings: before that it is not repeated, unless things get worse fast. */
    private static final Duration SETTLES_WITHIN = Duration.ofSeconds(1);

    private static final Duration WORSE_WITHIN = Duration.ofMillis(400);
    private static final double WORSE = 1.25;
    /** One decrease takes at most this: a single wild reading is no reason to crawl. */
    private static final double STRONGEST = 0.5;
    /** Per second, below the share at which it was last too much. */
    private static final double FAST = 4;
    /** Per second, beyond that while there is plenty of room. */
    private static final double ROOMY = 1.4;

    private static final double ROOM = 0.3;
    private static final double SLOWEST_STEP = 0.02;
    private static final double STEP = 0.08;
    private static final double LONGEST_INTERVAL_SECONDS = 1;

    private double share = FIRST;
    private double lastTooMuch = 1;
    private boolean stopped;
    private boolean began;
    private long observedAt;
    private long decreasedAt;
    private double decreasedFor;

    /** From 0, not at all, to 1, all the time. */
    double share() {
        return stopped ? 0 : share;
    }

    /** @param pressure the worst there is; 1 is at the limit */
    void observe(double pressure, long nowNanos) {
        double seconds = began ? Math.min(LONGEST_INTERVAL_SECONDS, (nowNanos - observedAt) / 1e9) : 0;
        if (!began) {
            decreasedAt = nowNanos - SETTLES_WITHIN.toNanos();
        }
        began = true;
        observedAt = nowNanos;
        if (stopped) {
            if (pressure < EASY) {
                stopped = false;
                share = LEAST;
            }
        } else if (pressure >= FAR) {
            stop(pressure);
        } else if (pressure > 1) {
            decrease(pressure, nowNanos);
        } else if (pressure < EASY) {
            increase(pressure, seconds);
        }
    }

    private void stop(double pressure) {
        stopped = true;
        // A plain no tells nothing of the share that would have been right.
        lastTooMuch = pressure >= Reading.STOP ? share : Math.max(LEAST, share / 2);
    }

    private void decrease(double pressure, long nowNanos) {
        long since = nowNanos - decreasedAt;
        boolean worse = pressure > WORSE * decreasedFor && since >= WORSE_WITHIN.toNanos();
        if (worse || since >= SETTLES_WITHIN.toNanos()) {
            share = Math.max(LEAST, share * Math.max(STRONGEST, 1 / pressure));
            lastTooMuch = share;
            decreasedAt = nowNanos;
            decreasedFor = pressure;
        }
    }

    private void increase(double pressure, double seconds) {
        if (share < lastTooMuch) {
            share = Math.min(lastTooMuch, share * Math.pow(FAST, seconds));
            return;
        }
        share = pressure < ROOM
                ? share * Math.pow(ROOMY, seconds)
                : share + (SLOWEST_STEP + STEP * (EASY - pressure) / EASY) * seconds;
        share = Math.min(1, share);
        lastTooMuch = share;
    }
}
