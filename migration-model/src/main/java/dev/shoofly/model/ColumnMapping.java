package dev.shoofly.model;

import org.jspecify.annotations.Nullable;

/**
 * How one column of the shadow gets its value.
 *
 * @param shadowColumn raw column name in the shadow
 * @param sourceColumn raw column name in the source; null when the expression is free
 * @param expression SQL over the source's columns that yields the value, qualified by nothing; already quoted
 * @param shadowType declared type in the shadow as the catalog spells it
 * @param retyped whether the stored value can differ from the source's: by type, charset, collation or expression
 * @param computed whether the expression is a {@link Transform}'s
 */
public record ColumnMapping(
        String shadowColumn,
        @Nullable String sourceColumn,
        String expression,
        String shadowType,
        boolean retyped,
        boolean computed) {}
