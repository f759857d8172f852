package dev.shoofly.benchmarks.load;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * The version of each order that was last acknowledged: one number per row, since {@link
 * dev.shoofly.benchmarks.reference.Order} says the rest. Each order belongs to one writer, which alone writes its entry;
 * anybody may read it.
 */
public final class Ledger {
    /** No such order was ever acknowledged. */
    static final int NEVER = -1;
    /** Deleted, or about to be. */
    static final int GONE = -2;
    /** The last write ended in an error: the server may or may not have it, so nothing can be demanded. */
    static final int UNCERTAIN = -3;

    private final long filledRows;
    private final Share[] shares;
    private final LongAdder acknowledged = new LongAdder();

    /** @param filledRows orders 1 to this are there, in version 0 */
    public Ledger(long filledRows, int writers) {
        this.filledRows = filledRows;
        this.shares = new Share[writers];
        for (int i = 0; i < writers; i++) {
            shares[i] = new Share(i);
        }
    }

    long filledRows() {
        return filledRows;
    }

    Share share(int writer) {
        return shares[writer];
    }

    /** The version, or one of this class's constants. */
    int state(long id) {
        if (id < 1) {
            return NEVER;
        }
        Share share = shares[(int) ((id - 1) % shares.length)];
        long index = (id - 1) / shares.length;
        return index < share.size() ? share.state((int) index) : NEVER;
    }

    /** The highest order that any writer has. */
    long highestId() {
        return Arrays.stream(shares)
                .mapToLong(share -> share.id(share.size() - 1))
                .max()
                .orElse(0);
    }

    public long acknowledgedWrites() {
        return acknowledged.sum();
    }

    /** One writer's orders, by their number within the share. That writer's thread writes; others read. */
    final class Share {
        private static final int SEGMENT = 1 << 16;

        private final int writer;
        // Replaced by a longer list of the same segments: nothing is copied while others read.
        private volatile AtomicIntegerArray[] segments = {};
        private volatile int size;

        Share(int writer) {
            this.writer = writer;
            int filled = (int) ((filledRows - writer + shares.length - 1) / shares.length);
            while (segments.length * (long) SEGMENT < filled) {
                grow();
            }
            size = filled;
        }

        private void grow() {
            AtomicIntegerArray[] more = Arrays.copyOf(segments, segments.length + 1);
            more[segments.length] = new AtomicIntegerArray(SEGMENT);
            segments = more;
        }

        int size() {
            return size;
        }

        long id(int index) {
            return (long) index * shares.length + writer + 1;
        }

        int state(int index) {
            return segments[index / SEGMENT].get(index % SEGMENT);
        }

        /** The server acknowledged this write of an order. */
        void acknowledge(int index, int state) {
            set(index, state);
            acknowledged.increment();
        }

        void set(int index, int state) {
            segments[index / SEGMENT].set(index % SEGMENT, state);
        }

        /** The order of the next insert has this state. */
        void append(int state) {
            int index = size;
            if (index == segments.length * SEGMENT) {
                grow();
            }
            set(index, state);
            size = index + 1;
        }

        void appendAcknowledged(int state) {
            append(state);
            acknowledged.increment();
        }
    }
}
