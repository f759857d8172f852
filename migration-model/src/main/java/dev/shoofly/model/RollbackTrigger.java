package dev.shoofly.model;

import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A condition under which the old table is brought back by itself: {@code p99>500ms for 30s}, {@code errors>5 for 10s},
 * {@code query>0 for 1m}, {@code http for 30s}.
 *
 * @param limit that is exceeded; milliseconds of a latency, per cent of errors, the value of a query
 * @param holds how long without a break
 */
public record RollbackTrigger(Signal signal, double limit, Duration holds) {
    public static final String FORM =
            "must be a condition such as \"p99>500ms for 30s\": p50, p95, p99 or max with ms or s,"
                    + " errors with a percentage, query with a number, or http alone";

    private static final Pattern PATTERN = Pattern.compile(
            "(p50|p95|p99|max|errors|query|http)\\s*(?:>\\s*(\\d{1,9}(?:\\.\\d{1,6})?)\\s*(ms|s|%)?)?\\s+for\\s+(\\d{1,6})(s|m)",
            Pattern.CASE_INSENSITIVE);
    private static final Duration SHORTEST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofHours(1);

    /** What is measured. */
    public enum Signal {
        /** Of reads of one row by its key, in milliseconds. */
        P50(50),
        P95(95),
        P99(99),
        MAX(100),
        /** Of such reads, in per cent. */
        ERRORS(0),
        /** The first value of the operator's query. */
        QUERY(0),
        /** 1 while the operator's address does not answer 200. */
        HTTP(0);

        private final int percentile;

        Signal(int percentile) {
            this.percentile = percentile;
        }

        /** Of a latency; 0: it is none. */
        public int percentile() {
            return percentile;
        }
    }

    /** @throws IllegalArgumentException with what the text must be */
    public static RollbackTrigger parse(String text) {
        Matcher matcher = PATTERN.matcher(text.strip());
        if (!matcher.matches()) {
            throw new IllegalArgumentException(FORM);
        }
        Signal signal = Signal.valueOf(matcher.group(1).toUpperCase(Locale.ROOT));
        Duration holds = Duration.ofSeconds(Long.parseLong(matcher.group(4)) * (isMinutes(matcher) ? 60 : 1));
        if (holds.compareTo(SHORTEST) < 0 || holds.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(FORM + ", for 1s to 60m");
        }
        return new RollbackTrigger(signal, limit(signal, matcher.group(2), matcher.group(3)), holds);
    }

    private static boolean isMinutes(Matcher matcher) {
        return matcher.group(5).equalsIgnoreCase("m");
    }

    private static double limit(Signal signal, String number, String unit) {
        String named = unit == null ? "" : unit.toLowerCase(Locale.ROOT);
        boolean fits = switch (signal) {
            case P50, P95, P99, MAX -> number != null && (named.equals("ms") || named.equals("s"));
            case ERRORS -> number != null && (named.isEmpty() || named.equals("%"));
            case QUERY -> number != null && named.isEmpty();
            case HTTP -> number == null && named.isEmpty();
        };
        if (!fits) {
            throw new IllegalArgumentException(FORM);
        }
        return number == null ? 0 : Double.parseDouble(number) * (named.equals("s") ? 1000 : 1);
    }

    /** Whether it reads rows of the table. */
    public boolean needsProbe() {
        return Arrays.asList(Signal.P50, Signal.P95, Signal.P99, Signal.MAX, Signal.ERRORS)
                .contains(signal);
    }

    /** For people. */
    public String words() {
        String name = signal.name().toLowerCase(Locale.ROOT);
        return switch (signal) {
            case P50, P95, P99, MAX -> name + " > " + number(limit) + " ms for " + holds.toSeconds() + " s";
            case ERRORS -> name + " > " + number(limit) + " % for " + holds.toSeconds() + " s";
            case QUERY -> name + " > " + number(limit) + " for " + holds.toSeconds() + " s";
            case HTTP -> name + " not 200 for " + holds.toSeconds() + " s";
        };
    }

    /** Without a fraction where there is none. */
    public static String number(double value) {
        return value == Math.rint(value) ? String.valueOf((long) value) : String.format(Locale.ROOT, "%.1f", value);
    }
}
