package dev.shoofly.backfill;

import dev.shoofly.database.ChunkCopier;
import dev.shoofly.database.ChunkCopier.ChunkResult;
import dev.shoofly.database.DirtyKeys;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.control.Segment;
import dev.shoofly.database.throttle.Throttle;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationMetrics.Counter;
import dev.shoofly.model.MigrationMetrics.Timer;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Copies one claimed segment from its position to its end, on the caller's thread. Holds no state between segments. */
final class SegmentCopy {
    private final ChunkCopier copier;
    private final DirtyKeys dirtyKeys;
    private final Throttle throttle;
    private final MigrationMetrics metrics;
    private final FaultPoints faultPoints;
    private final Retry retry;

    SegmentCopy(
            ChunkCopier copier,
            DirtyKeys dirtyKeys,
            Throttle throttle,
            MigrationMetrics metrics,
            FaultPoints faultPoints) {
        this.copier = copier;
        this.dirtyKeys = dirtyKeys;
        this.throttle = throttle;
        this.metrics = metrics;
        this.faultPoints = faultPoints;
        this.retry = Retry.OUTLAST_RESTART.notifying(this::countRetry);
    }

    /**
     * Copies from the segment's position on.
     *
     * @param wanted asked after each chunk
     * @return whether the segment is done; false: the caller is not wanted any more
     * @throws ShooflyException as {@link ChunkCopier#copy}; SUPERSEDED as well when interrupted
     */
    boolean copy(Segment segment, ChunkSizer sizer, BooleanSupplier wanted) {
        RowKey limit = Objects.requireNonNull(segment.range().upperInclusive(), "a segment has an end");
        RowKey position = segment.position() != null
                ? segment.position()
                : segment.range().lowerExclusive();
        boolean last = false;
        while (!last && wanted.getAsBoolean()) {
            RowKey lower = position;
            Chunk done = retry.call(
                    "copying a chunk of segment " + segment.number() + " of migration " + segment.migration()
                            + " after key " + (lower == null ? "(start)" : lower),
                    () -> copyOnce(segment, lower, limit, sizer));
            count(done);
            last = done.last;
            position = done.end;
            if (!last) {
                sizer.took(done.took);
            }
        }
        return last;
    }

    /**
     * Safe to repeat, whatever became of the attempt before: a copy inserts only rows that the shadow lacks, or begins where
     * the segment stands.
     */
    private Chunk copyOnce(Segment segment, @Nullable RowKey lower, RowKey limit, ChunkSizer sizer)
            throws InterruptedException {
        // Asked on every attempt: a paused migration leaves a server alone that is coming back from a restart.
        throttle.await();
        faultPoints.reach("backfill.before-chunk");
        long start = System.nanoTime();
        RowKey end = copier.chunkEnd(lower, limit, sizer.rows());
        boolean last = end.equals(limit);
        ChunkResult result = copier.copy(segment, new KeyRange(lower, end), last, dirtyKeys);
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        faultPoints.reach("backfill.after-chunk");
        return new Chunk(end, last, result, took);
    }

    private void count(Chunk chunk) {
        throttle.finished(chunk.took, chunk.result.rows());
        metrics.count(Counter.ROWS_COPIED, chunk.result.rows());
        metrics.count(Counter.KEYS_SWEPT, chunk.result.sweptKeys());
        metrics.count(Counter.COPY_RETRIES, chunk.result.retries());
        chunk.result.contention().countIn(metrics);
        metrics.time(Timer.COPY_CHUNK, chunk.took);
    }

    private void countRetry(Throwable error) {
        metrics.count(Counter.COPY_RETRIES, 1);
        if (SqlErrors.isConnectionLoss(error)) {
            metrics.count(Counter.RECONNECTS, 1);
        }
    }

    private record Chunk(RowKey end, boolean last, ChunkResult result, Duration took) {}
}
