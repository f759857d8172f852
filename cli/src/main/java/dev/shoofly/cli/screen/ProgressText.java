package dev.shoofly.cli.screen;

import dev.shoofly.coordinator.MigrationSnapshot;
import dev.shoofly.model.MigrationState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Words a snapshot for people. Pure. */
public final class ProgressText {
    private static final double SLOWEST_RATE = 0.5;
    private static final long BYTES_PER_MIB = 1 << 20;

    private ProgressText() {}

    /** One line: table, phase, rows, rate, remaining time, lag, cut-over. */
    public static String line(MigrationSnapshot snapshot) {
        List<String> parts = new ArrayList<>();
        switch (snapshot.state()) {
            case COPYING -> copying(snapshot, parts);
            case VALIDATING -> parts.add(count(snapshot.rowsVerified()) + " rows verified");
            case CREATED, PLANNING, PREPARING, SYNCHRONIZING, READY, CUTOVER -> {}
            case COMPLETED, PAUSED, FAILED, ROLLED_BACK, CANCELLED -> {}
        }
        throttle(snapshot, parts);
        if (saysMoreThanTheState(snapshot)) {
            parts.add(snapshot.activity());
        }
        if (snapshot.keysApplied() > 0) {
            parts.add(count(snapshot.keysApplied()) + " keys applied");
        }
        if (snapshot.lagMillis() >= 0 && !snapshot.state().isFinal()) {
            parts.add("lag " + millis(snapshot.lagMillis()));
        }
        unclaimed(snapshot, parts);
        if (snapshot.mismatches() > 0) {
            parts.add(count(snapshot.mismatches()) + " MISMATCHES");
        }
        cutover(snapshot, parts);
        // A failure is worded in full by the command's last words.
        if (snapshot.reason() != null && snapshot.state() != MigrationState.FAILED) {
            parts.add(snapshot.reason());
        }
        return snapshot.table() + " " + snapshot.state() + (parts.isEmpty() ? "" : "  " + String.join(", ", parts));
    }

    private static boolean saysMoreThanTheState(MigrationSnapshot snapshot) {
        return switch (snapshot.state()) {
            case CREATED, PLANNING, PREPARING, SYNCHRONIZING, VALIDATING, READY, CUTOVER ->
                !snapshot.activity().isBlank();
            case COPYING, COMPLETED, PAUSED, FAILED, ROLLED_BACK, CANCELLED -> false;
        };
    }

    private static void copying(MigrationSnapshot snapshot, List<String> parts) {
        parts.add(String.format(
                Locale.ROOT,
                "%.1f %%, %s of %s rows, %s rows/s",
                percent(snapshot.state(), snapshot.rowsCopied(), snapshot.rowsTotal()),
                count(snapshot.rowsCopied()),
                count(snapshot.rowsTotal()),
                count(Math.round(snapshot.rowsPerSecond()))));
        long left = snapshot.rowsTotal() - snapshot.rowsCopied();
        if (snapshot.rowsPerSecond() > SLOWEST_RATE && left > 0) {
            parts.add("ETA " + duration(Duration.ofSeconds((long) Math.ceil(left / snapshot.rowsPerSecond()))));
        }
    }

    private static void throttle(MigrationSnapshot snapshot, List<String> parts) {
        boolean works = snapshot.state() == MigrationState.COPYING || snapshot.state() == MigrationState.VALIDATING;
        if (works && snapshot.throttle().fraction() < 1 && snapshot.throttle().heldBackBy() != null) {
            parts.add(speed(snapshot.throttle().fraction(), snapshot.throttle().heldBackBy()));
        }
    }

    /** {@code at 40 % speed: replica db2:3306 lags 1.4 s (limit 500 ms)}. */
    public static String speed(double fraction, @Nullable String heldBackBy) {
        String words = heldBackBy == null || fraction >= 1 ? "" : ": " + heldBackBy;
        return fraction <= 0 ? "HELD BACK" + words : "at " + Math.round(fraction * 100) + " % speed" + words;
    }

    private static void unclaimed(MigrationSnapshot snapshot, List<String> parts) {
        List<Integer> open = snapshot.apply().unclaimed();
        if (!open.isEmpty()
                && snapshot.state() != MigrationState.PAUSED
                && !snapshot.state().isFinal()) {
            parts.add(nobodyApplies(open));
        }
    }

    /** For people who can start an applier. */
    public static String nobodyApplies(List<Integer> partitions) {
        return "NOBODY APPLIES partition "
                + partitions.stream().map(String::valueOf).collect(Collectors.joining(", "))
                + ": start 'shoofly serve --roles applier'";
    }

    private static void cutover(MigrationSnapshot snapshot, List<String> parts) {
        if (snapshot.lockedMillis() >= 0) {
            parts.add("cut-over held the table for " + millis(snapshot.lockedMillis()) + " at attempt "
                    + snapshot.cutoverAttempts());
        } else if (snapshot.cutoverAttempts() > 0) {
            parts.add("cut-over attempt " + snapshot.cutoverAttempts());
        }
    }

    /**
     * How much of the rows is copied. The total is an estimate until the copy is done, so a running copy never shows more
     * than 99.9.
     */
    public static double percent(MigrationState state, long copied, long total) {
        return switch (state) {
            case SYNCHRONIZING, VALIDATING, READY, CUTOVER, COMPLETED, ROLLED_BACK -> 100;
            case CREATED, PLANNING, PREPARING -> 0;
            case COPYING, PAUSED, FAILED, CANCELLED ->
                total <= 0 ? 0 : Math.min(99.9, Math.floor(1000.0 * copied / total) / 10);
        };
    }

    /** {@code 1,234,567}. */
    public static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    /** {@code 512 bytes}, {@code 4.2 MiB}. */
    public static String bytes(long bytes) {
        if (bytes < BYTES_PER_MIB / 10) {
            return count(bytes) + " bytes";
        }
        return String.format(Locale.ROOT, "%,.1f MiB", (double) bytes / BYTES_PER_MIB);
    }

    /** {@code 950 ms}, {@code 4.2 s}. */
    public static String millis(long millis) {
        return millis < 1000 ? millis + " ms" : String.format(Locale.ROOT, "%.1f s", millis / 1000.0);
    }

    /** {@code 47 s}, {@code 3 min 05 s}, {@code 2 h 10 min}. */
    public static String duration(Duration duration) {
        long seconds = duration.toSeconds();
        if (seconds < 60) {
            return seconds + " s";
        }
        if (seconds < 3600) {
            return String.format(Locale.ROOT, "%d min %02d s", seconds / 60, seconds % 60);
        }
        return String.format(Locale.ROOT, "%d h %02d min", seconds / 3600, seconds / 60 % 60);
    }
}
