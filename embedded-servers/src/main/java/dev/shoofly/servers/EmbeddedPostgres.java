package dev.shoofly.servers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;

/**
 * A real PostgreSQL server as a child process: loopback TCP only, password authentication, durable, logical WAL. Its
 * settings go into a configuration file, so {@code ALTER SYSTEM} can change them later.
 */
public final class EmbeddedPostgres implements DatabaseServer {
    private static final String USER = "postgres";

    private final GuardedServer server;
    private final String database;
    private final String password;

    private EmbeddedPostgres(GuardedServer server, String database, String password) {
        this.server = server;
        this.database = database;
        this.password = password;
    }

    /** A server whose data lives in this directory; existing data is kept. */
    public static Builder builder(Path dataDirectory) {
        return new Builder(dataDirectory);
    }

    @Override
    public String jdbcUrl() {
        return "jdbc:postgresql://" + host() + ":" + port() + "/" + database;
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

    /** The postmaster's process id. */
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

    /** What to start; version 17, database {@code shop} and a free port unless told otherwise. */
    public static final class Builder {
        private final Path dataDirectory;
        private final Map<String, String> settings = new LinkedHashMap<>();
        private PostgresVersion version = PostgresVersion.V17;
        private String database = "shop";
        private OptionalInt port = OptionalInt.empty();
        private ServerCache cache = ServerCache.ofUser();

        private Builder(Path dataDirectory) {
            this.dataDirectory = dataDirectory;
        }

        public Builder version(PostgresVersion wanted) {
            this.version = wanted;
            return this;
        }

        public Builder database(String name) {
            this.database = DatabaseNames.checked(name);
            return this;
        }

        public Builder port(int wanted) {
            this.port = OptionalInt.of(wanted);
            return this;
        }

        /** A server setting; it wins over this class's own. */
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

        public EmbeddedPostgres start() {
            return start(Account.ofServers());
        }

        EmbeddedPostgres start(Account account) {
            String name = "PostgreSQL " + version.major();
            Platform.requireLinuxOnX64(name);
            ServerHome home = ServerHome.open(dataDirectory, name);
            boolean started = false;
            try {
                PostgresInstallation installation = new PostgresInstallation(version, account, cache);
                home.fillFrom(installation.template(database));
                home.requireDatabase(database);
                installation.prepare(home, settings);
                GuardedServer server = GuardedServer.start(installation.recipe(home), home, port);
                started = true;
                return new EmbeddedPostgres(server, database, home.password());
            } catch (IOException e) {
                throw new ServerException("cannot prepare " + name + " on " + home.root() + ": " + e, e);
            } finally {
                if (!started) {
                    home.close();
                }
            }
        }
    }
}
