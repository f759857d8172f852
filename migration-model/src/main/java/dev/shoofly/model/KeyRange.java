package dev.shoofly.model;

import org.jspecify.annotations.Nullable;

/**
 * A range of keys in the order of the source's index.
 *
 * @param lowerExclusive null: from the start
 * @param upperInclusive null: to the end
 */
public record KeyRange(
        @Nullable RowKey lowerExclusive, @Nullable RowKey upperInclusive) {
    public static final KeyRange ALL = new KeyRange(null, null);
}
