package dev.shoofly.cli.input;

import java.time.Duration;
import java.util.List;

/** What was typed about what follows a rollback. */
public final class RollbackRequest {
    /** As long as a server's log can be expected to be kept for somebody. */
    private static final Duration LONGEST = Duration.ofDays(30);

    private RollbackRequest() {}

    /** @throws UsageException when it is no time for which a migration can be kept */
    public static Duration keep(String text) {
        Duration time;
        try {
            time = Durations.parse(text);
        } catch (IllegalArgumentException e) {
            throw new UsageException(List.of("--keep " + e.getMessage() + ", not '" + text + "'"));
        }
        if (time.isZero() || time.compareTo(LONGEST) > 0) {
            throw new UsageException(List.of("--keep must be between 1ms and 720h, not '" + text + "'"));
        }
        return time;
    }
}
