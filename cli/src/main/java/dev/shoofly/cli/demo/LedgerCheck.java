package dev.shoofly.cli.demo;

import dev.shoofly.database.connection.ConnectionProfile;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Compares the new table, row by row, with what was acknowledged. */
final class LedgerCheck {
    private static final String ALL_ROWS =
            "SELECT id, customer_id, status, amount_cents, remarks, region, version FROM orders";
    private static final int FETCH_ROWS = 5_000;
    private static final int KEPT_FINDINGS = 20;

    private final Ledger ledger;
    private final Set<Long> seen = new HashSet<>();
    private final List<String> findings = new ArrayList<>();
    private final Set<Long> lost = new HashSet<>();
    private long untouchedSeen;
    private long differing;

    private LedgerCheck(Ledger ledger) {
        this.ledger = ledger;
    }

    /**
     * @param lostWrites orders whose last acknowledged write is not in the table
     * @param differingRows rows that nobody wrote to and that are not what the filling made
     * @param findings the first of both, for people
     */
    record Result(long lostWrites, long differingRows, List<String> findings) {}

    /** After the workload has ended. */
    static Result run(ConnectionProfile profile, Ledger ledger) throws SQLException {
        LedgerCheck check = new LedgerCheck(ledger);
        try (Connection connection = DriverManager.getConnection(
                profile.url(), profile.user(), profile.password().reveal())) {
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                // Row by row instead of a million rows in memory; each driver has its own way to ask for it.
                statement.setFetchSize(
                        switch (profile.kind()) {
                            case MYSQL -> Integer.MIN_VALUE;
                            case POSTGRES -> FETCH_ROWS;
                        });
                try (ResultSet rows = statement.executeQuery(ALL_ROWS)) {
                    while (rows.next()) {
                        check.row(rows);
                    }
                }
            }
        }
        check.missing();
        return new Result(check.lost.size(), check.differing, List.copyOf(check.findings));
    }

    private void row(ResultSet row) throws SQLException {
        long id = row.getLong("id");
        long number = Math.abs(id);
        Order order = ledger.find(number).orElse(null);
        if (ledger.isUncertain(number)) {
            seen.add(number);
            return;
        }
        if (order == null) {
            // An insert that failed at the client and yet arrived; counted there as a client error.
            return;
        }
        if (order.id() != id) {
            // At the other key of a moved order: what the update should have left behind is a lost write as well.
            report(order, "order " + number + " is at key " + id + ", and " + order + " was acknowledged");
            return;
        }
        if (order.version() == 0) {
            untouchedSeen++;
        } else {
            seen.add(number);
        }
        if (!isAsExpected(row, order)) {
            report(
                    order,
                    "order " + number + " has version " + row.getInt("version") + ", amount "
                            + row.getLong("amount_cents") + ", and " + order + " was acknowledged");
        }
    }

    private static boolean isAsExpected(ResultSet row, Order order) throws SQLException {
        return row.getInt("version") == order.version()
                && row.getLong("amount_cents") == order.amountCents()
                && order.status().equals(row.getString("status"))
                && order.expectedNote().equals(row.getString("remarks"))
                && "eu".equals(row.getString("region"))
                && (!order.fromFill() || row.getInt("customer_id") == Order.customer(order.number()));
    }

    private void missing() {
        for (Order order : ledger.written()) {
            if (!order.isDeleted() && !seen.contains(order.number()) && !ledger.isUncertain(order.number())) {
                report(order, "order " + order.number() + " is missing, and " + order + " was acknowledged");
            }
        }
        long untouchedExpected = ledger.untouchedFilled();
        if (untouchedSeen < untouchedExpected) {
            long missing = untouchedExpected - untouchedSeen;
            differing += missing;
            findings.add(missing + " rows that nobody wrote to are missing");
        }
    }

    private void report(Order order, String what) {
        if (order.version() == 0) {
            differing++;
        } else {
            lost.add(order.number());
        }
        if (findings.size() < KEPT_FINDINGS) {
            findings.add(what);
        }
    }
}
