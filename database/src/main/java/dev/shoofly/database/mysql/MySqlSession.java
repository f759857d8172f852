package dev.shoofly.database.mysql;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.ConnectionProfile;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;

/** What every session of ours has set, and how the driver is told to behave. */
final class MySqlSession {
    /** Our sessions tell it to the server as an attribute, so that they can be told from an application's. */
    static final String PROGRAM = ConnectionProfile.PROGRAM;

    private static final int CONNECT_TIMEOUT_MILLIS = 5_000;
    /** Longer than any single statement of ours takes; a dead peer is found earlier by the keep-alive. */
    private static final int SOCKET_TIMEOUT_MILLIS = 600_000;

    /**
     * Strict, so that a value that does not fit is an error; NO_AUTO_VALUE_ON_ZERO, or id 0 becomes a new number; without
     * NO_ZERO_DATE and NO_ZERO_IN_DATE, so that the zero dates that a source holds can be copied; without ANSI_QUOTES and
     * PAD_CHAR_TO_FULL_LENGTH, on which the texts below rely; without ERROR_FOR_DIVISION_BY_ZERO, or rows whose generated
     * columns and checks divided by zero, and got NULL, when a lenient application wrote them cannot be copied.
     */
    static final String SQL_MODE = "STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION";

    private static final List<String> STATEMENTS = List.of(
            "SET SESSION sql_mode = '" + SQL_MODE + "',"
                    // A copy at REPEATABLE READ would take next-key locks on the application's rows.
                    + " transaction_isolation = 'READ-COMMITTED', transaction_read_only = 0, completion_type = 'NO_CHAIN',"
                    // TIMESTAMP keys travel in UTC.
                    + " time_zone = '+00:00',"
                    // Checking a parent would lock the application's parent rows.
                    + " foreign_key_checks = 0, unique_checks = 1,"
                    + " innodb_lock_wait_timeout = 5, lock_wait_timeout = 10,"
                    // A stopped process that is inside a transaction must not keep its progress row for hours.
                    + " wait_timeout = 60, net_read_timeout = 120, net_write_timeout = 120, max_execution_time = 0,"
                    + " sql_select_limit = DEFAULT, sql_big_selects = 1, sql_safe_updates = 0,"
                    + " sql_quote_show_create = 1,"
                    // AUTO_INCREMENT and row estimates as they are now, not as of yesterday.
                    + " information_schema_stats_expiry = 0,"
                    // Long key lists must stay range scans and must not dive into the index once per key.
                    + " range_optimizer_max_mem_size = 0, eq_range_index_dive_limit = 1",
            // A proxy that swallows SET would turn every copy into a locking read: overflow, and so no connection.
            "DO (SELECT IF(@@SESSION.transaction_isolation = 'READ-COMMITTED', 1, ~0 + 1))");

    private MySqlSession() {}

    static List<String> statements() {
        return STATEMENTS;
    }

    static Properties driverProperties() {
        Properties properties = new Properties();
        properties.setProperty("characterEncoding", "UTF-8");
        properties.setProperty("connectionAttributes", "program_name:" + PROGRAM);
        properties.setProperty("allowMultiQueries", "false");
        // Texts with literals: the server's range optimizer sees the values, and types stay as written below.
        properties.setProperty("useServerPrepStmts", "false");
        properties.setProperty("cachePrepStmts", "true");
        properties.setProperty("prepStmtCacheSize", "100");
        properties.setProperty("prepStmtCacheSqlLimit", "65536");
        properties.setProperty("rewriteBatchedStatements", "true");
        properties.setProperty("useLocalSessionState", "true");
        properties.setProperty("maintainTimeStats", "false");
        // Keys are read as text: no driver may make booleans or dates of them.
        properties.setProperty("tinyInt1isBit", "false");
        properties.setProperty("yearIsDateType", "false");
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("connectTimeout", String.valueOf(CONNECT_TIMEOUT_MILLIS));
        properties.setProperty("socketTimeout", String.valueOf(SOCKET_TIMEOUT_MILLIS));
        return properties;
    }

    static ConnectionPool pool(ConnectionProfile profile, String name, int most) {
        return new ConnectionPool(profile, name, most, STATEMENTS, driverProperties());
    }

    /** For what reads many rows and may take its time. */
    static ConnectionPool lowPriorityPool(ConnectionProfile profile, String name, int most) {
        return new ConnectionPool(profile, name, most, STATEMENTS, BulkPriority::join, driverProperties());
    }

    /** One whose statements may take hours; that the server is still there, TCP's keep-alive finds out. */
    static Connection connectForLongStatements(ConnectionProfile profile) throws SQLException {
        Properties properties = driverProperties();
        properties.setProperty("socketTimeout", "0");
        Connection connection = connect(profile, properties);
        BulkPriority.join(connection);
        return connection;
    }

    /** A connection outside the pool: for locks that outlive a statement, and to learn at once why a login fails. */
    static Connection connect(ConnectionProfile profile) throws SQLException {
        return connect(profile, driverProperties());
    }

    /** As {@link #connect}; it also takes several statements in one packet, of which one that fails ends the rest. */
    static Connection connectForSeries(ConnectionProfile profile) throws SQLException {
        Properties properties = driverProperties();
        properties.setProperty("allowMultiQueries", "true");
        return connect(profile, properties);
    }

    private static Connection connect(ConnectionProfile profile, Properties properties) throws SQLException {
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
