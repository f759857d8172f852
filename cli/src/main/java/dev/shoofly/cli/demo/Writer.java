package dev.shoofly.cli.demo;

import dev.shoofly.database.connection.ConnectionProfile;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BooleanSupplier;

/**
 * Writes to its own share of the orders: no other writer touches them, so the last acknowledged state of each is certain.
 *
 * <p>A transaction that reads a row and then writes one reads it {@code FOR UPDATE}. MySQL makes every transaction that has
 * only read the table, and is about to write it, the deadlock victim of any statement that waits for the table's exclusive
 * lock, as the swap does; no tool can spare it that. An application that cannot lock what it reads has to retry.
 */
final class Writer extends Client {
    private static final String INSERT =
            "INSERT INTO orders (customer_id, status, amount_cents, email, version) VALUES (?, ?, ?, ?, ?)";
    private static final String INSERT_AGAIN =
            "INSERT INTO orders (customer_id, status, amount_cents, email, version, id) VALUES (?, ?, ?, ?, ?, ?)";
    private static final String UPDATE = "UPDATE orders SET status = ?, amount_cents = ?, version = ? WHERE id = ?";
    private static final String DELETE = "DELETE FROM orders WHERE id = ?";
    private static final String MOVE = "UPDATE orders SET id = ?, version = ? WHERE id = ?";
    private static final String LOCK = "SELECT version FROM orders WHERE id = ? FOR UPDATE";

    private static final int HOT_ORDERS = 50;

    private final int index;
    private final int writers;
    private final Ledger ledger;
    private final Random random;
    private final List<Long> inserted = new ArrayList<>();
    private final Map<String, PreparedStatement> statements = new HashMap<>();
    private Connection prepared;
    private long current;

    @SuppressWarnings("NullAway.Init") // prepared is set by the first operation
    Writer(
            ConnectionProfile profile,
            double operationsPerSecond,
            int index,
            int writers,
            Ledger ledger,
            BooleanSupplier stopped) {
        super(profile, operationsPerSecond, (double) index / writers, stopped);
        this.index = index;
        this.writers = writers;
        this.ledger = ledger;
        this.random = new Random(index);
    }

    @Override
    void operate(Connection open) throws SQLException {
        if (open != prepared) {
            statements.clear();
            prepared = open;
        }
        int dice = random.nextInt(100);
        if (dice < 25) {
            current = 0;
            insert(open);
            return;
        }
        Order order = pick();
        current = order.number();
        if (order.isDeleted()) {
            insertAgain(order.insertedAgain(anyStatus(), anyAmount()));
        } else if (dice < 75) {
            update(order);
        } else if (dice < 82) {
            updateInTransaction(open, order);
        } else if (dice < 90) {
            write(order.moved(), MOVE, order.moved().id(), order.version() + 1, order.id());
        } else {
            write(order.deleted(), DELETE, order.id());
        }
    }

    @Override
    void failed(SQLException error) {
        if (current != 0) {
            ledger.uncertain(current);
        }
        ledger.error("write of order " + (current == 0 ? "(new)" : current) + ": " + error.getMessage() + " (SQLState "
                + error.getSQLState() + ")");
    }

    private void insert(Connection open) throws SQLException {
        PreparedStatement statement = statements.get(INSERT);
        if (statement == null) {
            statement = open.prepareStatement(INSERT, new String[] {"id"});
            statements.put(INSERT, statement);
        }
        int customer = Order.customer(random.nextInt(Integer.MAX_VALUE));
        String status = anyStatus();
        long amount = anyAmount();
        bind(statement, customer, status, amount, email(customer), 1);
        statement.executeUpdate();
        try (ResultSet keys = statement.getGeneratedKeys()) {
            keys.next();
            long number = keys.getLong(1);
            inserted.add(number);
            ledger.acknowledge(new Order(number, number, 1, status, amount, false));
        }
    }

    private void insertAgain(Order order) throws SQLException {
        int customer = Order.customer(order.number());
        write(
                order,
                INSERT_AGAIN,
                customer,
                order.status(),
                order.amountCents(),
                email(customer),
                order.version(),
                order.id());
    }

    private void update(Order order) throws SQLException {
        Order next = order.updated(anyStatus(), anyAmount());
        write(next, UPDATE, next.status(), next.amountCents(), next.version(), next.id());
    }

    private void updateInTransaction(Connection open, Order order) throws SQLException {
        Order next = order.updated(anyStatus(), anyAmount());
        open.setAutoCommit(false);
        PreparedStatement lock = statement(LOCK);
        lock.setLong(1, order.id());
        try (ResultSet row = lock.executeQuery()) {
            if (!row.next() || row.getInt(1) != order.version()) {
                ledger.error("order " + order.id() + " was read without version " + order.version()
                        + ", whose write was acknowledged");
            }
        }
        PreparedStatement update = statement(UPDATE);
        bind(update, next.status(), next.amountCents(), next.version(), next.id());
        int changed = update.executeUpdate();
        open.commit();
        open.setAutoCommit(true);
        settle(next, changed);
    }

    private void write(Order next, String sql, Object... values) throws SQLException {
        PreparedStatement statement = statement(sql);
        bind(statement, values);
        settle(next, statement.executeUpdate());
    }

    private void settle(Order next, int changed) {
        if (changed == 1) {
            ledger.acknowledge(next);
        } else {
            // The row was acknowledged to this writer and is not there: the ledger keeps demanding it.
            ledger.error("a write of order " + next.number() + " found " + changed + " rows instead of 1");
        }
    }

    private PreparedStatement statement(String sql) throws SQLException {
        PreparedStatement statement = statements.get(sql);
        if (statement == null) {
            statement = prepared.prepareStatement(sql);
            statements.put(sql, statement);
        }
        return statement;
    }

    private static void bind(PreparedStatement statement, Object... values) throws SQLException {
        for (int i = 0; i < values.length; i++) {
            switch (values[i].getClass().getSimpleName()) {
                case "Integer" -> statement.setInt(i + 1, (Integer) values[i]);
                case "Long" -> statement.setLong(i + 1, (Long) values[i]);
                default -> statement.setString(i + 1, values[i].toString());
            }
        }
    }

    /** One of its own: a few are written very often, the fresh ones often. */
    private Order pick() {
        while (true) {
            long number;
            int dice = random.nextInt(100);
            if (dice < 30 && !inserted.isEmpty()) {
                number = inserted.get(random.nextInt(inserted.size()));
            } else {
                long share = Math.max(1, ledger.filledRows() / writers);
                long choice = dice < 50 ? random.nextInt(HOT_ORDERS) % share : random.nextLong(share);
                number = choice * writers + index + 1;
            }
            Order order = ledger.find(number).orElse(null);
            if (order != null && !ledger.isUncertain(number)) {
                return order;
            }
        }
    }

    private String anyStatus() {
        return Order.STATUSES[random.nextInt(Order.STATUSES.length)];
    }

    private long anyAmount() {
        return random.nextInt(Order.AMOUNT_LIMIT);
    }

    private static String email(int customer) {
        return "customer" + customer + "@example.com";
    }
}
