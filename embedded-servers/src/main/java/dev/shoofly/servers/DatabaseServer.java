package dev.shoofly.servers;

/** A database server with one database and its superuser, for whoever wants to connect to it through JDBC. */
public interface DatabaseServer extends AutoCloseable {
    /** The JDBC URL of the database named when the server was built, without the password. */
    String jdbcUrl();

    /** The superuser. */
    String user();

    String password();

    String host();

    int port();

    /** The database named when the server was built. */
    String database();

    /** Stops the server at once but orderly (if it runs) and starts it on the same port and data. */
    void restart();

    /** Kills the server without warning, as a crash would; {@link #restart()} brings it back. */
    void kill();

    /** Stops the server within a bounded time; the data stays. */
    @Override
    void close();
}
