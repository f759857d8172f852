package dev.shoofly.backfill;

import java.time.Duration;

/** How hard the copy works. Asked again and again while it runs: the answers may change at any time. Any thread. */
public interface Pace {
    Duration DEFAULT_CHUNK_TIME = Duration.ofMillis(200);

    /** Chunks that this process copies at the same time; at least 1. */
    int threads();

    /** What a chunk should take; positive. */
    Duration chunkTime();

    /** One that stays the same. */
    static Pace of(int threads, Duration chunkTime) {
        if (threads < 1 || chunkTime.isNegative() || chunkTime.isZero()) {
            throw new IllegalArgumentException(
                    "a copy needs a thread and time for a chunk: " + threads + " threads, " + chunkTime);
        }
        return new Pace() {
            @Override
            public int threads() {
                return threads;
            }

            @Override
            public Duration chunkTime() {
                return chunkTime;
            }
        };
    }
}
