package dev.shoofly.servers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The unpacked MySQL binaries: makes data directories and knows how to start a server on them. */
final class MySqlInstallation {
    private static final Duration INITIALISE_LIMIT = Duration.ofMinutes(3);

    private final ServerCache cache;
    private final ServerArchive archive = ServerArchive.mySql();
    private final Path base;
    private final Map<String, String> environment;

    MySqlInstallation(ServerCache cache) {
        this.cache = cache;
        this.base = archive.unpackedIn(cache);
        this.environment = new SharedLibraries(cache, base).environment();
    }

    /** An initialised data directory with the database in it, made once and copied for every new server. */
    Path template(String database) {
        return cache.entry("template-" + archive.versionedName() + "-" + database, directory -> {
            Path data = Files.createDirectory(
                    directory.resolve("data"),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            String password = Passwords.writeNew(directory.resolve("password"));
            Path statements = directory.resolve("statements");
            Files.createFile(
                    statements, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(statements, firstStatements(database, password));
            Command.Result initialised = new Command(initialise(data, statements), environment).run(INITIALISE_LIMIT);
            Files.delete(statements);
            if (!initialised.succeeded()) {
                throw new ServerException("mysqld --initialize failed with status " + initialised.status()
                        + ". Nothing was kept. What it said:\n" + ServerHome.lastLines(initialised.output()));
            }
            // The server's identity in GTIDs: every copy must make its own.
            Files.deleteIfExists(data.resolve("auto.cnf"));
            Files.writeString(directory.resolve("database"), database + "\n");
        });
    }

    private List<String> initialise(Path data, Path statements) {
        List<String> command = common(data);
        command.addAll(List.of(
                "--initialize-insecure",
                "--init-file=" + statements,
                "--secure-file-priv=",
                "--skip-log-bin",
                "--innodb-redo-log-capacity=8M",
                "--innodb-flush-log-at-trx-commit=0"));
        return command;
    }

    /** One statement per line. Names are not resolved, so root must be allowed from 127.0.0.1 by number. */
    private static String firstStatements(String database, String password) {
        return String.join(
                "\n",
                "ALTER USER 'root'@'localhost' IDENTIFIED BY '" + password + "';",
                "CREATE USER 'root'@'%' IDENTIFIED BY '" + password + "';",
                "GRANT ALL PRIVILEGES ON *.* TO 'root'@'%' WITH GRANT OPTION;",
                "CREATE DATABASE " + database + ";",
                "");
    }

    private List<String> common(Path data) {
        List<String> command = new ArrayList<>(List.of(
                base.resolve("bin/mysqld").toString(),
                "--no-defaults",
                "--basedir=" + base,
                "--datadir=" + data,
                "--lc-messages-dir=" + base.resolve("share"),
                "--character-sets-dir=" + base.resolve("share/charsets"),
                "--log-error-verbosity=2"));
        if (Platform.isRoot()) {
            command.add("--user=root");
        }
        return command;
    }

    GuardedServer.Recipe recipe(ServerHome home, Map<String, String> settings) {
        return new MySqlRecipe(home, Map.copyOf(settings));
    }

    private final class MySqlRecipe implements GuardedServer.Recipe {
        private final ServerHome home;
        private final Map<String, String> settings;

        MySqlRecipe(ServerHome home, Map<String, String> settings) {
            this.home = home;
            this.settings = settings;
        }

        @Override
        public String name() {
            return "MySQL 8.0";
        }

        @Override
        public List<String> command(int port) {
            List<String> command = common(home.data());
            command.addAll(List.of(
                    "--port=" + port,
                    "--bind-address=127.0.0.1",
                    // No socket: a path in a deep data directory would exceed the system's 107 characters.
                    "--socket=",
                    "--pid-file=" + home.data().resolve("mysqld.pid"),
                    // The port tells the servers of one machine apart.
                    "--server-id=" + port));
            command.addAll(ServerDefaults.mySqlOptions(settings));
            return command;
        }

        @Override
        public Map<String, String> environment() {
            return environment;
        }

        @Override
        public Guardian.StopSignal stopSignal() {
            return Guardian.StopSignal.TERM;
        }

        @Override
        public boolean isReady(long processId, String logSinceStart) throws IOException {
            return logSinceStart.contains("ready for connections");
        }

        @Override
        public String advice(String logSinceStart) {
            if (logSinceStart.contains("Address already in use")) {
                return "Its port is taken: end the program that listens there or choose another port.";
            }
            if (logSinceStart.contains("No space left on device") || logSinceStart.contains("is full")) {
                return "The file system is full: free some space.";
            }
            if (logSinceStart.contains("unknown variable") || logSinceStart.contains("unknown option")) {
                return "A setting is unknown to this server: correct it.";
            }
            return "Correct what its log names below, or start with an empty directory.";
        }
    }
}
