package dev.shoofly.database.throttle;

import dev.shoofly.model.throttle.ReplicaLimits;
import java.time.Duration;
import java.util.List;

/**
 * How far one replica may fall behind.
 *
 * @param own whether it is this replica's own, and not that of all
 */
public record LagLimit(Duration most, boolean own) {
    /** @param names by which people may have given it a limit of its own, the most exact first */
    public static LagLimit of(ReplicaLimits limits, List<String> names) {
        return limits.ownLag(names)
                .map(own -> new LagLimit(own, true))
                .orElseGet(() -> new LagLimit(limits.maxLag(), false));
    }

    /** How a lag reads. */
    public Reading reading(String name, Duration lag) {
        return Reading.of(
                SignalKind.REPLICA_LAG,
                name,
                lag.toNanos(),
                most.toNanos(),
                "lags " + Words.millis(lag.toNanos() / 1e6) + " (" + (own ? "its own limit " : "limit ")
                        + Words.duration(most) + ")");
    }
}
