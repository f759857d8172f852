package dev.shoofly.cli.demo;

import dev.shoofly.database.connection.ConnectionProfile;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Random;
import java.util.function.BooleanSupplier;

/** Reads orders by key and by customer. A row older than what was acknowledged before the read began is a client error. */
final class Reader extends Client {
    private static final String BY_ID = "SELECT version FROM orders WHERE id IN (?, ?)";
    private static final String BY_CUSTOMER =
            "SELECT id, status FROM orders WHERE customer_id = ? ORDER BY id DESC LIMIT 10";

    private final Ledger ledger;
    private final Random random;

    Reader(
            ConnectionProfile profile,
            double operationsPerSecond,
            int index,
            int readers,
            Ledger ledger,
            BooleanSupplier stopped) {
        super(profile, operationsPerSecond, (double) index / readers, stopped);
        this.ledger = ledger;
        this.random = new Random(1000 + index);
    }

    @Override
    void operate(Connection open) throws SQLException {
        long number = random.nextLong(Math.max(1, ledger.filledRows())) + 1;
        if (random.nextInt(10) == 0) {
            byCustomer(open, Order.customer(number));
        } else {
            byId(open, number);
        }
    }

    private static void byCustomer(Connection open, int customer) throws SQLException {
        try (PreparedStatement statement = open.prepareStatement(BY_CUSTOMER)) {
            statement.setInt(1, customer);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    rows.getString(2);
                }
            }
        }
    }

    private void byId(Connection open, long number) throws SQLException {
        Optional<Order> before = ledger.find(number);
        try (PreparedStatement statement = open.prepareStatement(BY_ID)) {
            statement.setLong(1, number);
            statement.setLong(2, -number);
            try (ResultSet row = statement.executeQuery()) {
                if (before.isPresent()
                        && row.next()
                        && row.getInt(1) < before.get().version()) {
                    ledger.error("order " + number + " was read at version " + row.getInt(1) + " after version "
                            + before.get().version() + " was acknowledged");
                }
            }
        }
    }

    @Override
    void failed(SQLException error) {
        ledger.error("read: " + error.getMessage() + " (SQLState " + error.getSQLState() + ")");
    }
}
