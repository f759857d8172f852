package dev.shoofly.benchmarks.reference;

import java.util.List;
import java.util.Locale;

/**
 * A row of the reference table. Everything in it follows from key and version, so that remembering one number per row is
 * enough to demand each of its values later. {@link ReferenceTable} makes version 0 by the same arithmetic in SQL.
 *
 * @param version 0: as the table was filled; each write adds 1
 */
public record Order(long id, int version) {
    static final long CUSTOMERS = 200_000;
    static final long CUSTOMER_FACTOR = 7_919;
    static final long AMOUNT_LIMIT = 1_000_000;
    static final long AMOUNT_FACTOR = 31;
    /** Odd, so that the numbers are a permutation: unique, and in an order that has nothing to do with the key's. */
    static final long NUMBER_FACTOR = 2_654_435_761L;

    static final long NUMBERS = 1L << 32;
    static final List<String> STATUSES = List.of("new", "paid", "packed", "shipped", "returned");

    public String number() {
        return String.format(Locale.ROOT, "N-%08X", id * NUMBER_FACTOR % NUMBERS);
    }

    public long customerId() {
        return id * CUSTOMER_FACTOR % CUSTOMERS;
    }

    public String status() {
        return STATUSES.get((int) ((id + version) % STATUSES.size()));
    }

    public long amountCents() {
        return (id * AMOUNT_FACTOR + version * CUSTOMER_FACTOR) % AMOUNT_LIMIT;
    }

    public String email() {
        return "customer" + customerId() + "@example.com";
    }

    public String note() {
        return "Order " + id + " was placed by customer " + customerId() + " and may be left with a neighbour";
    }

    public Order next() {
        return new Order(id, version + 1);
    }
}
