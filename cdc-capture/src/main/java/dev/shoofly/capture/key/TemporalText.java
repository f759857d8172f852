package dev.shoofly.capture.key;

import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.temporal.ChronoField;
import java.time.temporal.Temporal;

/** Dates and times as MySQL and PostgreSQL spell them in ISO style. Microseconds are the finest unit of both. */
final class TemporalText {
    private TemporalText() {}

    static String of(LocalDate date) {
        return date(date) + era(date);
    }

    static String of(LocalDateTime value) {
        int micros = value.get(ChronoField.MICRO_OF_SECOND);
        return date(value.toLocalDate())
                + " " + clock(value.getHour(), value.getMinute(), value.getSecond(), micros)
                + era(value);
    }

    /** MySQL's TIME: a signed span of up to 838 hours. */
    static String of(Duration span) {
        Duration size = span.abs();
        return (span.isNegative() ? "-" : "")
                + clock(size.toHours(), size.toMinutesPart(), size.toSecondsPart(), size.toNanosPart() / 1_000);
    }

    private static String date(LocalDate date) {
        // Java writes years beyond 9999 with a sign and years before 1 as negative; the servers do neither.
        return padded(date.get(ChronoField.YEAR_OF_ERA), 4)
                + "-" + padded(date.getMonthValue(), 2)
                + "-" + padded(date.getDayOfMonth(), 2);
    }

    private static String era(Temporal value) {
        return value.get(ChronoField.YEAR) <= 0 ? " BC" : "";
    }

    private static String clock(long hours, int minutes, int seconds, int micros) {
        String clock = padded(hours, 2) + ":" + padded(minutes, 2) + ":" + padded(seconds, 2);
        return micros == 0 ? clock : clock + "." + padded(micros, 6).replaceFirst("0+$", "");
    }

    private static String padded(long number, int width) {
        String digits = Long.toString(number);
        return digits.length() >= width ? digits : "0".repeat(width - digits.length()) + digits;
    }
}
