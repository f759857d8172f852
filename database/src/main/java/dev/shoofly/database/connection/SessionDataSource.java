package dev.shoofly.database.connection;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.List;
import java.util.Properties;
import java.util.function.Consumer;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.NullUnmarked;

/** Opens connections with the session settings of the protocol: all of them set, or no connection. */
@NullUnmarked
final class SessionDataSource implements DataSource {
    private final ConnectionProfile profile;
    private final List<String> session;
    private final Consumer<Connection> wishes;
    private final Properties driverProperties;
    private volatile int loginTimeoutSeconds;

    SessionDataSource(
            ConnectionProfile profile, List<String> session, Consumer<Connection> wishes, Properties driverProperties) {
        this.profile = profile;
        this.session = List.copyOf(session);
        this.wishes = wishes;
        this.driverProperties = driverProperties;
    }

    @Override
    public Connection getConnection() throws SQLException {
        Properties properties = new Properties();
        properties.putAll(driverProperties);
        properties.setProperty("user", profile.user());
        properties.setProperty("password", profile.password().reveal());
        Connection connection = DriverManager.getConnection(profile.url(), properties);
        try {
            for (String statement : session) {
                ConnectionPool.execute(connection, statement);
            }
            wishes.accept(connection);
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
        throw new SQLFeatureNotSupportedException("the profile says who connects");
    }

    @Override
    public PrintWriter getLogWriter() {
        return null;
    }

    @Override
    public void setLogWriter(PrintWriter out) {}

    @Override
    public void setLoginTimeout(int seconds) {
        // The pool reads it back as the time that it gives its threads when it closes.
        loginTimeoutSeconds = seconds;
    }

    @Override
    public int getLoginTimeout() {
        // The pool also waits this long for a connection under construction when it closes.
        return 5;
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        throw new SQLFeatureNotSupportedException("no java.util.logging here");
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        throw new SQLException("wraps nothing");
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return false;
    }
}
