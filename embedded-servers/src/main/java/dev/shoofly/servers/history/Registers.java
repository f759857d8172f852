package dev.shoofly.servers.history;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.LongBinaryOperator;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The history of registers that clients read and write, each write with a value of its own, and the check that each register
 * is linearizable: that some order of its operations, which keeps those apart in time in their order, explains every read.
 *
 * <p>With distinct values that takes O(n log n) instead of a search (P. B. Gibbons, E. Korach, "Testing Shared Memories", SIAM
 * Journal on Computing 26(4), 1997): a write and the reads of its value have to follow one another without any other write
 * in between. Their <em>zone</em> lies between the first end and the last begin among them. If it runs forward in time, the
 * register must hold the value throughout: no two such zones may overlap. If it runs backward, all of them can be put at one
 * point of it, and one outside of the forward zones must be left.
 */
public final class Registers {
    private final Map<String, Queue<Operation>> operations = new ConcurrentHashMap<>();

    /** Before anybody can read or write it. */
    public void initially(String register, String value) {
        add(register, Operation.write(value, Long.MIN_VALUE, Long.MIN_VALUE));
    }

    public void add(String register, Operation operation) {
        operations
                .computeIfAbsent(register, absent -> new ConcurrentLinkedQueue<>())
                .add(operation);
    }

    /** How many there are, of all registers. */
    public int size() {
        return operations.values().stream().mapToInt(Queue::size).sum();
    }

    /** One for each register that is not linearizable; for people. */
    public List<String> violations() {
        return operations.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .flatMap(each ->
                        violation(each.getValue()).stream().map(what -> "register " + each.getKey() + ": " + what))
                .toList();
    }

    /**
     * The first reason why these operations of one register cannot have been; empty: they are linearizable.
     *
     * @throws IllegalArgumentException when two writes have one value
     */
    public static Optional<String> violation(Collection<Operation> ofOneRegister) {
        Map<String, Cluster> clusters = new TreeMap<>();
        for (Operation operation : ofOneRegister) {
            clusters.computeIfAbsent(operation.value(), value -> new Cluster()).add(operation);
        }
        // A write without an answer whose value nobody read need not have happened.
        List<Cluster> settled =
                clusters.values().stream().filter(cluster -> !cluster.isLost()).toList();
        return settled.stream()
                .flatMap(cluster -> cluster.violation().stream())
                .findFirst()
                .or(() -> betweenZones(settled));
    }

    private static Optional<String> betweenZones(List<Cluster> clusters) {
        SortedMap<Long, Cluster> forward = new TreeMap<>();
        Cluster last = null;
        for (Cluster cluster : clusters.stream()
                .filter(Cluster::isForward)
                .sorted(Comparator.comparingLong(Cluster::firstEnd))
                .toList()) {
            if (last != null && cluster.firstEnd() < last.lastBegin()) {
                return Optional.of("two values at once: " + last + " and " + cluster);
            }
            forward.put(cluster.firstEnd(), cluster);
            last = cluster;
        }
        for (Cluster cluster : clusters) {
            if (!cluster.isForward()) {
                SortedMap<Long, Cluster> earlier = forward.headMap(cluster.lastBegin());
                Cluster around = earlier.isEmpty() ? null : forward.get(earlier.lastKey());
                if (around != null && cluster.firstEnd() < around.lastBegin()) {
                    return Optional.of("no place for " + cluster + " within " + around);
                }
            }
        }
        return Optional.empty();
    }

    /** A write and the reads of its value. */
    private static final class Cluster {
        private final List<Operation> all = new ArrayList<>();
        private @Nullable Operation write;

        void add(Operation operation) {
            if (!operation.isRead()) {
                if (write != null) {
                    throw new IllegalArgumentException(
                            "values must be distinct: " + write + " and " + operation + " are of one register");
                }
                write = operation;
            }
            all.add(operation);
        }

        boolean isLost() {
            return all.size() == 1 && all.get(0).responded() == Operation.UNKNOWN;
        }

        Optional<String> violation() {
            Operation written = write;
            if (written == null) {
                return Optional.of("a value that nobody wrote: " + all);
            }
            return all.stream()
                    .filter(read -> read.responded() < written.invoked())
                    .findFirst()
                    .map(read -> "read before it was written: " + read + ", " + written);
        }

        long firstEnd() {
            return bound(Math::min, Operation::responded);
        }

        long lastBegin() {
            return bound(Math::max, Operation::invoked);
        }

        private long bound(LongBinaryOperator least, ToLongFunction<Operation> time) {
            return all.stream().mapToLong(time).reduce(least).orElseThrow();
        }

        boolean isForward() {
            return firstEnd() < lastBegin();
        }

        /** The operations that make the zone. */
        @Override
        public String toString() {
            return all.stream()
                    .filter(each -> !each.isRead() || each.responded() == firstEnd() || each.invoked() == lastBegin())
                    .toList()
                    .toString();
        }
    }
}
