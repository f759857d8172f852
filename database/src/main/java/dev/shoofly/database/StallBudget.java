package dev.shoofly.database;

import java.time.Duration;

/**
 * For how long one attempt of the swap may make the application's statements wait. What comes before the exchange of names has
 * four fifths of it; that itself cannot be interrupted half-way and has the rest.
 *
 * @param since when the application began to wait; {@link System#nanoTime}
 */
public record StallBudget(long since, Duration longest) {
    private static final double BEFORE_THE_EXCHANGE = 0.8;

    /** When everything is to be released, unless the exchange has begun. */
    public long endsAt() {
        return since + (long) (longest.toNanos() * BEFORE_THE_EXCHANGE);
    }

    /** What is left of it, at most this; never nothing, which would mean "for ever" to a server. */
    public Duration atMost(Duration limit) {
        return atMost(limit, endsAt());
    }

    private static Duration atMost(Duration limit, long until) {
        Duration left = Duration.ofNanos(Math.max(1_000_000, until - System.nanoTime()));
        return left.compareTo(limit) < 0 ? left : limit;
    }

    /** What is left for the exchange, at most this; never nothing. */
    public Duration forExchange(Duration limit) {
        return atMost(limit, since + longest.toNanos());
    }

    /** This limit, or what the application may wait altogether before the exchange, whichever is less. */
    public Duration shorter(Duration limit) {
        Duration most = Duration.ofNanos(endsAt() - since);
        return most.compareTo(limit) < 0 ? most : limit;
    }

    /** Whether it is time to release everything. */
    public boolean isOver() {
        return System.nanoTime() - endsAt() >= 0;
    }

    /** Why an attempt was given up, for people. */
    public String words() {
        return "the application would have waited for longer than --max-stall (" + longest.toMillis()
                + " ms): everything was released after "
                + (System.nanoTime() - since) / 1_000_000 + " ms";
    }
}
