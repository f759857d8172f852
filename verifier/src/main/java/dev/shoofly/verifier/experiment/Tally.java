package dev.shoofly.verifier.experiment;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/** Counts what experiments show. Thread-safe; one may serve many experiments. */
public final class Tally implements Consumer<Observation> {
    private final LongAdder same = new LongAdder();
    private final LongAdder differs = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final Latencies control = new Latencies();
    private final Latencies candidate = new Latencies();

    @Override
    public void accept(Observation seen) {
        switch (seen.result()) {
            case SAME -> same.increment();
            case DIFFERS -> differs.increment();
            case FAILED -> failed.increment();
        }
        if (seen.failure() == null) {
            control.add(seen.control());
            candidate.add(seen.candidate());
        }
    }

    public long same() {
        return same.sum();
    }

    public long differs() {
        return differs.sum();
    }

    public long failed() {
        return failed.sum();
    }

    /** How much later than the control this share of the candidate's answers came; negative: sooner. */
    public Optional<Duration> delta(double share) {
        return candidate.quantile(share).flatMap(slow -> control.quantile(share).map(slow::minus));
    }
}
