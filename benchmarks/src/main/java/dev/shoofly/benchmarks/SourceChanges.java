package dev.shoofly.benchmarks;

import dev.shoofly.database.DatabaseKind;
import dev.shoofly.model.ChangeRecord;
import dev.shoofly.model.RowKey;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * Changes rows of the source by real transactions and says what the capture would have said of them, so that an applier
 * has real transactions to wait for. Nothing else may write to the server meanwhile.
 */
final class SourceChanges {
    /** Rows per transaction of the application. */
    static final int TRANSACTION_ROWS = 10;

    private static final long SEED = 20261121;

    private SourceChanges() {}

    /** Every row once, in an order that has nothing to do with the key's. */
    static List<Long> everyRowOnce(int rows) {
        List<Long> order = LongStream.rangeClosed(1, rows).boxed().collect(Collectors.toCollection(ArrayList::new));
        Collections.shuffle(order, new Random(SEED));
        return order;
    }

    /** Each change hits any row with the same probability. */
    static List<Long> uniform(int rows, int changes) {
        Random random = new Random(SEED);
        return LongStream.generate(() -> 1 + random.nextInt(rows))
                .limit(changes)
                .boxed()
                .toList();
    }

    /** One row in a hundred takes 99 of a hundred changes. */
    static List<Long> hot(int rows, int changes) {
        Random random = new Random(SEED);
        int hot = Math.max(1, rows / 100);
        return LongStream.generate(() -> {
                    boolean isHot = random.nextInt(100) < 99;
                    return isHot ? 1L + random.nextInt(hot) * 100L : 1L + random.nextInt(rows);
                })
                .limit(changes)
                .boxed()
                .toList();
    }

    /** Updates these rows, some per transaction, and returns one record per change, in commit order. */
    static List<ChangeRecord> make(Bed bed, List<Long> ids) throws SQLException {
        try (Connection connection = bed.connect()) {
            return switch (bed.kind()) {
                case MYSQL -> onMySql(connection, ids);
                case POSTGRES -> onPostgres(connection, ids);
            };
        }
    }

    private static List<ChangeRecord> onMySql(Connection connection, List<Long> ids) throws SQLException {
        execute(connection, "SET GLOBAL sync_binlog = 0, GLOBAL innodb_flush_log_at_trx_commit = 2");
        String before = text(connection, "SELECT @@GLOBAL.gtid_executed");
        List<ChangeRecord> changes = new ArrayList<>(ids.size());
        String server = before.substring(0, before.indexOf(':'));
        long number = lastNumber(before);
        for (int at = 0; at < ids.size(); at += TRANSACTION_ROWS) {
            List<Long> rows = ids.subList(at, Math.min(ids.size(), at + TRANSACTION_ROWS));
            update(connection, DatabaseKind.MYSQL, rows);
            note(rows, server + ":" + ++number, changes);
        }
        // Durable again, as an application's server is, for whatever is measured next.
        execute(connection, "SET GLOBAL sync_binlog = 1, GLOBAL innodb_flush_log_at_trx_commit = 1");
        long last = lastNumber(text(connection, "SELECT @@GLOBAL.gtid_executed"));
        if (last != number) {
            throw new BenchmarkFailure("the server is at transaction " + last + ", not " + number + ": somebody wrote");
        }
        return changes;
    }

    private static long lastNumber(String gtids) {
        String numbers = gtids.substring(gtids.indexOf(':') + 1);
        return Long.parseLong(numbers.substring(numbers.indexOf('-') + 1));
    }

    private static List<ChangeRecord> onPostgres(Connection connection, List<Long> ids) throws SQLException {
        List<ChangeRecord> changes = new ArrayList<>(ids.size());
        execute(connection, "SET synchronous_commit = off");
        connection.setAutoCommit(false);
        for (int at = 0; at < ids.size(); at += TRANSACTION_ROWS) {
            List<Long> rows = ids.subList(at, Math.min(ids.size(), at + TRANSACTION_ROWS));
            update(connection, DatabaseKind.POSTGRES, rows);
            String transaction = text(connection, "SELECT pg_current_xact_id()::text::bigint % 4294967296");
            connection.commit();
            note(rows, transaction, changes);
        }
        return changes;
    }

    private static void update(Connection connection, DatabaseKind kind, List<Long> ids) throws SQLException {
        String list = ids.stream().map(String::valueOf).collect(Collectors.joining(", "));
        String now = kind == DatabaseKind.MYSQL ? "CURRENT_TIMESTAMP(3)" : "localtimestamp(3)";
        // Each change moves an entry of one secondary index, as the step of an order's life does.
        String status = "CASE status WHEN 'new' THEN 'paid' WHEN 'paid' THEN 'packed' WHEN 'packed' THEN 'shipped'"
                + " ELSE 'new' END";
        execute(
                connection,
                "UPDATE " + OrdersTable.NAME + " SET status = " + status
                        + ", version = version + 1, amount_cents = amount_cents + 1, changed_at = " + now
                        + " WHERE id IN ("
                        + list + ")");
    }

    private static void note(List<Long> rows, String transaction, List<ChangeRecord> changes) {
        Set<Long> distinct = new LinkedHashSet<>(rows);
        for (Long id : distinct) {
            changes.add(new ChangeRecord.DirtyKey(RowKey.of(Long.toString(id)), transaction, 0));
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String text(Connection connection, String query) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(query);
                ResultSet rows = statement.executeQuery()) {
            rows.next();
            return rows.getString(1);
        }
    }
}
