package dev.shoofly.benchmarks;

import dev.shoofly.database.ChunkCopier;
import dev.shoofly.database.control.Segment;
import dev.shoofly.database.control.SegmentRows;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.RowKey;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Changes that a capture finds in the log, made as fast as the server takes them. */
final class CaptureLoad {
    static final int CONNECTIONS = 4;
    /** Rows per transaction of an application that works in bulk. */
    static final int BULK = 500;
    /** A table of the same shape that nobody migrates. */
    static final String FOREIGN = "other_orders";

    private static final int PASSES = 2;
    /** One-row transactions are so slow for the server that fewer must do. */
    private static final int ONE_ROW_SHARE = 3;

    private final Bed bed;
    private final MigrationPlan plan;
    private final int rows;

    CaptureLoad(Bed bed, MigrationPlan plan, int rows) {
        this.bed = bed;
        this.plan = plan;
        this.rows = rows;
    }

    /** @return rows changed, as everywhere here */
    long oneRowTransactions(String table) throws SQLException, InterruptedException {
        return concurrently(table, rows / ONE_ROW_SHARE, 1);
    }

    long bulkTransactions(String table) throws SQLException, InterruptedException {
        long changed = 0;
        for (int pass = 0; pass < PASSES; pass++) {
            changed += concurrently(table, rows, BULK);
        }
        return changed;
    }

    private long concurrently(String table, int last, int rowsEach) throws SQLException, InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(CONNECTIONS);
        List<Connection> connections = new ArrayList<>();
        try {
            List<Callable<Long>> writers = new ArrayList<>();
            for (int i = 0; i < CONNECTIONS; i++) {
                Connection connection = bed.connect();
                connections.add(connection);
                long first = (long) last * i / CONNECTIONS + 1;
                long end = (long) last * (i + 1) / CONNECTIONS;
                writers.add(() -> update(connection, table, first, end, rowsEach));
            }
            long changed = 0;
            for (Future<Long> writer : threads.invokeAll(writers)) {
                changed += writer.get();
            }
            return changed;
        } catch (ExecutionException e) {
            throw new BenchmarkFailure("a writer failed: " + e.getCause(), e);
        } finally {
            threads.shutdownNow();
            for (Connection connection : connections) {
                connection.close();
            }
        }
    }

    /** Each statement commits by itself. */
    private static long update(Connection connection, String table, long first, long last, int rowsEach)
            throws SQLException {
        long changed = 0;
        try (PreparedStatement update = connection.prepareStatement("UPDATE " + table
                + " SET version = version + 1, amount_cents = amount_cents + 1 WHERE id BETWEEN ? AND ?")) {
            for (long at = first; at <= last; at += rowsEach) {
                update.setLong(1, at);
                update.setLong(2, Math.min(last, at + rowsEach - 1));
                changed += update.executeUpdate();
            }
        }
        return changed;
    }

    /** The whole table into the shadow, by the product's copier. */
    long copy() {
        ChunkCopier copier = bed.database().copier(plan);
        RowKey highest = copier.highestKey().orElseThrow();
        bed.database().control().segments().create(plan.id(), List.of(new KeyRange(null, highest)));
        Segment segment = bed.database()
                .control()
                .segments()
                .claim(plan.id(), new SegmentRows.Copier("benchmark", 0), range -> Optional.empty())
                .orElseThrow();
        long copied = 0;
        RowKey position = null;
        while (!highest.equals(position)) {
            RowKey end = copier.chunkEnd(position, highest, MigrationSpec.DEFAULT_CHUNK_ROWS);
            copied += copier.copy(segment, new KeyRange(position, end), end.equals(highest), keys -> {
                        throw new BenchmarkFailure("keys to sweep, although nobody writes: " + keys);
                    })
                    .rows();
            position = Objects.requireNonNull(end);
        }
        return copied;
    }
}
