package dev.shoofly.database.control;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the process that watches the server's load measured and decided last.
 *
 * @param fraction share of its time that each copying thread works, 0 to 1
 * @param heldBackBy why it is below 1, for people; null: it is not
 * @param throttledMillis for how long work would have had to stand still to lose what was lost so far
 * @param baselineMicros nine of ten small commits took no longer before the copy began; -1: not measured
 * @param signals what was measured, the worst first
 * @param age since it was saved, by the server's clock; null: never
 */
public record ThrottleState(
        double fraction,
        @Nullable String heldBackBy,
        long throttledMillis,
        long baselineMicros,
        List<Signal> signals,
        @Nullable Duration age) {
    /** Before anything was measured. */
    public static final ThrottleState UNKNOWN = new ThrottleState(1, null, 0, -1, List.of(), null);

    /**
     * One of them.
     *
     * @param kind name of a {@code SignalKind}
     * @param name what was measured: a replica, a variable, a file
     * @param pressure value divided by limit: above 1 the work slows down; -1: it cannot be measured, and the words say why
     */
    public record Signal(String kind, String name, double pressure, String words) {}

    public ThrottleState {
        signals = List.copyOf(signals);
    }
}
