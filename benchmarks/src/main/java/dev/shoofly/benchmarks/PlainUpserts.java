package dev.shoofly.benchmarks;

import dev.shoofly.model.ChangeRecord;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;

/**
 * The limit of an applier on this machine: the same rows written to the same table by a plain JDBC program that has them
 * in memory, in batches of the same size on as many connections, and knows nothing of order, progress or recovery. In
 * each dialect the quicker of the usual ways.
 */
final class PlainUpserts {
    private final Bed bed;
    private final int batchRows;

    PlainUpserts(Bed bed, int batchRows) {
        this.bed = bed;
        this.batchRows = batchRows;
    }

    /** Writes the changed rows as the source holds them now to the shadow. */
    Work run(Migrated migrated, List<ChangeRecord> changes) throws SQLException, InterruptedException {
        MigrationPlan plan = migrated.plan();
        Map<RowKey, Object[]> rows = read();
        List<Connection> connections = new ArrayList<>();
        ExecutorService threads = Executors.newFixedThreadPool(plan.partitions());
        try {
            List<Callable<Long>> writers = new ArrayList<>();
            for (int partition = 0; partition < plan.partitions(); partition++) {
                List<Object[]> share = ApplierRun.share(plan, changes, partition).stream()
                        .map(key -> Objects.requireNonNull(rows.get(key)))
                        .toList();
                Connection connection = bed.connect();
                connections.add(connection);
                connection.setAutoCommit(false);
                writers.add(() -> write(connection, plan.shadow(), share));
            }
            Duration cpu = bed.cpuTime().used();
            long began = System.nanoTime();
            long written = 0;
            for (Future<Long> writer : threads.invokeAll(writers)) {
                written += writer.get();
            }
            long nanos = System.nanoTime() - began;
            cpu = bed.cpuTime().used().minus(cpu);
            return new Work(written, written, written / batchRows, 0, nanos, cpu);
        } catch (ExecutionException e) {
            throw new BenchmarkFailure("the plain program failed: " + e.getCause(), e);
        } finally {
            threads.shutdownNow();
            for (Connection connection : connections) {
                connection.close();
            }
        }
    }

    private Map<RowKey, Object[]> read() throws SQLException {
        Map<RowKey, Object[]> found = new HashMap<>();
        try (Connection connection = bed.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT " + String.join(", ", OrdersTable.COLUMNS) + " FROM " + OrdersTable.NAME)) {
            while (rows.next()) {
                Object[] row = new Object[OrdersTable.COLUMNS.size()];
                for (int i = 0; i < row.length; i++) {
                    row[i] = rows.getObject(i + 1);
                }
                found.put(RowKey.of(String.valueOf(row[0])), row);
            }
        }
        return found;
    }

    private long write(Connection connection, TableName table, List<Object[]> rows) throws SQLException {
        for (int at = 0; at < rows.size(); at += batchRows) {
            List<Object[]> batch = rows.subList(at, Math.min(rows.size(), at + batchRows));
            switch (bed.kind()) {
                case MYSQL -> byRewrittenBatch(connection, table, batch);
                case POSTGRES -> byArrays(connection, table, batch);
            }
            connection.commit();
        }
        return rows.size();
    }

    private static void byRewrittenBatch(Connection connection, TableName table, List<Object[]> rows)
            throws SQLException {
        String sql = "INSERT INTO `" + table.table() + "` (" + String.join(", ", OrdersTable.COLUMNS) + ") VALUES ("
                + String.join(", ", Collections.nCopies(OrdersTable.COLUMNS.size(), "?")) + ") ON DUPLICATE KEY UPDATE "
                + OrdersTable.COLUMNS.stream()
                        .skip(1)
                        .map(column -> column + " = VALUES(" + column + ")")
                        .collect(Collectors.joining(", "));
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (Object[] row : rows) {
                for (int i = 0; i < row.length; i++) {
                    statement.setObject(i + 1, row[i]);
                }
                statement.addBatch();
            }
            statement.executeBatch();
        }
    }

    private static void byArrays(Connection connection, TableName table, List<Object[]> rows) throws SQLException {
        List<String> types = List.of(
                "bigint", "int", "varchar", "bigint", "varchar", "varchar", "varchar", "int", "timestamp", "timestamp");
        String arrays = types.stream().map(type -> "?::" + type + "[]").collect(Collectors.joining(", "));
        String sql = "INSERT INTO \"" + table.table() + "\" (" + String.join(", ", OrdersTable.COLUMNS)
                + ") SELECT * FROM unnest(" + arrays + ") ON CONFLICT (id) DO UPDATE SET "
                + OrdersTable.COLUMNS.stream()
                        .skip(1)
                        .map(column -> column + " = EXCLUDED." + column)
                        .collect(Collectors.joining(", "));
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < types.size(); i++) {
                int column = i;
                Object[] values = rows.stream().map(row -> row[column]).toArray();
                statement.setArray(i + 1, connection.createArrayOf(types.get(i), values));
            }
            statement.executeUpdate();
        }
    }
}
