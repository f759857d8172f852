package dev.shoofly.model.throttle;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How hard the copy works when nothing holds it back.
 *
 * @param ioPercent share of the unthrottled rate, 1 to 100; 0 as in older settings means 100
 * @param copyThreads of each process that copies, 1 to 64; 0: chosen automatically
 * @param chunkTime that a chunk should take, 10 ms to 10 s; null: chosen automatically
 */
public record CopyPace(
        int ioPercent, int copyThreads, @Nullable Duration chunkTime) {
    public static final int MOST_THREADS = 64;
    public static final CopyPace DEFAULT = new CopyPace(100, 0, null);

    private static final Duration LEAST_TIME = Duration.ofMillis(10);
    private static final Duration MOST_TIME = Duration.ofSeconds(10);

    public CopyPace {
        ioPercent = ioPercent == 0 ? 100 : ioPercent;
    }

    void check(List<String> problems) {
        Ranges.check(problems, "throttle-io", ioPercent, 1, 100);
        Ranges.check(problems, "copy-threads", copyThreads, 0, MOST_THREADS);
        if (chunkTime != null) {
            Ranges.check(problems, "chunk-time", chunkTime, LEAST_TIME, MOST_TIME);
        }
    }
}
