package dev.shoofly.capture;

import io.debezium.engine.spi.OffsetCommitPolicy;
import java.time.Duration;

/**
 * How often the position is saved: each second. A capture that starts afresh does it sooner at first, because its migration
 * waits until there is a position.
 */
final class SavingPace implements OffsetCommitPolicy {
    private static final Duration USUAL = Duration.ofSeconds(1);
    private static final Duration AT_FIRST = Duration.ofMillis(50);
    private static final Duration START = Duration.ofSeconds(5);
    private final long made = System.nanoTime();
    private final boolean waitedFor;

    SavingPace(CaptureSettings.Start start) {
        this.waitedFor = start == CaptureSettings.Start.FRESH;
    }

    @Override
    public boolean performCommit(long recordsSinceLast, Duration sinceLast) {
        boolean soon = waitedFor && System.nanoTime() - made < START.toNanos();
        return sinceLast.compareTo(soon ? AT_FIRST : USUAL) >= 0;
    }
}
