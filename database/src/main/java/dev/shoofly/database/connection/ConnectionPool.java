package dev.shoofly.database.connection;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Connections of one role, each with the session settings that the protocol demands. A borrowed connection is in
 * auto-commit mode. Thread-safe.
 */
public final class ConnectionPool implements AutoCloseable {
    private static final Duration BORROW_TIMEOUT = Duration.ofSeconds(10);
    /** Shorter than the server waits before it ends an idle session of ours. */
    private static final Duration IDLE_TIMEOUT = Duration.ofSeconds(30);

    private final HikariDataSource dataSource;
    private final ConnectionProfile profile;

    /** @param session statements run once on each new connection */
    public ConnectionPool(
            ConnectionProfile profile, String name, int most, List<String> session, Properties driverProperties) {
        this(profile, name, most, session, connection -> {}, driverProperties);
    }

    /**
     * @param session statements run once on each new connection
     * @param wishes done to it afterwards; what they cannot have, they do without
     */
    public ConnectionPool(
            ConnectionProfile profile,
            String name,
            int most,
            List<String> session,
            Consumer<Connection> wishes,
            Properties driverProperties) {
        this.profile = profile;
        HikariConfig config = new HikariConfig();
        config.setPoolName("shoofly-" + name);
        config.setMaximumPoolSize(most);
        config.setMinimumIdle(0);
        config.setConnectionTimeout(BORROW_TIMEOUT.toMillis());
        config.setIdleTimeout(IDLE_TIMEOUT.toMillis());
        config.setInitializationFailTimeout(-1);
        config.setDataSource(new SessionDataSource(profile, session, wishes, driverProperties));
        this.dataSource = new HikariDataSource(config);
    }

    public ConnectionProfile profile() {
        return profile;
    }

    /** A connection in auto-commit mode; close it to give it back. */
    public Connection borrow() throws SQLException {
        return dataSource.getConnection();
    }

    /**
     * Borrows, works in auto-commit mode, gives back.
     *
     * @throws ShooflyException kind TRANSIENT or REFUSED, naming {@code what}
     */
    public <T extends @Nullable Object> T with(String what, SqlWork<T> work) {
        try (Connection connection = borrow()) {
            return work.run(connection);
        } catch (SQLException e) {
            throw failure(what, e);
        }
    }

    /** As {@link #with}, in one transaction: committed when the work returns, rolled back when it throws. */
    public <T extends @Nullable Object> T inTransaction(String what, SqlWork<T> work) {
        return with(what, connection -> Transactions.run(connection, work));
    }

    private ShooflyException failure(String what, SQLException error) {
        return new ShooflyException(
                SqlErrors.kind(error),
                what + " failed on " + profile.host() + ":" + profile.port() + ": " + SqlErrors.serverSaid(error),
                error);
    }

    /** Runs one statement without parameters. */
    public static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Override
    public void close() {
        dataSource.close();
    }
}
