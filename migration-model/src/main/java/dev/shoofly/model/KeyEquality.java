package dev.shoofly.model;

import java.text.Normalizer;

/**
 * How far equal values of a key column have equal texts. Keys that the database calls equal must meet in one partition,
 * so only what is the same for all equal values may take part in the hash.
 */
public enum KeyEquality {
    /** Equal exactly when the canonical texts are equal. */
    EXACT,
    /** As EXACT once trailing blanks are gone (PAD SPACE binary collations, PostgreSQL's {@code character}). */
    PADDED,
    /**
     * Only the decimal digits count, after compatibility decomposition and within the basic plane: under collations that
     * fold case and accents but give every supplementary character one weight (MySQL's older ones).
     */
    DIGITS_OF_BASIC_PLANE,
    /** Only the decimal digits count, supplementary characters included (full Unicode collations). */
    DIGITS,
    /** Nothing is known: the column takes no part. */
    UNKNOWN;

    /** A text that is the same for all values that the database calls equal to this one. */
    public String token(String canonicalText) {
        return switch (this) {
            case EXACT -> canonicalText;
            case PADDED -> canonicalText.stripTrailing();
            case DIGITS_OF_BASIC_PLANE -> digits(canonicalText, false);
            case DIGITS -> digits(canonicalText, true);
            case UNKNOWN -> "";
        };
    }

    private static String digits(String text, boolean supplementary) {
        StringBuilder digits = new StringBuilder();
        // Decomposition comes after the filter: a supplementary digit such as U+1D7CF decomposes into a basic one.
        StringBuilder kept = new StringBuilder(text.length());
        text.codePoints()
                .filter(c -> supplementary || Character.isBmpCodePoint(c))
                .forEach(kept::appendCodePoint);
        Normalizer.normalize(kept, Normalizer.Form.NFKD).codePoints().forEach(c -> {
            // Circled digits and their like have no decomposition but share the digit's primary weight.
            int value = Character.isLetter(c) ? -1 : Character.getNumericValue(c);
            if (value >= 0 && value <= 9) {
                digits.append((char) ('0' + value));
            }
        });
        return digits.toString();
    }
}
