package dev.shoofly.coordinator;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Every statement that a server of the test's own is sent, by whomever, the observer's excepted. */
abstract class StatementLog implements AutoCloseable {
    final Connection observer;

    StatementLog(Connection observer) {
        this.observer = observer;
    }

    /** Forgets what was sent so far. */
    abstract void clear() throws SQLException;

    abstract List<String> statements() throws SQLException;

    List<String> query(String sql) throws SQLException {
        List<String> found = new ArrayList<>();
        try (Statement statement = observer.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                found.add(rows.getString(1));
            }
        }
        return found;
    }

    void execute(String sql) throws SQLException {
        try (Statement statement = observer.createStatement()) {
            statement.execute(sql);
        }
    }

    @Override
    public void close() throws SQLException {
        observer.close();
    }

    /** The general log, which names connections, pings and binary log clients too. */
    static final class OfMySql extends StatementLog {
        OfMySql(Connection observer) throws SQLException {
            super(observer);
            execute("SET GLOBAL log_output = 'TABLE'");
            execute("SET GLOBAL general_log = 1");
        }

        @Override
        void clear() throws SQLException {
            execute("TRUNCATE TABLE mysql.general_log");
        }

        @Override
        List<String> statements() throws SQLException {
            return query("SELECT CONCAT(command_type, ' ', CONVERT(argument USING utf8mb4)) FROM mysql.general_log"
                    + " WHERE thread_id <> CONNECTION_ID()");
        }

        @Override
        public void close() throws SQLException {
            execute("SET GLOBAL general_log = 0");
            super.close();
        }
    }

    /** The server must have been started with {@code pg_stat_statements}. */
    static final class OfPostgres extends StatementLog {
        OfPostgres(Connection observer) throws SQLException {
            super(observer);
            execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
        }

        @Override
        void clear() throws SQLException {
            execute("SELECT pg_stat_statements_reset()");
        }

        @Override
        List<String> statements() throws SQLException {
            return query("SELECT query FROM pg_stat_statements, generate_series(1, calls)"
                    + " WHERE query NOT LIKE '%pg_stat_statements%'");
        }
    }
}
