package dev.shoofly.database.throttle;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** From readings to a speed and the words for it. One thread. */
final class Verdict {
    private static final Reading NOTHING = Reading.calm(SignalKind.SILENCE, "nothing", "is measured");
    /** Commits get slower for many reasons: a wrong guess at their limit costs about a factor of five and never stops a copy. */
    static final double LEAST_BY_GUESS = 0.2;

    private final SpeedController controller = new SpeedController();
    private double ceiling = 1;
    private Reading worst = NOTHING;
    private @Nullable Reading culprit;
    private boolean restless;

    /** @param share the most that the operator allows, above 0 and up to 1 */
    void observe(List<Reading> readings, double share, long nowNanos) {
        worst = worst(readings);
        restless = readings.stream()
                .anyMatch(each -> !each.guess() && counted(each).pressure() >= 1);
        ceiling = share;
        controller.observe(pressure(readings), nowNanos);
        if (worst.pressure() > 1) {
            culprit = worst;
        }
    }

    private double pressure(List<Reading> readings) {
        // Also when a firm limit has stopped it: a guess must not keep it from starting again.
        boolean slowEnough = controller.share() < LEAST_BY_GUESS;
        return readings.stream()
                .mapToDouble(each -> {
                    double pressure = counted(each).pressure();
                    return each.guess() && slowEnough ? 0 : pressure;
                })
                .max()
                .orElse(0);
    }

    static Reading worst(List<Reading> readings) {
        Reading worst = NOTHING;
        for (Reading each : readings) {
            Reading counted = counted(each);
            worst = counted.pressure() > worst.pressure() ? counted : worst;
        }
        return worst;
    }

    /** A critical limit is no limit to settle at: it stops, or it does not count. */
    private static Reading counted(Reading each) {
        if (each.kind() != SignalKind.CRITICAL_LOAD) {
            return each;
        }
        return each.pressure() >= 1 ? Reading.stop(each.kind(), each.name(), each.words()) : NOTHING;
    }

    double share() {
        return Math.min(ceiling, controller.share());
    }

    /** Whether something may start that cannot be slowed down later. A guess slows work down and never stops it. */
    boolean isCalm() {
        return controller.share() > 0 && !restless;
    }

    /** Why the share is below 1. */
    String reason() {
        if (worst.pressure() >= SpeedController.EASY) {
            return worst.sentence();
        }
        if (controller.share() >= ceiling) {
            return "throttle-io " + Math.round(ceiling * 100) + " %";
        }
        Reading before = culprit;
        return before == null ? "starting gently" : "speeding up again; before: " + before.sentence();
    }
}
