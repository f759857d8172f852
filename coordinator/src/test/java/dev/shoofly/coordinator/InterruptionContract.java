package dev.shoofly.coordinator;

import static dev.shoofly.coordinator.MigrationFixture.ROWS;
import static dev.shoofly.coordinator.MigrationFixture.spec;
import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Database;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.EmbeddedKafka;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Servers that restart under a running migration and its writers: nothing is lost and nobody has to help. */
abstract class InterruptionContract {
    @TempDir
    Path directory;

    abstract DatabaseServer dedicatedServer();

    abstract OrdersTable table();

    @Test
    void survivesRestartsOfTheDatabaseWhileCopyingAndWhileSynchronizing() throws Exception {
        try (DatabaseServer server = dedicatedServer();
                EmbeddedKafka kafka = EmbeddedKafka.start(directory.resolve("kafka"))) {
            MigrationFixture fixture =
                    new MigrationFixture(server, kafka::bootstrapServers, directory.resolve("data"), table());
            migrateUnderWriters(
                    fixture,
                    once("copy.before-commit", 3, server::restart),
                    once("state.SYNCHRONIZING", 1, server::restart));
        }
    }

    @Test
    void survivesARestartOfKafkaWhileCopying() throws Exception {
        try (DatabaseServer server = dedicatedServer();
                RestartableKafka kafka = new RestartableKafka(directory.resolve("kafka"))) {
            MigrationFixture fixture =
                    new MigrationFixture(server, kafka::bootstrapServers, directory.resolve("data"), table());
            migrateUnderWriters(fixture, once("copy.before-commit", 3, kafka::restart), FaultPoints.NONE);
        }
    }

    private void migrateUnderWriters(MigrationFixture fixture, FaultPoints inDatabase, FaultPoints inRunner)
            throws Exception {
        RecordedWriters writers = RecordedWriters.throughRestarts(fixture.server(), ROWS);
        try (Database database = fixture.open(inDatabase);
                MigrationRunner runner = fixture.runner(database, inRunner)) {
            assertThat(runner.start(spec(CutoverMode.AUTO, table().alters())))
                    .as("%s", runner.snapshot())
                    .isEqualTo(MigrationOutcome.COMPLETED);
            writers.awaitMore(100);
            writers.stopAndCheck();
        } finally {
            writers.close();
        }
    }

    private static FaultPoints once(String point, int time, Runnable fault) {
        AtomicInteger reached = new AtomicInteger();
        return name -> {
            if (name.equals(point) && reached.incrementAndGet() == time) {
                fault.run();
            }
        };
    }
}
