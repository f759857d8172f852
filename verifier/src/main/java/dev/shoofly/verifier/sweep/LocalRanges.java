package dev.shoofly.verifier.sweep;

import dev.shoofly.database.Comparer;
import dev.shoofly.database.throttle.Throttle;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.RowKey;
import org.jspecify.annotations.Nullable;

/** Compared here, one after the other, wherever the caller wants the next. */
public final class LocalRanges implements Ranges {
    private final Comparer comparer;
    private final Throttle throttle;
    private final RangeReader reader;

    /** @param throttle asked before each range */
    public LocalRanges(Comparer comparer, Throttle throttle) {
        this.comparer = comparer;
        this.throttle = throttle;
        this.reader = new RangeReader(comparer, throttle);
    }

    @Override
    public ComparedRange next(@Nullable RowKey after, int rows) throws InterruptedException {
        throttle.await();
        long begun = System.nanoTime();
        KeyRange range = new KeyRange(after, comparer.chunkEnd(after, rows).orElse(null));
        ComparedRange compared = reader.compare(range, begun);
        throttle.finished(compared.took(), compared.sourceRows());
        return compared;
    }

    @Override
    public void close() {
        // Holds nothing.
    }
}
