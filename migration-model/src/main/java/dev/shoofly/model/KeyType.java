package dev.shoofly.model;

/**
 * The family of a key column's type. It fixes the one canonical text in which a value of this column travels, so that
 * the text from the log and the text from a query are the same (see {@link KeyText}).
 */
public enum KeyType {
    /** Signed or unsigned integers of any width, YEAR: {@code -12}. */
    INTEGER,
    /** Exact decimals: no exponent, no trailing zeros: {@code 1.5}. */
    DECIMAL,
    /** Character strings, as they are. */
    TEXT,
    /** Binary strings: lower-case hexadecimal without prefix. */
    BINARY,
    /** Lower case with hyphens. */
    UUID,
    /** {@code true} or {@code false}. */
    BOOLEAN,
    /** The label. */
    ENUM,
    /** {@code 2026-11-21}. */
    DATE,
    /** {@code 13:05:09.25}: trailing zeros of the fraction dropped; MySQL's may be negative or beyond 24 h. */
    TIME,
    /** {@code 2026-11-21 13:05:09.25}: without zone, trailing zeros of the fraction dropped. */
    DATETIME,
    /** As DATETIME, in UTC, without a zone suffix. */
    TIMESTAMP_UTC
}
