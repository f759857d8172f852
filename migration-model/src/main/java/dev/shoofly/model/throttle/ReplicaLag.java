package dev.shoofly.model.throttle;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How far one replica may fall behind, whatever holds for the others.
 *
 * @param replica as it is shown to people: {@code host:port}, {@code host} for every replica there, or what a standby that
 *     PostgreSQL lists calls itself; in upper or lower case
 * @param maxLag null means 500 ms
 */
public record ReplicaLag(String replica, Duration maxLag) {
    public ReplicaLag {
        replica = Objects.requireNonNullElse(replica, "");
        maxLag = Objects.requireNonNullElse(maxLag, ReplicaLimits.DEFAULT_LAG);
    }

    public boolean isOf(@Nullable String name) {
        return replica.equalsIgnoreCase(name);
    }

    /** {@code db2:3306=10s}. */
    @Override
    public String toString() {
        return replica + "=" + Ranges.words(maxLag);
    }
}
