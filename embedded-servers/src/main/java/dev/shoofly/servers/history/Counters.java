package dev.shoofly.servers.history;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The history of counters that clients raise by one and read. Each read must show every increment that was acknowledged
 * before it was asked for, and none that was begun after its answer; so the last read, after all clients have ended, shows
 * exactly those that were acknowledged, and of those without an answer no more than there are. Thread-safe.
 */
public final class Counters {
    private final Map<String, Counter> counters = new TreeMap<>();

    public synchronized void initially(String counter, long value) {
        counters.put(counter, new Counter(value));
    }

    /** @param responded {@link Operation#UNKNOWN}: nobody knows whether it happened */
    public synchronized void raised(String counter, long invoked, long responded) {
        Counter raised = of(counter);
        raised.begins.add(invoked);
        if (responded != Operation.UNKNOWN) {
            raised.ends.add(responded);
        }
    }

    public synchronized void read(String counter, long value, long invoked, long responded) {
        of(counter).reads.add(new Read(value, invoked, responded));
    }

    private Counter of(String name) {
        Counter found = counters.get(name);
        if (found == null) {
            throw new IllegalArgumentException("nobody said what counter " + name + " began with");
        }
        return found;
    }

    /** Every read that cannot have been; for people. */
    public synchronized List<String> violations() {
        List<String> found = new ArrayList<>();
        counters.forEach((name, counter) -> counter.reads.forEach(read -> {
            long least = counter.initial
                    + counter.ends.stream().filter(end -> end < read.invoked()).count();
            long most = counter.initial
                    + counter.begins.stream()
                            .filter(begin -> begin <= read.responded())
                            .count();
            if (read.value() < least || read.value() > most) {
                found.add("counter " + name + ": " + read + " instead of " + least + " to " + most);
            }
        }));
        return found;
    }

    private record Read(long value, long invoked, long responded) {}

    private static final class Counter {
        private final long initial;
        private final List<Long> begins = new ArrayList<>();
        private final List<Long> ends = new ArrayList<>();
        private final List<Read> reads = new ArrayList<>();

        Counter(long initial) {
            this.initial = initial;
        }
    }
}
