package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.servers.DatabaseServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * One application that does everything to two tables: {@code ledger}, which is migrated, and {@code twin}, which is not. What
 * differs in the end is the migration's fault. One round of statements at a time; any thread.
 */
final class TwinTables {
    static final long ROWS = 4_000;
    private static final List<String> LEFT_OVER = List.of("ledger", "ledger_side", "twin", "twin_side");
    private final DatabaseServer server;
    private final Statements statements;
    private long rounds;

    TwinTables(DatabaseServer server, Statements statements) throws SQLException {
        this.server = server;
        this.statements = statements;
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            for (String table : LEFT_OVER) {
                statement.execute("DROP TABLE IF EXISTS " + table);
            }
            for (String each : statements.create(ROWS)) {
                onBoth(statement, each);
            }
        }
    }

    /** Every statement of the script, once on either table, with other rows each time. */
    synchronized void round() throws SQLException {
        rounds++;
        assertThat(rounds * Statements.KEYS_PER_ROUND)
                .as("rows left for rounds")
                .isLessThan(ROWS);
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (List<String> transaction : statements.round()) {
                for (String each : transaction) {
                    if (!each.equals("ROLLBACK")) {
                        onBoth(statement, withKeys(each));
                    }
                }
                if (transaction.get(transaction.size() - 1).equals("ROLLBACK")) {
                    connection.rollback();
                } else {
                    connection.commit();
                }
            }
        }
    }

    /** In one transaction. */
    void insertMany(long first, long rows) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            onBoth(statement, statements.insertMany(first, rows));
            connection.commit();
        }
    }

    private String withKeys(String statement) {
        String text = statement.replace("{n}", Long.toString(rounds));
        for (int i = 0; i < Statements.KEYS_PER_ROUND; i++) {
            // Spread over the table, so that some are in chunks that are copied already and some are not.
            long key = (rounds * Statements.KEYS_PER_ROUND + i) * 1_237 % ROWS + 1;
            text = text.replace("{" + i + "}", Long.toString(key));
        }
        return text;
    }

    private static void onBoth(Statement statement, String sql) throws SQLException {
        boolean ofATable = sql.contains("{t}") || sql.contains("{d}");
        statement.execute(sql.replace("{t}", "ledger").replace("{d}", "ledger_side"));
        if (ofATable) {
            statement.execute(sql.replace("{t}", "twin").replace("{d}", "twin_side"));
        }
    }

    /** Row by row. */
    void assertEqual() throws SQLException {
        assertThat(rows("ledger")).isEqualTo(rows("twin"));
    }

    private List<String> rows(String table) throws SQLException {
        List<String> rows = new ArrayList<>();
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(
                        "SELECT id, code, note, amount + 0.0000 FROM " + table + " ORDER BY id")) {
            while (found.next()) {
                rows.add(found.getLong(1) + "|" + found.getString(2) + "|" + found.getString(3) + "|"
                        + found.getBigDecimal(4).stripTrailingZeros().toPlainString());
            }
        }
        return rows;
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
    }
}
