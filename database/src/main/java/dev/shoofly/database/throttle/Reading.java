package dev.shoofly.database.throttle;

/**
 * What a signal said at one moment.
 *
 * @param name what was measured: a replica, a variable, a file
 * @param pressure value divided by limit, 0 to {@link #STOP}; {@link #UNKNOWN}: it cannot be measured
 * @param words the value and its limit, or why there is none, for people; no line break
 * @param guess whether nobody but us has chosen the limit, from what the server is like: it may be wrong
 */
public record Reading(SignalKind kind, String name, double pressure, String words, boolean guess) {
    /** Far beyond any limit; also of signals that know only yes and no. */
    public static final double STOP = 10;

    public static final double UNKNOWN = -1;

    public Reading(SignalKind kind, String name, double pressure, String words) {
        this(kind, name, pressure, words, false);
    }

    /** @param limit above 0 */
    public static Reading of(SignalKind kind, String name, double value, double limit, String words) {
        return new Reading(kind, name, Math.min(STOP, Math.max(0, value / limit)), words);
    }

    public static Reading calm(SignalKind kind, String name, String words) {
        return new Reading(kind, name, 0, words);
    }

    public static Reading stop(SignalKind kind, String name, String words) {
        return new Reading(kind, name, STOP, words);
    }

    /** It holds nothing back, and people are told why. */
    public static Reading unknown(SignalKind kind, String name, String words) {
        return new Reading(kind, name, UNKNOWN, words);
    }

    /** {@code replica db2:3306 lags 1.4 s (limit 500 ms)}. */
    public String sentence() {
        return name + " " + words;
    }
}
