package dev.shoofly.coordinator;

import static dev.shoofly.coordinator.MigrationFixture.ROWS;
import static dev.shoofly.coordinator.MigrationFixture.awaitState;
import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.coordinator.disk.DiskMeter;
import dev.shoofly.database.Database;
import dev.shoofly.database.control.Command.Verb;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.DiskSettings;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationState;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A server whose file system is really full, while nobody looks at the free space beforehand: the copy is held with the server's
 * words, and what happens to the log afterwards is outlasted. Runs where something can be mounted.
 */
@Timeout(180)
abstract class FullDiskContract {
    private static final DiskSettings.Change NOBODY_LOOKS =
            new DiskSettings.Change(Optional.of(DiskSettings.OFF), Optional.empty());
    private static final Duration LIMIT = Duration.ofSeconds(90);

    @TempDir
    Path directory;

    abstract OrdersTable table();

    /** What the server says of a table that cannot grow. */
    abstract String words();

    /** Mounts what this server needs for its log, before it is started. */
    abstract void mountForLog(Path under) throws Exception;

    /** @param data on a small file system; @param under of the test */
    abstract DatabaseServer start(Path data, Path under);

    /** Has the log's file system run full, sees what comes of it, and has the server run again. */
    abstract void fillLog(MigrationFixture fixture, SmallFileSystem data, MigrationRunner runner) throws Exception;

    abstract void unmountLog() throws Exception;

    @Test
    void aFileSystemThatIsFullHoldsTheMigrationAndLosesNothing() throws Exception {
        try (SmallFileSystem data = SmallFileSystem.mount(directory.resolve("small"), 320)) {
            mountForLog(directory);
            Path home = Files.createDirectory(data.root().resolve("server"));
            try (DatabaseServer server = start(home, directory)) {
                MigrationFixture fixture = new MigrationFixture(
                        server, () -> TestServers.kafka().bootstrapServers(), directory.resolve("work"), table());
                fixture.execute("ALTER TABLE orders ADD COLUMN filler varchar(2000)");
                fixture.execute("UPDATE orders SET filler = repeat('x', 1800)");
                migrate(fixture, data);
                // What it holds vanishes with the file system.
                server.kill();
            } finally {
                unmountLog();
            }
        }
    }

    private void migrate(MigrationFixture fixture, SmallFileSystem data) throws Exception {
        AtomicBoolean filled = new AtomicBoolean();
        FaultPoints fills = point -> {
            if (point.equals("copy.before-sweep") && filled.compareAndSet(false, true)) {
                leaveNothing(data);
            }
        };
        try (Database own = fixture.open(fills);
                Database others = fixture.open(FaultPoints.NONE);
                MigrationRunner runner =
                        fixture.runner(own, 2, NOBODY_LOOKS, fixture.kafka(), DiskMeter.OF_THIS_HOST)) {
            CompletableFuture<MigrationOutcome> outcome = CompletableFuture.supplyAsync(
                    () -> runner.start(MigrationFixture.spec(CutoverMode.MANUAL, table().alters())));
            // If there is no room even for the record of the pause, the words are seen before it.
            PauseContract.await("the server's words", () -> reason(runner).contains(words()));
            assertThat(reason(runner)).startsWith("Insufficient disk space: ").contains("Nothing is lost");
            assertThat(filled).isTrue();

            data.makeRoom();
            awaitState(runner, MigrationState.PAUSED);
            MigrationId id = runner.snapshot().orElseThrow().id();
            MigrationControl control = new MigrationControl(others);
            assertThat(control.request(id, Verb.RESUME, LIMIT)).isEqualTo("resumed");
            awaitState(runner, MigrationState.READY);

            fillLog(fixture, data, runner);
            assertThat(control.request(id, Verb.CUTOVER, LIMIT)).contains("approved");
            // Whoever was told the server's last words holds the migration; whoever only lost the connection outlasts
            // it.
            PauseContract.await("the end", () -> {
                if (!outcome.isDone() && runner.snapshot().orElseThrow().state() == MigrationState.PAUSED) {
                    control.request(id, Verb.RESUME, LIMIT);
                }
                return outcome.isDone();
            });
            assertThat(outcome.get(LIMIT.toSeconds(), TimeUnit.SECONDS))
                    .as("%s", runner.snapshot())
                    .isEqualTo(MigrationOutcome.COMPLETED);
            assertThat(fixture.texts("SELECT count(*) FROM orders WHERE filler = repeat('x', 1800) AND status = 'new'"))
                    .isEqualTo(List.of(String.valueOf(ROWS)));
        }
    }

    static String reason(MigrationRunner runner) {
        return String.valueOf(runner.snapshot().map(MigrationSnapshot::reason).orElse(null));
    }

    private static void leaveNothing(SmallFileSystem data) {
        try {
            data.leave(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
