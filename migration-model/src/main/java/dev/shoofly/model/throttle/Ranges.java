package dev.shoofly.model.throttle;

import java.time.Duration;
import java.util.List;

/** Words for values that are out of their range. */
final class Ranges {
    private Ranges() {}

    static void check(List<String> problems, String knob, long value, long least, long most) {
        if (value < least || value > most) {
            problems.add(knob + " must be from " + least + " to " + most + ", not " + value);
        }
    }

    static void check(List<String> problems, String knob, Duration value, Duration least, Duration most) {
        if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
            problems.add(knob + " must be from " + words(least) + " to " + words(most) + ", not " + words(value));
        }
    }

    /** As people type it: in the largest unit that loses nothing. */
    static String words(Duration duration) {
        long millis = duration.toMillis();
        if (millis % 3_600_000 == 0 && millis != 0) {
            return millis / 3_600_000 + "h";
        }
        if (millis % 60_000 == 0 && millis != 0) {
            return millis / 60_000 + "m";
        }
        return millis % 1_000 == 0 && millis != 0 ? millis / 1_000 + "s" : millis + "ms";
    }
}
