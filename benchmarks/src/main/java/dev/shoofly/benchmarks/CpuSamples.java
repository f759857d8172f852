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

    /** By the samples nearest to these moments. */
    Duration between(long fromMillis, long toMillis) {
        return nearest(toMillis).minus(nearest(fromMillis));
    }

    /** Of all samples. */
    Duration whole() {
        return samples.get(samples.size() - 1).used().minus(samples.get(0).used());
    }

    private Duration nearest(long millis) {
        Sample best = samples.get(0);
        for (Sample each : samples) {
            if (Math.abs(each.epochMillis() - millis) < Math.abs(best.epochMillis() - millis)) {
                best = each;
            }
        }
        return best.used();
    }
}
