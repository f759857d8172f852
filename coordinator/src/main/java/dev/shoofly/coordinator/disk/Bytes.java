package dev.shoofly.coordinator.disk;

import java.util.Locale;

/** Numbers of bytes for people, in the servers' own units: a GB is 1024 MB. */
final class Bytes {
    private static final String[] UNITS = {"bytes", "kB", "MB", "GB", "TB"};
    private static final int STEP = 1024;
    /** From here on a tenth says nothing. */
    private static final double WHOLE_FROM = 100;

    private Bytes() {}

    /** {@code 512 bytes}, {@code 1.5 GB}, {@code 120 GB}. */
    static String text(long bytes) {
        double number = bytes;
        int unit = 0;
        while (Math.abs(number) >= STEP && unit < UNITS.length - 1) {
            number /= STEP;
            unit++;
        }
        boolean whole = unit == 0 || Math.abs(number) >= WHOLE_FROM || number == Math.rint(number);
        return String.format(Locale.ROOT, whole ? "%.0f %s" : "%.1f %s", number, UNITS[unit]);
    }
}
