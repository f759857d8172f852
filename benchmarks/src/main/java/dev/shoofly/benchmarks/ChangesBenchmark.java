package dev.shoofly.benchmarks;

import dev.shoofly.benchmarks.changes.Application;
import dev.shoofly.benchmarks.changes.Operation;
import dev.shoofly.benchmarks.reference.ReferenceTable;
import dev.shoofly.database.DatabaseKind;
import dev.shoofly.database.connection.ConnectionPool;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** For how long each of some changes holds the application up, beside what it may. */
final class ChangesBenchmark {
    private static final long USUAL_SECONDS = 15;
    private static final long SETTLE_SECONDS = 2;

    private final MigrationBed bed;
    private final BenchmarkServer server;
    private final long rows;
    private final List<Operation> operations;

    ChangesBenchmark(MigrationBed bed, long rows, List<Operation> operations) {
        this.bed = bed;
        this.server = bed.server();
        this.rows = rows;
        this.operations = List.copyOf(operations);
    }

    Report run() throws SQLException, IOException, InterruptedException {
        ReferenceTable.of(server.kind()).create(server, rows);
        createCustomers();
        List<Comparison> comparisons = new ArrayList<>();
        Map<String, Object> details = new LinkedHashMap<>();
        String table = ReferenceTable.NAME;
        try (Application application = new Application(server, table, rows)) {
            TimeUnit.SECONDS.sleep(SETTLE_SECONDS);
            application.begin();
            TimeUnit.SECONDS.sleep(USUAL_SECONDS);
            application.learn();
            int number = 0;
            for (Operation operation : operations) {
                application.begin();
                long begun = System.nanoTime();
                ShooflyRun.migrate(server, bed.directory("change" + ++number), table, operation.alter());
                double seconds = (System.nanoTime() - begun) / 1e9;
                table = operation.newName();
                application.table(table);
                TimeUnit.SECONDS.sleep(SETTLE_SECONDS);
                Application.Verdict verdict = application.verdict();
                comparisons.add(
                        Comparison.of(operation.name(), "ms", verdict.longestMillis(), verdict.allowedMillis()));
                details.put(
                        operation.name(),
                        String.format(
                                java.util.Locale.ROOT,
                                "%s in %.1f s; held up most: %s; failed statements: %d %s",
                                strategy(),
                                seconds,
                                verdict.worker(),
                                verdict.failures(),
                                verdict.lastFailure()));
                dropOldTables();
            }
        }
        Map<String, Object> conditions = bed.conditions();
        conditions.put("rows", rows);
        return new Report(
                "changes",
                Main.name(server.kind()),
                "a second, or 20 times the client's usual longest gap (p99.9)",
                comparisons.stream()
                        .max(Comparator.comparingDouble(Comparison::ratio))
                        .orElseThrow(),
                comparisons,
                details,
                conditions);
    }

    /** Those that the orders refer to. */
    private void createCustomers() throws SQLException {
        try (Connection connection = server.connect()) {
            ConnectionPool.execute(
                    connection,
                    "CREATE TABLE customers (id " + (server.kind() == DatabaseKind.MYSQL ? "INT" : "integer")
                            + " PRIMARY KEY)");
            ConnectionPool.execute(
                    connection, "INSERT INTO customers SELECT DISTINCT customer_id FROM " + ReferenceTable.NAME);
            // The inserter's.
            for (int id = 0; id < 100; id++) {
                ConnectionPool.execute(
                        connection,
                        "INSERT INTO customers SELECT n FROM (SELECT " + id
                                + " AS n) one WHERE NOT EXISTS (SELECT 1 FROM customers c WHERE c.id = one.n)");
            }
        }
    }

    /** Of the newest migration. */
    private String strategy() throws SQLException {
        return texts("SELECT strategy FROM shoofly.migrations ORDER BY created_at DESC LIMIT 1")
                .get(0);
    }

    /** They are kept for a while, and would fill the disk. */
    private void dropOldTables() throws SQLException {
        String schema = server.kind() == DatabaseKind.MYSQL ? "DATABASE()" : "current_schema()";
        for (String old : texts("SELECT table_name FROM information_schema.tables WHERE table_schema = " + schema
                + " AND table_name LIKE '%\\_old'")) {
            try (Connection connection = server.connect()) {
                ConnectionPool.execute(connection, "DROP TABLE " + old);
            }
        }
    }

    private List<String> texts(String query) throws SQLException {
        List<String> texts = new ArrayList<>();
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                texts.add(rows.getString(1));
            }
        }
        return texts;
    }
}
