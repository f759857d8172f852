package dev.shoofly.cli.demo;

/**
 * What the application knows of one order.
 *
 * @param number the id that it was created with; positive, and never given twice
 * @param id the key that it has now: the number, or minus the number after a key update; 0: deleted
 * @param version rises with every write, over deletions too
 * @param fromFill its note is still the one that the filling gave it
 */
record Order(long number, long id, int version, String status, long amountCents, boolean fromFill) {
    static final String[] STATUSES = {"new", "paid", "packed", "shipped", "returned"};
    private static final int CUSTOMERS = 50_000;
    private static final int FILL_AMOUNT_FACTOR = 31;
    static final int AMOUNT_LIMIT = 1_000_000;

    /** A row as the filling made it; the same arithmetic as in {@link OrdersTable}. */
    static Order filled(long number) {
        return new Order(
                number,
                number,
                0,
                STATUSES[(int) (number % STATUSES.length)],
                number * FILL_AMOUNT_FACTOR % AMOUNT_LIMIT,
                true);
    }

    static int customer(long number) {
        return (int) (number % CUSTOMERS) + 1;
    }

    boolean isDeleted() {
        return id == 0;
    }

    Order updated(String newStatus, long newAmount) {
        return new Order(number, id, version + 1, newStatus, newAmount, fromFill);
    }

    Order deleted() {
        return new Order(number, 0, version + 1, status, amountCents, false);
    }

    Order moved() {
        return new Order(number, -id, version + 1, status, amountCents, fromFill);
    }

    Order insertedAgain(String newStatus, long newAmount) {
        return new Order(number, number, version + 1, newStatus, newAmount, false);
    }

    String expectedNote() {
        return fromFill ? "Note on order " + number : "";
    }
}
