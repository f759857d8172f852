package dev.shoofly.applier;

/**
 * How many partitions of one applier instance may be written at a time, at least 1. Asked for each batch by the thread that
 * writes it, which may be kept waiting by the answer. Thread-safe.
 */
public interface WriterLimits {
    /** All of them. */
    WriterLimits NONE = new WriterLimits() {
        @Override
        public int whenBehind() {
            return Integer.MAX_VALUE;
        }

        @Override
        public int whenUpToDate() {
            return Integer.MAX_VALUE;
        }
    };

    /** While the applier has seconds to make up for. If that is too slow, more are let in all the same. */
    int whenBehind();

    /** While it has not. Whoever has waited for the length of a gathering goes all the same. */
    int whenUpToDate();
}
