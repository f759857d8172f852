package dev.shoofly.benchmarks;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Processor time that was used up to each of some moments, for asking later what a part of a run took. One thread. */
final class CpuSamples {
    private final List<Sample> samples = new ArrayList<>();

    private record Sample(long epochMillis, Duration used) {}

    /** @param used by all that count, since anything */
    void add(long epochMillis, Duration used) {
        samples.add(new Sample(epochMillis, used));
    }

    /**
     * What was used between two moments, if it was used evenly between one sample and the next: a part may be shorter
     * than the time between them.
     */
    Duration between(long fromMillis, long toMillis) {
        return at(toMillis).minus(at(fromMillis));
    }

    /** Of all samples. */
    Duration whole() {
        return samples.get(samples.size() - 1).used().minus(samples.get(0).used());
    }

    /** Up to a moment; before the first sample and after the last one nothing is known. */
    private Duration at(long millis) {
        Sample before = samples.get(0);
        for (Sample after : samples) {
            if (after.epochMillis() > millis) {
                return between(before, after, Math.max(millis, before.epochMillis()));
            }
            before = after;
        }
        return before.used();
    }

    private static Duration between(Sample before, Sample after, long millis) {
        long span = after.epochMillis() - before.epochMillis();
        return span == 0
                ? before.used()
                : before.used()
                        .plus(after.used()
                                .minus(before.used())
                                .multipliedBy(millis - before.epochMillis())
                                .dividedBy(span));
    }
}
