package dev.shoofly.benchmarks.reference;

import java.math.BigDecimal;

/**
 * What a table holds, made comparable: equal contents of two tables are equal, and different ones differ but for a
 * collision of hashes.
 *
 * @param hash the sum of a 56- or 64-bit hash of each row, over the columns that both shapes have
 */
public record Contents(long rows, BigDecimal hash) {}
