package dev.shoofly.benchmarks;

import dev.shoofly.benchmarks.reference.ReferenceTable;
import dev.shoofly.database.DatabaseKind;
import dev.shoofly.database.connection.ConnectionPool;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;

/**
 * What no tool that copies inside the server can spare an application: small chunks of plain {@code INSERT … SELECT}, spread
 * evenly over a time, then the indexes, beside whatever else the server has to do. It captures nothing, so the copy is a wrong one
 * as soon as somebody writes; it is thrown away.
 */
final class PacedCopy {
    private static final int CHUNK_ROWS = 1_000;

    private final BenchmarkServer server;
    private final long rows;
    private final long copyNanos;

    /** @param seconds for the rows; the indexes take what they take */
    PacedCopy(BenchmarkServer server, long rows, int seconds) {
        this.server = server;
        this.rows = rows;
        this.copyNanos = TimeUnit.SECONDS.toNanos(seconds);
    }

    /** From the first chunk to the last index; moments of the JVM's clock. */
    record Times(long from, long to) {
        static final Times NONE = new Times(0, 0);

        double seconds() {
            return Math.round((to - from) / 1e8) / 10.0;
        }
    }

    /** Blocks until everything is built, measured and dropped again. */
    Times run(String source) throws SQLException, InterruptedException {
        ReferenceTable table = ReferenceTable.of(server.kind());
        try (Connection connection = server.connect()) {
            table.createChanged(connection, CopyLimit.NAME);
            long from = System.nanoTime();
            copy(connection, source, from);
            table.addIndexes(connection, CopyLimit.NAME);
            long to = System.nanoTime();
            ConnectionPool.execute(connection, "DROP TABLE " + CopyLimit.NAME);
            if (server.kind() == DatabaseKind.POSTGRES) {
                // Otherwise the log that this wrote would bring the next checkpoint on while something else is
                // measured.
                ConnectionPool.execute(connection, "CHECKPOINT");
            }
            return new Times(from, to);
        }
    }

    private void copy(Connection connection, String source, long from) throws SQLException, InterruptedException {
        try (PreparedStatement statement = connection.prepareStatement(CopyLimit.insert(source))) {
            for (long first = 1; first <= rows; first += CHUNK_ROWS) {
                // Doubles: the product of a key and a time does not fit into a long.
                long due = from + (long) ((double) copyNanos * (first - 1) / rows);
                TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
                statement.setLong(1, first);
                statement.setLong(2, Math.min(rows, first + CHUNK_ROWS - 1));
                statement.executeUpdate();
            }
        }
    }
}
