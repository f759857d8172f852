package dev.shoofly.coordinator;

import dev.shoofly.model.MigrationMetrics;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/** Counters that a test reads and shows. Thread-safe. */
final class CountedMetrics implements MigrationMetrics {
    private final Map<Counter, Long> counts = new EnumMap<>(Counter.class);

    @Override
    public synchronized void count(Counter counter, long amount) {
        counts.merge(counter, amount, Long::sum);
    }

    @Override
    public void time(Timer timer, Duration duration) {}

    synchronized long of(Counter counter) {
        return counts.getOrDefault(counter, 0L);
    }

    @Override
    public synchronized String toString() {
        return counts.toString();
    }
}
