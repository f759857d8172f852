package dev.shoofly.cli.input;

import java.math.BigDecimal;

/** A part of a whole: {@code 1%} or {@code 0.01}. */
public final class Share {
    private static final BigDecimal PERCENT = new BigDecimal("0.01");

    private Share() {}

    /** @throws UsageException when it is not above 0 and at most 1 */
    public static double parse(String option, String text) {
        try {
            boolean percent = text.endsWith("%");
            BigDecimal number = new BigDecimal(
                    percent ? text.substring(0, text.length() - 1).strip() : text);
            double share = (percent ? number.multiply(PERCENT) : number).doubleValue();
            if (share > 0 && share <= 1) {
                return share;
            }
        } catch (NumberFormatException e) {
            throw notAShare(option, text, e);
        }
        throw notAShare(option, text, null);
    }

    private static UsageException notAShare(
            String option, String text, @org.jspecify.annotations.Nullable NumberFormatException cause) {
        UsageException error =
                new UsageException(option + " must be a part of the rows, such as 1% or 0.01, not '" + text + "'");
        if (cause != null) {
            error.initCause(cause);
        }
        return error;
    }
}
