package dev.shoofly.capture;

import dev.shoofly.servers.DatabaseServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/** An application that takes part in distributed transactions. */
final class XaSession {
    private final DatabaseServer server;

    XaSession(DatabaseServer server) {
        this.server = server;
    }

    /** Prepares and goes away. */
    void prepare(String xid, String... statements) throws SQLException {
        run(xid, List.of(statements), "XA PREPARE " + xid);
    }

    void commitAtOnce(String xid, String... statements) throws SQLException {
        run(xid, List.of(statements), "XA COMMIT " + xid + " ONE PHASE");
    }

    private void run(String xid, List<String> statements, String end) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("XA START " + xid);
            for (String each : statements) {
                statement.execute(each);
            }
            statement.execute("XA END " + xid);
            statement.execute(end);
        }
    }

    /** {@code XA COMMIT 'x'} or {@code XA ROLLBACK 'x'}, once the server has let go of the session that prepared it. */
    void decide(String statement) throws SQLException {
        try (Connection connection = connect();
                Statement deciding = connection.createStatement()) {
            long giveUpAt = System.nanoTime() + CaptureRig.PATIENCE.toNanos();
            while (true) {
                try {
                    deciding.execute(statement);
                    return;
                } catch (SQLException e) {
                    boolean stillAttached = e.getErrorCode() == 1397;
                    if (!stillAttached || System.nanoTime() > giveUpAt) {
                        throw e;
                    }
                }
            }
        }
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
    }
}
