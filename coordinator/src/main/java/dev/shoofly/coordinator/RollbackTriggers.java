package dev.shoofly.coordinator;

import dev.shoofly.model.RollbackTrigger;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.LongSupplier;

/** Which of the operator's conditions has held for long enough. One thread. */
final class RollbackTriggers {
    /** Over so much time errors are looked at, and latencies unless their condition needs to hold for less. */
    private static final Duration MEASURED = Duration.ofSeconds(10);

    private final List<RollbackTrigger> triggers;
    private final LongSupplier nanoTime;
    private final Deque<Read> reads = new ArrayDeque<>();
    /** Those since the last look. */
    private final List<Read> fresh = new ArrayList<>();

    private final Map<RollbackTrigger, Long> since = new HashMap<>();
    private long lastLook;
    private OptionalDouble query = OptionalDouble.empty();
    private OptionalDouble http = OptionalDouble.empty();

    /** @param millis negative: it failed */
    private record Read(long at, double millis) {}

    RollbackTriggers(List<RollbackTrigger> triggers, LongSupplier nanoTime) {
        this.triggers = List.copyOf(triggers);
        this.nanoTime = nanoTime;
        this.lastLook = nanoTime.getAsLong();
    }

    void read(Duration time) {
        add(new Read(nanoTime.getAsLong(), time.toNanos() / 1e6));
    }

    void readFailed() {
        add(new Read(nanoTime.getAsLong(), -1));
    }

    private void add(Read read) {
        reads.add(read);
        fresh.add(read);
    }

    /** @param value empty: it could not be had, which speaks for nothing */
    void query(OptionalDouble value) {
        query = value;
    }

    void http(boolean good) {
        http = OptionalDouble.of(good ? 0 : 1);
    }

    /**
     * To be called once a second or so, each time after new reads.
     *
     * @return why the old table is to be brought back
     */
    Optional<String> look() {
        Optional<String> why = judge();
        fresh.clear();
        return why;
    }

    private Optional<String> judge() {
        long now = nanoTime.getAsLong();
        long sinceLast = now - lastLook;
        lastLook = now;
        // What came since the last look counts however long that took.
        long measured = Math.max(MEASURED.toNanos(), sinceLast);
        while (!reads.isEmpty() && now - reads.peek().at() > measured) {
            reads.remove();
        }
        for (RollbackTrigger trigger : triggers) {
            OptionalDouble value = value(trigger, now, sinceLast);
            if (value.isEmpty() || value.getAsDouble() <= trigger.limit()) {
                since.remove(trigger);
            } else if (now - since.computeIfAbsent(trigger, begun -> now)
                    >= trigger.holds().toNanos()) {
                return Optional.of(trigger.words() + ": now " + RollbackTrigger.number(value.getAsDouble()));
            }
        }
        return Optional.empty();
    }

    private OptionalDouble value(RollbackTrigger trigger, long now, long sinceLast) {
        return switch (trigger.signal()) {
            case P50, P95, P99, MAX -> latency(trigger, now, sinceLast);
            case ERRORS -> errors();
            case QUERY -> query;
            case HTTP -> http;
        };
    }

    /** @return empty, too, when no read since the last look was so slow: one outlier stays in what is measured for long */
    private OptionalDouble latency(RollbackTrigger trigger, long now, long sinceLast) {
        if (fresh.stream().noneMatch(read -> read.millis() > trigger.limit())) {
            return OptionalDouble.empty();
        }
        long window = Math.max(Math.min(MEASURED.toNanos(), trigger.holds().toNanos()), sinceLast);
        double[] millis = reads.stream()
                .filter(read -> now - read.at() <= window && read.millis() >= 0)
                .mapToDouble(Read::millis)
                .sorted()
                .toArray();
        int rank = (int) Math.ceil(trigger.signal().percentile() / 100.0 * millis.length);
        return OptionalDouble.of(millis[Math.max(0, rank - 1)]);
    }

    private OptionalDouble errors() {
        if (reads.isEmpty()) {
            return OptionalDouble.empty();
        }
        long failed = reads.stream().filter(read -> read.millis() < 0).count();
        return OptionalDouble.of(100.0 * failed / reads.size());
    }
}
