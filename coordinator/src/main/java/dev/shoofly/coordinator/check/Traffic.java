package dev.shoofly.coordinator.check;

import java.time.Duration;

/**
 * What is to be replayed, and how fast.
 *
 * @param perSecond statements a second, each asked of both tables
 * @param lasting after this nothing new is begun
 * @param statementTimeout after which the server ends a statement
 */
public record Traffic(Origin origin, double perSecond, Duration lasting, Duration statementTimeout) {
    public Traffic {
        if (!(perSecond > 0) || lasting.isNegative() || statementTimeout.isZero() || statementTimeout.isNegative()) {
            throw new IllegalArgumentException("reads cannot be replayed " + perSecond + " a second for " + lasting
                    + " with a time-out of " + statementTimeout);
        }
    }

    /** Where the statements come from. */
    public sealed interface Origin {}

    /** @param text statements with their values, between semicolons or one in each line */
    public record Text(String text) implements Origin {}

    /** @param most of those that the server keeps of applications, the most frequent first */
    public record Recent(int most) implements Origin {}
}
