package dev.shoofly.cli.demo;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Every write that the server acknowledged, by order. One writer thread owns each order; anyone may read. An order whose last
 * write ended in an error is uncertain: the server may or may not have it, so nothing can be demanded of it.
 */
final class Ledger {
    private static final int KEPT_ERRORS = 20;

    private final long filledRows;
    private final Map<Long, Order> written = new ConcurrentHashMap<>();
    private final Set<Long> uncertain = ConcurrentHashMap.newKeySet();
    private final LongAdder acknowledged = new LongAdder();
    private final LongAdder errors = new LongAdder();
    private final List<String> firstErrors = new ArrayList<>();

    Ledger(long filledRows) {
        this.filledRows = filledRows;
    }

    long filledRows() {
        return filledRows;
    }

    /** As last acknowledged; empty for an order that was never made. */
    Optional<Order> find(long number) {
        Order order = written.get(number);
        if (order == null && number >= 1 && number <= filledRows) {
            return Optional.of(Order.filled(number));
        }
        return Optional.ofNullable(order);
    }

    void acknowledge(Order order) {
        written.put(order.number(), order);
        acknowledged.increment();
    }

    boolean isUncertain(long number) {
        return uncertain.contains(number);
    }

    void uncertain(long number) {
        uncertain.add(number);
    }

    /** The client saw something that it must not see. */
    void error(String what) {
        errors.increment();
        synchronized (firstErrors) {
            if (firstErrors.size() < KEPT_ERRORS) {
                firstErrors.add(what);
            }
        }
    }

    long acknowledgedWrites() {
        return acknowledged.sum();
    }

    long clientErrors() {
        return errors.sum();
    }

    List<String> firstErrors() {
        synchronized (firstErrors) {
            return List.copyOf(firstErrors);
        }
    }

    /** Orders that were written to, in no order. Only when the writers have ended. */
    Iterable<Order> written() {
        return written.values();
    }

    /** How many of the filled rows nobody tried to write to. Only when the writers have ended. */
    long untouchedFilled() {
        Set<Long> touched = new HashSet<>(uncertain);
        touched.addAll(written.keySet());
        return filledRows
                - touched.stream().filter(number -> number <= filledRows).count();
    }
}
