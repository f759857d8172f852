package dev.shoofly.servers;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** One connection of a test. */
record Session(Connection connection) implements AutoCloseable {
    static Session open(DatabaseServer server) throws SQLException {
        return open(server, server.password());
    }

    static Session open(DatabaseServer server, String password) throws SQLException {
        return new Session(DriverManager.getConnection(server.jdbcUrl(), server.user(), password));
    }

    void run(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    String value(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return String.valueOf(rows.getString(1));
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
