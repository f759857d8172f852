package dev.shoofly.benchmarks.load;

import dev.shoofly.benchmarks.reference.ConnectionSource;
import dev.shoofly.benchmarks.reference.Order;
import dev.shoofly.benchmarks.reference.ReferenceTable;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Random;
import java.util.function.BooleanSupplier;

/**
 * Inserts, updates and deletes its own orders, a row per transaction: nobody else touches them, so what each must look like
 * is certain.
 */
final class Writer extends Client {
    private static final int INSERT_PERCENT = 30;
    private static final int UPDATE_PERCENT = 60;
    /** Understood by both servers, and what their columns hold. */
    private static final String NOW = "CURRENT_TIMESTAMP(3)";

    private static final String INSERT = "INSERT INTO " + ReferenceTable.NAME + " (" + ReferenceTable.COLUMNS
            + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, " + NOW + ", " + NOW + ")";
    private static final String UPDATE = "UPDATE " + ReferenceTable.NAME
            + " SET status = ?, amount_cents = ?, version = ?, changed_at = " + NOW + " WHERE id = ?";
    private static final String DELETE = "DELETE FROM " + ReferenceTable.NAME + " WHERE id = ?";
    private static final int NEW = -1;

    private final Ledger.Share orders;
    private final Findings findings;
    private final Random random;
    private PreparedStatement insert;
    private PreparedStatement update;
    private PreparedStatement delete;
    private int current = NEW;

    @SuppressWarnings("NullAway.Init") // the statements are made before the first operation
    Writer(
            ConnectionSource source,
            OperationLog log,
            BooleanSupplier stopped,
            Ledger.Share orders,
            Findings findings,
            long seed) {
        super(source, log, stopped);
        this.orders = orders;
        this.findings = findings;
        this.random = new Random(seed);
    }

    @Override
    void prepare(Connection opened) throws SQLException {
        insert = opened.prepareStatement(INSERT);
        update = opened.prepareStatement(UPDATE);
        delete = opened.prepareStatement(DELETE);
    }

    @Override
    void operate() throws SQLException {
        int dice = random.nextInt(100);
        if (dice < INSERT_PERCENT) {
            current = NEW;
            insert();
            return;
        }
        current = pick();
        if (dice < INSERT_PERCENT + UPDATE_PERCENT) {
            update();
        } else {
            delete();
        }
    }

    @Override
    void failed(SQLException error) {
        String which = "a new order";
        if (current == NEW) {
            // The server may have it; its key is not used again.
            orders.append(Ledger.UNCERTAIN);
        } else {
            orders.set(current, Ledger.UNCERTAIN);
            which = "order " + orders.id(current);
        }
        findings.failed("write of " + which + ": " + error.getMessage() + " (SQLState " + error.getSQLState() + ")");
    }

    private void insert() throws SQLException {
        Order order = new Order(orders.id(orders.size()), 1);
        insert.setLong(1, order.id());
        insert.setString(2, order.number());
        insert.setLong(3, order.customerId());
        insert.setString(4, order.status());
        insert.setLong(5, order.amountCents());
        insert.setString(6, order.email());
        insert.setString(7, order.note());
        insert.setInt(8, order.version());
        insert.executeUpdate();
        orders.appendAcknowledged(order.version());
    }

    private void update() throws SQLException {
        Order order = new Order(orders.id(current), orders.state(current)).next();
        update.setString(1, order.status());
        update.setLong(2, order.amountCents());
        update.setInt(3, order.version());
        update.setLong(4, order.id());
        settle(update.executeUpdate(), order.version());
    }

    private void delete() throws SQLException {
        // Readers must not demand it from the moment when the server may have deleted it.
        orders.set(current, Ledger.GONE);
        delete.setLong(1, orders.id(current));
        settle(delete.executeUpdate(), Ledger.GONE);
    }

    private void settle(int changed, int state) {
        if (changed == 1) {
            orders.acknowledge(current, state);
        } else {
            findings.wrong("a write of order " + orders.id(current) + " found " + changed + " rows instead of 1");
        }
    }

    private int pick() {
        while (true) {
            int index = random.nextInt(orders.size());
            if (orders.state(index) >= 0) {
                return index;
            }
        }
    }
}
