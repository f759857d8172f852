package dev.shoofly.database.postgres;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.ConnectionProfile;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;

/** The settings of every connection that Shoofly opens to PostgreSQL. */
final class PostgresSession {
    /** Seen in {@code pg_stat_activity}. */
    static final String APPLICATION_NAME = ConnectionProfile.PROGRAM;

    static final List<String> STATEMENTS = List.of(
            "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE",
            // With row-level security on, a copy would silently leave rows out; off makes that an error (42501).
            "SET row_security = off",
            "SET statement_timeout = 0",
            "SET lock_timeout = '5s'",
            // Bounds how long a process that was stopped inside a transaction keeps its progress row from
            // its successor.
            "SET idle_in_transaction_session_timeout = '10s'",
            // Time-outs that only newer servers know: a role's own setting would end the owner's lock or a long copy.
            "SELECT set_config(name, '0', false) FROM pg_catalog.pg_settings"
                    + " WHERE name IN ('idle_session_timeout', 'transaction_timeout')",
            "SET default_tablespace = ''",
            // Texts of keys and the verifier's comparisons must not depend on what the role or database is set to.
            "SET TimeZone = 'UTC'",
            "SET DateStyle = 'ISO, YMD'",
            "SET IntervalStyle = 'postgres'",
            "SET bytea_output = 'hex'",
            "SET extra_float_digits = 3",
            "SET xmlbinary = 'base64'",
            // Our writes need no standby: progress and rows stand in one log, so any prefix of it is consistent.
            "SET synchronous_commit = local",
            "SET client_min_messages = warning",
            // Lets us write a table that a swap has replaced, see OldTableFence: on the way back it is kept up to date.
            "SET " + OldTableFence.WRITER_SETTING + " = 'on'",
            // Every statement of the pipeline goes by key or key range. A plan cached while the shadow was nearly empty
            // must not turn into a scan of the whole table later.
            "SET enable_seqscan = off",
            "SET enable_bitmapscan = off",
            "SET enable_hashjoin = off",
            "SET enable_mergejoin = off",
            "SET jit = off",
            "SET max_parallel_workers_per_gather = 0");

    private PostgresSession() {}

    static Properties driverProperties() {
        Properties properties = new Properties();
        properties.setProperty("ApplicationName", APPLICATION_NAME);
        properties.setProperty("prepareThreshold", "2");
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("connectTimeout", "10");
        return properties;
    }

    /** A connection outside every pool, in auto-commit mode; close it. */
    static Connection connect(ConnectionProfile profile) throws SQLException {
        Properties properties = driverProperties();
        properties.setProperty("user", profile.user());
        properties.setProperty("password", profile.password().reveal());
        Connection connection = DriverManager.getConnection(profile.url(), properties);
        try {
            for (String statement : STATEMENTS) {
                ConnectionPool.execute(connection, statement);
            }
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }
}
