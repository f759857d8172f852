package dev.shoofly.cli.input;

import dev.shoofly.coordinator.check.Traffic;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** What {@code shadow-traffic} is asked for. */
public final class TrafficRequest {
    private static final String DIGESTS = "digests";
    private static final double MOST_PER_SECOND = 10_000;
    private static final Duration LONGEST = Duration.ofHours(24);
    private static final Duration SHORTEST_TIMEOUT = Duration.ofMillis(10);

    private final List<String> problems = new ArrayList<>();

    private TrafficRequest() {}

    /**
     * Reads the file, if it is one.
     *
     * @param from a file or {@code digests}
     * @throws UsageException with everything that is wrong
     */
    public static Traffic parse(String from, int most, String rate, String lasting, String timeout) {
        TrafficRequest request = new TrafficRequest();
        Traffic.Origin origin = request.parsed("--from", from, new Traffic.Recent(1), text -> origin(text, most));
        double perSecond = request.parsed("--rate", rate, 1.0, TrafficRequest::rate);
        Duration duration = request.parsed("--for", lasting, LONGEST, text -> duration(text, Duration.ZERO, LONGEST));
        Duration limit = request.parsed(
                "--statement-timeout", timeout, LONGEST, text -> duration(text, SHORTEST_TIMEOUT, Duration.ofHours(1)));
        if (most < 1) {
            request.problems.add("--most must be at least 1, not '" + most + "'");
        }
        if (!request.problems.isEmpty()) {
            throw new UsageException(request.problems);
        }
        return new Traffic(origin, perSecond, duration, limit);
    }

    private <T> T parsed(String option, String text, T fallback, Function<String, T> parser) {
        try {
            return parser.apply(text);
        } catch (IllegalArgumentException e) {
            problems.add(option + " " + e.getMessage() + ", not '" + text + "'");
            return fallback;
        }
    }

    private static Traffic.Origin origin(String from, int most) {
        if (from.equals(DIGESTS)) {
            return new Traffic.Recent(Math.max(most, 1));
        }
        try {
            return new Traffic.Text(Files.readString(Path.of(from), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "must be 'digests' or a readable file of UTF-8 text ("
                            + e.getClass().getSimpleName() + ")",
                    e);
        }
    }

    private static double rate(String text) {
        String number = text.endsWith("/s") ? text.substring(0, text.length() - 2) : text;
        try {
            double rate = Double.parseDouble(number);
            if (rate > 0 && rate <= MOST_PER_SECOND) {
                return rate;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("must be statements a second, such as 5 or 0.5", e);
        }
        throw new IllegalArgumentException("must be above 0 and at most 10000 statements a second");
    }

    private static Duration duration(String text, Duration least, Duration most) {
        Duration duration = Durations.parse(text);
        if (duration.compareTo(least) < 0 || duration.compareTo(most) > 0) {
            throw new IllegalArgumentException("must be from " + least.toMillis() + "ms to " + most.toMillis() + "ms");
        }
        return duration;
    }
}
