package dev.shoofly.database.mysql;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** The replicas of the server. */
final class Replicas {
    private static final int NO_SUCH_SYNTAX = 1064;

    private Replicas() {}

    /** Those that have registered, as {@code host:port} or {@code server 12}. Other readers of the log do not register. */
    static List<String> registered(Connection connection) throws SQLException {
        try {
            return list(connection, "SHOW REPLICAS");
        } catch (SQLException e) {
            if (e.getErrorCode() != NO_SUCH_SYNTAX) {
                throw e;
            }
            return list(connection, "SHOW SLAVE HOSTS");
        }
    }

    private static List<String> list(Connection connection, String statement) throws SQLException {
        return SqlText.of(statement).list(connection, row -> {
            String host = row.getString(2);
            return host == null || host.isEmpty() ? "server " + row.getLong(1) : host + ":" + row.getInt(3);
        });
    }
}
