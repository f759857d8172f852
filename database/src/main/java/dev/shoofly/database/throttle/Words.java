package dev.shoofly.database.throttle;

import java.time.Duration;
import java.util.Locale;

/** Amounts for people. */
public final class Words {
    private Words() {}

    /** {@code 4.2 ms}, {@code 950 ms}, {@code 1.4 s}. */
    public static String millis(double millis) {
        if (millis < 10) {
            return String.format(Locale.ROOT, "%.1f ms", millis);
        }
        return millis < 1_000 ? Math.round(millis) + " ms" : String.format(Locale.ROOT, "%.1f s", millis / 1_000);
    }

    public static String duration(Duration duration) {
        long millis = duration.toMillis();
        return millis % 1_000 == 0 && millis > 0
                ? millis / 1_000 + " s"
                : millis < 1_000 ? millis + " ms" : millis(millis);
    }

    /** {@code 512 MB}. */
    public static String bytes(long bytes) {
        if (bytes < 10 << 20) {
            return String.format(Locale.ROOT, "%,d kB", bytes >> 10);
        }
        return bytes < 10L << 30
                ? String.format(Locale.ROOT, "%,d MB", bytes >> 20)
                : String.format(Locale.ROOT, "%,d GB", bytes >> 30);
    }

    public static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    public static String number(double number) {
        return number == Math.rint(number) ? count((long) number) : String.format(Locale.ROOT, "%,.1f", number);
    }

    /** One line of what a server or library said. */
    public static String oneLine(Throwable error) {
        String text = error.getMessage() == null ? error.getClass().getSimpleName() : error.getMessage();
        return text.strip().replaceAll("\\s*\\R\\s*", " ");
    }
}
