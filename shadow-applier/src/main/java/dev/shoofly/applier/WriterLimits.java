package dev.shoofly.applier;

import java.util.function.IntSupplier;

/**
 * How many partitions of one applier instance may be written at a time, at least 1. Asked for each batch by the thread that
 * writes it, which may be kept waiting by the answer; on several threads at once.
 *
 * @param whenBehind while the applier has seconds to make up for. If that is too slow, more are let in all the same
 * @param whenUpToDate while it has not. Whoever has waited for the length of a gathering goes all the same
 */
public record WriterLimits(IntSupplier whenBehind, IntSupplier whenUpToDate) {
    /** All of them. */
    public static final WriterLimits NONE = new WriterLimits(() -> Integer.MAX_VALUE, () -> Integer.MAX_VALUE);
}
