package dev.shoofly.benchmarks.load;

import dev.shoofly.benchmarks.reference.ConnectionSource;
import dev.shoofly.benchmarks.reference.Order;
import dev.shoofly.benchmarks.reference.ReferenceTable;
import dev.shoofly.database.DatabaseKind;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** Compares the migrated table, row by row, with what was acknowledged. After the application has ended. */
public final class LedgerCheck {
    private static final String ALL_ROWS =
            "SELECT id, order_no, customer_id, status, amount_cents, email, note, version, %s AS region FROM "
                    + ReferenceTable.NAME;
    private static final int FETCH_ROWS = 5_000;
    private static final int KEPT_FINDINGS = 10;

    private final Ledger ledger;
    /** A table with more rows than 2³¹ is beyond every benchmark. */
    private final BitSet seen = new BitSet();

    private final List<String> findings = new ArrayList<>();
    private long wrong;
    private long rows;

    private LedgerCheck(Ledger ledger) {
        this.ledger = ledger;
    }

    /**
     * What was found.
     *
     * @param rows in the table
     * @param wrong rows that are not as the last acknowledged write left them, that are missing, or that should not be
     * @param findings the first of them, for people
     */
    public record Result(long rows, long wrong, List<String> findings) {}

    public static Result run(ConnectionSource source, DatabaseKind kind, Ledger ledger) throws SQLException {
        return run(source, kind, ledger, "region");
    }

    /** The same of the table as it was, or is again after a rollback: without the column that the migration adds. */
    public static Result runBeforeMigration(ConnectionSource source, DatabaseKind kind, Ledger ledger)
            throws SQLException {
        return run(source, kind, ledger, "'eu'");
    }

    private static Result run(ConnectionSource source, DatabaseKind kind, Ledger ledger, String region)
            throws SQLException {
        LedgerCheck check = new LedgerCheck(ledger);
        try (Connection connection = source.connect()) {
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                // Row by row instead of millions of rows in memory; each driver has its own way to ask for it.
                statement.setFetchSize(
                        switch (kind) {
                            case MYSQL -> Integer.MIN_VALUE;
                            case POSTGRES -> FETCH_ROWS;
                        });
                try (ResultSet row = statement.executeQuery(String.format(ALL_ROWS, region))) {
                    while (row.next()) {
                        check.row(row);
                    }
                }
            }
        }
        check.missing();
        return new Result(check.rows, check.wrong, List.copyOf(check.findings));
    }

    private void row(ResultSet row) throws SQLException {
        rows++;
        long id = row.getLong("id");
        int state = ledger.state(id);
        if (state == Ledger.UNCERTAIN) {
            return;
        }
        if (state < 0) {
            report("order " + id + " is there, although it was " + (state == Ledger.GONE ? "deleted" : "never made"));
            return;
        }
        seen.set((int) id);
        if (!isAsExpected(row, new Order(id, state))) {
            report("order " + id + " has version " + row.getInt("version") + ", status " + row.getString("status")
                    + ", amount " + row.getLong("amount_cents") + "; acknowledged was version " + state);
        }
    }

    private static boolean isAsExpected(ResultSet row, Order order) throws SQLException {
        return row.getInt("version") == order.version()
                && row.getLong("amount_cents") == order.amountCents()
                && row.getLong("customer_id") == order.customerId()
                && order.status().equals(row.getString("status"))
                && order.number().equals(row.getString("order_no"))
                && order.email().equals(row.getString("email"))
                && order.note().equals(row.getString("note"))
                && "eu".equals(row.getString("region"));
    }

    private void missing() {
        for (long id = 1; id <= ledger.highestId(); id++) {
            if (ledger.state(id) >= 0 && !seen.get((int) id)) {
                report("order " + id + " is missing; acknowledged was version " + ledger.state(id));
            }
        }
    }

    private void report(String what) {
        wrong++;
        if (findings.size() < KEPT_FINDINGS) {
            findings.add(what);
        }
    }
}
