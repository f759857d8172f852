package dev.shoofly.capture.key;

import org.jspecify.annotations.Nullable;

/** How one column's raw values become text. */
@FunctionalInterface
interface ColumnText {
    /**
     * @param raw as the log's decoder delivers it
     * @return null when the log holds no value, or one that cannot be carried exactly; never an approximation
     */
    @Nullable
    String of(@Nullable Object raw);
}
