package dev.shoofly.servers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;

/**
 * A real MySQL 8.0 server as a child process: loopback TCP only, durable, row-based binary log with GTIDs. The
 * superuser has the server's default authentication (caching_sha2_password), as on real servers.
 */
public final class EmbeddedMySql implements DatabaseServer {
    private static final String USER = "root";

    private final GuardedServer server;
    private final String database;
    private final String password;

    private EmbeddedMySql(GuardedServer server, String database, String password) {
        this.server = server;
        this.database = database;
        this.password = password;
    }

    /** A server whose data lives in this directory; existing data is kept. */
    public static Builder builder(Path dataDirectory) {
        return new Builder(dataDirectory);
    }

    /**
     * Without TLS on loopback, caching_sha2_password sends the password encrypted with the server's RSA key, which the
     * driver fetches from the server only when the URL allows it.
     */
    @Override
    public String jdbcUrl() {
        return "jdbc:mysql://" + host() + ":" + port() + "/" + database + "?useSSL=false&allowPublicKeyRetrieval=true";
    }

    @Override
    public String user() {
        return USER;
    }

    @Override
    public String password() {
        return password;
    }

    @Override
    public String host() {
        return "127.0.0.1";
    }

    @Override
    public int port() {
        return server.port();
    }

    @Override
    public String database() {
        return database;
    }

    public boolean isRunning() {
        return server.isRunning();
    }

    public long processId() {
        return server.processId();
    }

    @Override
    public void restart() {
        server.restart();
    }

    @Override
    public void kill() {
        server.kill();
    }

    @Override
    public void close() {
        server.close();
    }

    /** What to start; database {@code shop} and a free port unless told otherwise. */
    public static final class Builder {
        private static final String NAME = "MySQL 8.0";

        private final Path dataDirectory;
        private final Map<String, String> settings = new LinkedHashMap<>();
        private String database = "shop";
        private OptionalInt port = OptionalInt.empty();
        private ServerCache cache = ServerCache.ofUser();

        private Builder(Path dataDirectory) {
            this.dataDirectory = dataDirectory;
        }

        public Builder database(String name) {
            this.database = DatabaseNames.checked(name);
            return this;
        }

        public Builder port(int wanted) {
            this.port = OptionalInt.of(wanted);
            return this;
        }

        /**
         * A server option by its name with underscores or dashes; it wins over this class's own. An empty value stands
         * for an option without one, such as {@code skip-log-bin}; {@code log_bin=OFF} means the same.
         */
        public Builder setting(String name, String value) {
            settings.put(name, value);
            return this;
        }

        public Builder settings(Map<String, String> wanted) {
            settings.putAll(wanted);
            return this;
        }

        Builder cache(ServerCache other) {
            this.cache = other;
            return this;
        }

        public EmbeddedMySql start() {
            Platform.requireLinuxOnX64(NAME);
            ServerHome home = ServerHome.open(dataDirectory, NAME);
            boolean started = false;
            try {
                MySqlInstallation installation = new MySqlInstallation(cache);
                home.fillFrom(installation.template(database));
                home.requireDatabase(database);
                GuardedServer server = GuardedServer.start(installation.recipe(home, settings), home, port);
                started = true;
                return new EmbeddedMySql(server, database, home.password());
            } catch (IOException e) {
                throw new ServerException("cannot prepare " + NAME + " on " + home.root() + ": " + e, e);
            } finally {
                if (!started) {
                    home.close();
                }
            }
        }
    }
}
