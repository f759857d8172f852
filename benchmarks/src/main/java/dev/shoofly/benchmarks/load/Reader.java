package dev.shoofly.benchmarks.load;

import dev.shoofly.benchmarks.reference.ConnectionSource;
import dev.shoofly.benchmarks.reference.ReferenceTable;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Random;
import java.util.function.BooleanSupplier;

/** Reads orders by key. One that is older than what was acknowledged before the read began, or not there, is wrong. */
final class Reader extends Client {
    private final Ledger ledger;
    private final Findings findings;
    private final Random random;
    private PreparedStatement select;

    @SuppressWarnings("NullAway.Init") // select is made before the first operation
    Reader(
            ConnectionSource source,
            OperationLog log,
            BooleanSupplier stopped,
            Ledger ledger,
            Findings findings,
            long seed) {
        super(source, log, stopped);
        this.ledger = ledger;
        this.findings = findings;
        this.random = new Random(seed);
    }

    @Override
    void prepare(Connection opened) throws SQLException {
        select = opened.prepareStatement(
                "SELECT version, status, amount_cents FROM " + ReferenceTable.NAME + " WHERE id = ?");
    }

    @Override
    void operate() throws SQLException {
        long id = random.nextLong(ledger.filledRows()) + 1;
        int before = ledger.state(id);
        select.setLong(1, id);
        try (ResultSet row = select.executeQuery()) {
            if (row.next()) {
                if (row.getInt(1) < before) {
                    findings.wrong("order " + id + " was read at version " + row.getInt(1) + " after version " + before
                            + " was acknowledged");
                }
            } else if (before >= 0 && ledger.state(id) >= 0) {
                findings.wrong("order " + id + " was not there although version " + before + " was acknowledged");
            }
        }
    }

    @Override
    void failed(SQLException error) {
        findings.failed("read: " + error.getMessage() + " (SQLState " + error.getSQLState() + ")");
    }
}
