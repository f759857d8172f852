package dev.shoofly.verifier;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * What readers of the changes topic are still going to read, for whoever trims it.
 *
 * <p>A reader's hold begins before it asks where the topic ends, and keeps everything until the answer is there. So when a
 * trimmer has first read the appliers' progress P and then finds no hold, a later reader asks for an end that is at or
 * after P; and when it finds one, it keeps what that one wants. In neither case is anything trimmed that the reader was
 * promised. Any thread.
 */
final class KeptOffsets {
    private final Set<Hold> holds = ConcurrentHashMap.newKeySet();

    private static final class Hold {
        /** Empty while the reader asks: everything is kept. */
        private volatile Map<Integer, Long> from = Map.of();
    }

    /** Asks for offsets and keeps what stands from them on. */
    Map<Integer, Long> hold(Supplier<Map<Integer, Long>> ask) {
        Hold hold = new Hold();
        holds.add(hold);
        boolean answered = false;
        try {
            Map<Integer, Long> from = ask.get();
            hold.from = from;
            answered = true;
            return from;
        } finally {
            if (!answered) {
                holds.remove(hold);
            }
        }
    }

    /** @param from what {@link #hold} returned, the same object */
    @SuppressWarnings("ReferenceEquality") // Each hold is released by its own reader.
    void release(Map<Integer, Long> from) {
        holds.removeIf(hold -> hold.from == from);
    }

    /** The first offset of the partition that somebody may still read; {@code Long.MAX_VALUE}: nobody reads. */
    long first(int partition) {
        return holds.stream()
                .mapToLong(hold -> hold.from.getOrDefault(partition, 0L))
                .min()
                .orElse(Long.MAX_VALUE);
    }
}
