package dev.shoofly.backfill;

import dev.shoofly.model.MigrationPlan;

/**
 * How much is copied at a time.
 *
 * @param chunkRows rows of the first chunk; later ones follow the time that chunks take ({@link ChunkSizer})
 * @param threads segments that are copied at the same time
 */
public record BackfillSettings(MigrationPlan plan, int chunkRows, int threads) {
    public BackfillSettings {
        if (chunkRows < 1 || threads < 1) {
            throw new IllegalArgumentException(
                    "a backfill needs a row per chunk and a thread: " + chunkRows + " rows, " + threads + " threads");
        }
    }
}
