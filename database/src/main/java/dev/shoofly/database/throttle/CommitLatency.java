package dev.shoofly.database.throttle;

import dev.shoofly.model.throttle.LoadLimits;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;

/** What a small transaction takes to commit, as the markers show it. */
final class CommitLatency implements LoadSignal {
    private static final Duration EVERY = Duration.ofMillis(500);
    private final Pulse pulse;
    private final LoadLimits limits;
    private final BooleanSupplier othersWork;

    CommitLatency(Pulse pulse, LoadLimits limits, BooleanSupplier othersWork) {
        this.pulse = pulse;
        this.limits = limits;
        this.othersWork = othersWork;
    }

    @Override
    public List<Reading> read() {
        // Asked whatever the limit: the pace goes by it, too.
        boolean others = othersWork.getAsBoolean();
        return Duration.ZERO.equals(limits.maxCommitLatency()) ? List.of() : List.of(pulse.reading(limits, others));
    }

    @Override
    public Duration every() {
        return EVERY;
    }
}
