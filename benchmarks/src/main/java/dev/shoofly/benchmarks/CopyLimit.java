package dev.shoofly.benchmarks;

import dev.shoofly.benchmarks.reference.Chunks;
import dev.shoofly.benchmarks.reference.Contents;
import dev.shoofly.benchmarks.reference.ReferenceTable;
import dev.shoofly.database.connection.ConnectionPool;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/**
 * The limit of a copy on this machine: plain {@code INSERT … SELECT} of 10,000 keys at a time into a table without
 * secondary indexes (on PostgreSQL without any), then the indexes. It knows nothing of writers, progress or recovery.
 */
final class CopyLimit {
    static final String NAME = "plain_copy";
    private static final int CHUNK_ROWS = 10_000;

    private final BenchmarkServer server;
    private final long rows;

    CopyLimit(BenchmarkServer server, long rows) {
        this.server = server;
        this.rows = rows;
    }

    /**
     * One run. The components' names are those in the report.
     *
     * @param cpuSeconds of the server and this process
     */
    record Run(int connections, double copySeconds, double indexSeconds, double cpuSeconds) {
        double seconds() {
            return copySeconds + indexSeconds;
        }
    }

    /** @throws BenchmarkFailure when the copy is not equal to its source */
    Run run(String source, Contents expected, int connections) throws SQLException, InterruptedException {
        ReferenceTable table = ReferenceTable.of(server.kind());
        try (Connection connection = server.connect()) {
            table.createChanged(connection, NAME);
            server.settle();
            Duration cpu = server.cpuTime().used();
            Duration copy = new Chunks(insert(source), List.of(), rows, CHUNK_ROWS).run(server, connections);
            long began = System.nanoTime();
            table.addIndexes(connection, NAME);
            Duration indexes = Duration.ofNanos(System.nanoTime() - began);
            cpu = server.cpuTime().used().minus(cpu);
            require(table, connection, expected);
            ConnectionPool.execute(connection, "DROP TABLE " + NAME);
            return new Run(connections, copy.toMillis() / 1e3, indexes.toMillis() / 1e3, cpu.toMillis() / 1e3);
        }
    }

    /** Parameters: first and last key. */
    static String insert(String source) {
        return "INSERT INTO " + NAME + " (" + ReferenceTable.COLUMNS + ") SELECT " + ReferenceTable.COLUMNS + " FROM "
                + source + " WHERE id BETWEEN ? AND ?";
    }

    private static void require(ReferenceTable table, Connection connection, Contents expected) throws SQLException {
        Contents found = table.contents(connection, NAME);
        if (!found.equals(expected) || !table.indexes(connection, NAME).equals(ReferenceTable.INDEXES)) {
            throw new BenchmarkFailure("the plain copy is wrong: " + found + " instead of " + expected + ", indexes "
                    + table.indexes(connection, NAME));
        }
    }
}
