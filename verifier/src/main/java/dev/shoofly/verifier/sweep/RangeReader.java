package dev.shoofly.verifier.sweep;

import dev.shoofly.database.Comparer;
import dev.shoofly.database.Comparer.ChunkComparison;
import dev.shoofly.database.throttle.Throttle;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.RowKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Compares single ranges under a throttle. Any thread. */
final class RangeReader {
    /** Most differing keys that are asked for at a time. */
    private static final int PAGE = 1_000;

    private final Comparer comparer;
    private final Throttle throttle;

    RangeReader(Comparer comparer, Throttle throttle) {
        this.comparer = comparer;
        this.throttle = throttle;
    }

    ComparedRange read(KeyRange range) throws InterruptedException {
        throttle.await();
        long begun = System.nanoTime();
        ComparedRange compared = compare(range, begun);
        throttle.finished(compared.took(), compared.sourceRows());
        return compared;
    }

    /** @param begun when the reading began, by {@link System#nanoTime} */
    ComparedRange compare(KeyRange range, long begun) {
        ChunkComparison comparison = comparer.compare(range);
        List<RowKey> differing = comparison.equal() ? List.of() : differingKeys(range);
        return new ComparedRange(
                range, comparison.sourceRows(), differing, Duration.ofNanos(System.nanoTime() - begun));
    }

    /** All of them, however many. */
    private List<RowKey> differingKeys(KeyRange range) {
        List<RowKey> found = new ArrayList<>();
        KeyRange rest = range;
        while (true) {
            List<RowKey> page = comparer.differingKeys(rest, PAGE);
            found.addAll(page);
            if (page.size() < PAGE) {
                return found;
            }
            rest = new KeyRange(page.get(page.size() - 1), range.upperInclusive());
        }
    }
}
