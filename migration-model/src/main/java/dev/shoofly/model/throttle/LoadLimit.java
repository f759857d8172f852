package dev.shoofly.model.throttle;

/**
 * The most that a status variable of the server may say.
 *
 * @param variable on MySQL any name of {@code SHOW GLOBAL STATUS} whose value is a number; on PostgreSQL one of a few counts
 *     of sessions
 */
public record LoadLimit(String variable, double limit) {
    /** @throws IllegalArgumentException when the text is not {@code name=number} */
    public static LoadLimit parse(String text) {
        int sign = text.indexOf('=');
        if (sign < 1) {
            throw new IllegalArgumentException("must be name=number, such as Threads_running=25");
        }
        try {
            return new LoadLimit(
                    text.substring(0, sign).strip(),
                    Double.parseDouble(text.substring(sign + 1).strip()));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("must be name=number, such as Threads_running=25", e);
        }
    }

    /** {@code name=number}. */
    @Override
    public String toString() {
        return variable + "=" + number(limit);
    }

    /** Without a fraction where there is none. */
    static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }
}
