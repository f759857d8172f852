package dev.shoofly.coordinator;

import dev.shoofly.model.RollbackTrigger;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.LongSupplier;

/** Which of the operator's conditions has held for long enough. One thread. */
final class RollbackTriggers {
    /** Over so much time latencies and errors are looked at. */
    private static final Duration MEASURED = Duration.ofSeconds(10);

    private final List<RollbackTrigger> triggers;
    private final LongSupplier nanoTime;
    private final Deque<Read> reads = new ArrayDeque<>();
    private final Map<RollbackTrigger, Long> since = new HashMap<>();
    private OptionalDouble query = OptionalDouble.empty();
    private OptionalDouble http = OptionalDouble.empty();

    /** @param millis negative: it failed */
    private record Read(long at, double millis) {}

    RollbackTriggers(List<RollbackTrigger> triggers, LongSupplier nanoTime) {
        this.triggers = List.copyOf(triggers);
        this.nanoTime = nanoTime;
    }

    void read(Duration time) {
        reads.add(new Read(nanoTime.getAsLong(), time.toNanos() / 1e6));
    }

    void readFailed() {
        reads.add(new Read(nanoTime.getAsLong(), -1));
    }

    /** @param value empty: it could not be had, which speaks for nothing */
    void query(OptionalDouble value) {
        query = value;
    }

    void http(boolean good) {
        http = OptionalDouble.of(good ? 0 : 1);
    }

    /** @return why the old table is to be brought back */
    Optional<String> look() {
        long now = nanoTime.getAsLong();
        while (!reads.isEmpty() && now - reads.peek().at() > MEASURED.toNanos()) {
            reads.remove();
        }
        for (RollbackTrigger trigger : triggers) {
            OptionalDouble value = value(trigger.signal());
            if (value.isEmpty() || value.getAsDouble() <= trigger.limit()) {
                since.remove(trigger);
            } else if (now - since.computeIfAbsent(trigger, begun -> now)
                    >= trigger.holds().toNanos()) {
                return Optional.of(trigger.words() + ": now " + RollbackTrigger.number(value.getAsDouble()));
            }
        }
        return Optional.empty();
    }

    private OptionalDouble value(RollbackTrigger.Signal signal) {
        return switch (signal) {
            case P50, P95, P99, MAX -> percentile(signal.percentile());
            case ERRORS -> errors();
            case QUERY -> query;
            case HTTP -> http;
        };
    }

    private OptionalDouble percentile(int percent) {
        double[] millis = reads.stream()
                .mapToDouble(Read::millis)
                .filter(time -> time >= 0)
                .toArray();
        if (millis.length == 0) {
            return OptionalDouble.empty();
        }
        Arrays.sort(millis);
        int rank = (int) Math.ceil(percent / 100.0 * millis.length);
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
