package dev.shoofly.model;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a migration looks after the disks that it fills.
 *
 * @param reserveBytes that must stay free; {@link #OFF}: nothing is checked beforehand
 * @param freeQuery a SELECT whose one number is the free bytes of the server's disk; null: its files are looked for here
 */
public record DiskSettings(long reserveBytes, @Nullable String freeQuery) {
    public static final long OFF = -1;
    /** More than a busy server writes between two looks. */
    public static final DiskSettings DEFAULT = new DiskSettings(1L << 30, null);

    public boolean isOff() {
        return reserveBytes == OFF;
    }

    /** What somebody wants to be otherwise; empty: as it is. */
    public record Change(Optional<Long> reserveBytes, Optional<String> freeQuery) {
        public static final Change NONE = new Change(Optional.empty(), Optional.empty());

        public boolean isNone() {
            return reserveBytes.isEmpty() && freeQuery.isEmpty();
        }

        public DiskSettings of(DiskSettings before) {
            return new DiskSettings(
                    reserveBytes.orElse(before.reserveBytes),
                    freeQuery.isPresent() ? freeQuery.get() : before.freeQuery);
        }
    }
}
