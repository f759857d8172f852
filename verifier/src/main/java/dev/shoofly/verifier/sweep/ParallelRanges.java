package dev.shoofly.verifier.sweep;

import dev.shoofly.database.Comparer;
import dev.shoofly.database.throttle.Throttle;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.RowKey;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.concurrent.Future;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Compared here, several at a time: ranges are cut ahead by who asks for them, and handed out in the key's order. What is behind
 * the one that was handed out last has no claim to be remembered; who goes on from there compares it again.
 */
public final class ParallelRanges implements Ranges {
    private final Comparer comparer;
    private final Throttle throttle;
    private final Crew crew;
    private final Deque<Cut> cut = new ArrayDeque<>();
    private boolean begun;
    private boolean allCut;
    private @Nullable RowKey cutTo;

    private record Cut(KeyRange range, Future<ComparedRange> compared) {}

    /**
     * @param throttle asked before each range, by the thread that compares it, and before each cut
     * @param threads that compare; asked again and again, for it may change
     */
    public ParallelRanges(Comparer comparer, Throttle throttle, IntSupplier threads) {
        this.comparer = comparer;
        this.throttle = throttle;
        this.crew = new Crew(new RangeReader(comparer, throttle), threads);
    }

    @Override
    public ComparedRange next(@Nullable RowKey after, int rows) throws InterruptedException {
        if (!begun) {
            begun = true;
            cutTo = after;
        }
        cutAhead(rows);
        Cut head = cut.element();
        if (!Objects.equals(head.range.lowerExclusive(), after)) {
            throw new IllegalStateException(
                    "a sweep asked for the range after " + after + " instead of " + head.range.lowerExclusive());
        }
        ComparedRange compared = crew.result(head.compared, head.range);
        cut.remove();
        return compared;
    }

    private void cutAhead(int rows) throws InterruptedException {
        int ahead = crew.ahead();
        while (!allCut && cut.size() < ahead) {
            throttle.await();
            long started = System.nanoTime();
            RowKey end = comparer.chunkEnd(cutTo, rows).orElse(null);
            throttle.finished(Duration.ofNanos(System.nanoTime() - started), 0);
            KeyRange range = new KeyRange(cutTo, end);
            cut.add(new Cut(range, crew.compare(range)));
            cutTo = end;
            allCut = end == null;
        }
    }

    @Override
    public void close() {
        crew.close();
    }
}
