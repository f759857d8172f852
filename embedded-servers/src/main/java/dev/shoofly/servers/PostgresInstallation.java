package dev.shoofly.servers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The unpacked binaries of one PostgreSQL version: makes data directories and knows how to start a server on them. */
final class PostgresInstallation {
    private static final Duration INITIALISE_LIMIT = Duration.ofMinutes(2);
    private static final String OWN_SETTINGS_FILE = "shoofly.conf";

    private final PostgresVersion version;
    private final Account account;
    private final ServerCache cache;
    private final ServerArchive archive;
    private final Path binaries;

    PostgresInstallation(PostgresVersion version, Account account, ServerCache cache) {
        this.version = version;
        this.account = account;
        this.cache = cache;
        this.archive = ServerArchive.postgres(version);
        this.binaries = archive.unpackedIn(cache);
    }

    /** An initialised data directory with the database in it, made once and copied for every new server. */
    Path template(String database) {
        return cache.entry("template-" + archive.versionedName() + "-" + database, directory -> {
            Path data = Files.createDirectory(directory.resolve("data"));
            Path password = directory.resolve("password");
            Passwords.writeNew(password);
            account.own(data);
            Command.Result initialised = new Command(initialise(data, password), Map.of()).run(INITIALISE_LIMIT);
            requireSuccess(initialised, "initdb");
            Command.Result created = new Command(createDatabase(data, database), Map.of()).run(INITIALISE_LIMIT);
            requireSuccess(created, "CREATE DATABASE");
            Files.writeString(directory.resolve("database"), database + "\n");
        });
    }

    private List<String> initialise(Path data, Path password) {
        return account.command(List.of(
                binary("initdb"),
                "--pgdata=" + data,
                "--username=postgres",
                "--pwfile=" + password,
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync"));
    }

    private List<String> createDatabase(Path data, String database) {
        // The single-user mode reads SQL from standard input, which the guardian closes.
        String sql = "CREATE DATABASE " + database;
        return account.command(List.of(
                "/bin/sh",
                "-c",
                "echo \"$1\" | \"$2\" --single -D \"$3\" -c fsync=off postgres",
                "create-database",
                sql,
                binary("postgres"),
                data.toString()));
    }

    private void requireSuccess(Command.Result result, String step) {
        // The single-user mode ends with status 0 even when a statement failed.
        if (!result.succeeded() || result.output().contains("ERROR:")) {
            throw new ServerException(step + " of PostgreSQL " + version.major() + " failed with status "
                    + result.status() + ". Nothing was kept. What it said:\n" + ServerHome.lastLines(result.output()));
        }
    }

    /** Checks the data's version, gives it to the server's account and writes the settings. */
    void prepare(ServerHome home, Map<String, String> settings) throws IOException {
        Path data = home.data();
        String found = Files.readString(data.resolve("PG_VERSION")).strip();
        if (!found.equals(Integer.toString(version.major()))) {
            throw new ServerException("the data directory " + home.root() + " holds PostgreSQL " + found
                    + " data and cannot be opened by PostgreSQL " + version.major()
                    + ". Name another directory or that version; nothing was changed.");
        }
        Map<String, String> merged = new LinkedHashMap<>(ServerDefaults.postgres());
        // No socket: its path in a deep data directory would exceed the system's 107 characters.
        merged.put("unix_socket_directories", "");
        merged.putAll(settings);
        StringBuilder text = new StringBuilder("# Written at every start.\n");
        merged.forEach((name, value) ->
                text.append(name).append(" = '").append(quoted(value)).append("'\n"));
        Files.writeString(data.resolve(OWN_SETTINGS_FILE), text);
        Path main = data.resolve("postgresql.conf");
        String include = "include = '" + OWN_SETTINGS_FILE + "'";
        String configured = Files.readString(main);
        if (!configured.contains(include)) {
            Files.writeString(main, configured + "\n" + include + "\n");
        }
        removeRecycledProcessId(data);
        account.own(data);
    }

    /**
     * After a crash of the machine or container, the id in the lock file may belong to any program, and the server would
     * refuse to start because of it. Whether an old server still uses the data, it also sees by their shared memory.
     */
    private static void removeRecycledProcessId(Path data) throws IOException {
        Path lockFile = data.resolve("postmaster.pid");
        if (!Files.exists(lockFile)) {
            return;
        }
        String pid = Files.readString(lockFile).lines().findFirst().orElse("").strip();
        Path program = Path.of("/proc", pid.isEmpty() ? "0" : pid, "comm");
        if (Files.exists(program) && !Files.readString(program).startsWith("postgres")) {
            Files.delete(lockFile);
        }
    }

    private static String quoted(String value) {
        return value.replace("\\", "\\\\").replace("'", "''");
    }

    private String binary(String name) {
        return binaries.resolve("bin").resolve(name).toString();
    }

    GuardedServer.Recipe recipe(ServerHome home) {
        return new PostgresRecipe(home);
    }

    private final class PostgresRecipe implements GuardedServer.Recipe {
        /** Line of postmaster.pid that says whether connections are accepted. */
        private static final int STATUS_LINE = 7;

        private final ServerHome home;

        PostgresRecipe(ServerHome home) {
            this.home = home;
        }

        @Override
        public String name() {
            return "PostgreSQL " + version.major();
        }

        @Override
        public List<String> command(int port) {
            return account.command(List.of(
                    binary("postgres"),
                    "-D",
                    home.data().toString(),
                    "-p",
                    Integer.toString(port),
                    "-c",
                    "listen_addresses=127.0.0.1"));
        }

        @Override
        public Map<String, String> environment() {
            return Map.of();
        }

        @Override
        public Guardian.StopSignal stopSignal() {
            return Guardian.StopSignal.INT;
        }

        @Override
        public boolean isReady(long processId, String logSinceStart) throws IOException {
            Path status = home.data().resolve("postmaster.pid");
            if (!Files.exists(status)) {
                return false;
            }
            List<String> lines = Files.readAllLines(status);
            return lines.size() > STATUS_LINE
                    && lines.get(0).strip().equals(Long.toString(processId))
                    && lines.get(STATUS_LINE).strip().equals("ready");
        }

        @Override
        public String advice(String logSinceStart) {
            if (logSinceStart.contains("Address already in use")) {
                return "Its port is taken: end the program that listens there or choose another port.";
            }
            if (logSinceStart.contains("No space left on device")) {
                return "The file system is full: free some space.";
            }
            return "Correct what its log names below, or start with an empty directory.";
        }
    }
}
