package dev.shoofly.benchmarks;

import dev.shoofly.benchmarks.reference.ReferenceTable;
import dev.shoofly.database.Database;
import dev.shoofly.database.Databases;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.control.Command;
import dev.shoofly.database.control.Migration;
import dev.shoofly.database.control.VerificationState;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.TableName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * One whole {@code shoofly migrate} of the reference table in a process of its own, and back to the old table some seconds after
 * the cut-over. The word for that comes from this process: another JVM that starts would be in the figures. Blocks.
 */
final class ThereAndBack {
    private static final int ROLLED_BACK = 4;
    private static final long GLANCE_MILLIS = 100;
    private static final long SETTLE_SECONDS = 3;

    private final BenchmarkServer server;
    private final Path directory;
    private final List<String> options;

    /**
     * @param directory for its data and logs; created
     * @param options of {@code migrate} besides those that the benchmark sets
     */
    ThereAndBack(BenchmarkServer server, Path directory, List<String> options) {
        this.server = server;
        this.directory = directory;
        this.options = List.copyOf(options);
    }

    /**
     * Milliseconds of the epoch.
     *
     * @param readyMillis from here on the cut-over could come
     * @param askedMillis when the old table, which had caught up, was asked for
     */
    record Moments(long readyMillis, long swappedMillis, long askedMillis, long swappedBackMillis) {}

    /** @throws BenchmarkFailure with the command's last words, when it does not end as rolled back */
    Moments run() throws SQLException, IOException, InterruptedException {
        Files.createDirectories(directory);
        Path words = directory.resolve("words");
        Process process = ShooflyRun.startWithWayBack(server, directory, options, words);
        Thread killer = new Thread(process::destroyForcibly);
        // A benchmark that is interrupted must not leave a migration of a vanished server behind.
        Runtime.getRuntime().addShutdownHook(killer);
        try (Database database = Databases.open(server.profile(), 2, FaultPoints.NONE)) {
            MigrationId id = awaitWindow(database, process, words);
            TimeUnit.SECONDS.sleep(SETTLE_SECONDS);
            long asked = System.currentTimeMillis();
            ask(database, id, process);
            ShooflyRun.requireExit(ROLLED_BACK, process.waitFor(), words);
            try (Connection connection = server.connect()) {
                MigrationLog log = MigrationLog.read(connection, id.value());
                ConnectionPool.execute(connection, "DROP TABLE _" + ReferenceTable.NAME + "_" + id + "_undone");
                return new Moments(
                        log.millis(MigrationState.READY.name()),
                        log.millis(MigrationState.CUTOVER.name()),
                        asked,
                        log.millis("SWAPPED BACK"));
            }
        } finally {
            process.destroyForcibly();
            Runtime.getRuntime().removeShutdownHook(killer);
        }
    }

    private MigrationId awaitWindow(Database database, Process process, Path words)
            throws IOException, InterruptedException {
        TableName table = database.preparation().resolve(ReferenceTable.NAME);
        while (!process.waitFor(GLANCE_MILLIS, TimeUnit.MILLISECONDS)) {
            Optional<Migration> running = database.control().isInstalled()
                    ? database.control().migrations().findActive(table)
                    : Optional.empty();
            if (running.isPresent()
                    && running.get().state() == MigrationState.CUTOVER
                    && running.get().rollback().isOpen()
                    && isUpToDate(database, running.get().id())) {
                return running.get().id();
            }
        }
        ShooflyRun.requireExit(ROLLED_BACK, process.exitValue(), words);
        throw new BenchmarkFailure("the migration was rolled back before it was asked to");
    }

    /** Whether the old table has caught up with the new one, as the shadow had when the cut-over could come. */
    private static boolean isUpToDate(Database database, MigrationId id) {
        // Compared after that.
        return database.control()
                .verification()
                .find(id)
                .filter(VerificationState::isBegun)
                .isPresent();
    }

    /** Again, should it be refused: the window may be a moment from being open. */
    private static void ask(Database database, MigrationId id, Process process) throws InterruptedException {
        while (true) {
            long number = database.control().commands().request(id, Command.Verb.ROLLBACK);
            String answer = null;
            while (answer == null) {
                if (process.waitFor(GLANCE_MILLIS, TimeUnit.MILLISECONDS)) {
                    return;
                }
                answer = database.control()
                        .commands()
                        .find(number)
                        .map(Command::outcome)
                        .orElse(null);
            }
            if (!answer.startsWith("refused")) {
                return;
            }
        }
    }
}
