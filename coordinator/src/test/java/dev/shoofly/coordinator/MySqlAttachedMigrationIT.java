package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Database;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A whole migration of a busy table with foreign keys to and from it, and triggers. */
@Timeout(120)
class MySqlAttachedMigrationIT {
    private static final DatabaseServer SERVER = TestServers.mysql();

    @TempDir
    Path directory;

    @Test
    void eachWriteHasItsTriggersOnceAndReferencesHoldAllTheWay() throws Exception {
        MigrationFixture fixture = new MigrationFixture(
                SERVER, () -> TestServers.kafka().bootstrapServers(), directory, OrdersTable.MYSQL);
        MySqlAttachments.hangOn(fixture);
        try (Database database = fixture.open(FaultPoints.NONE);
                RecordedWriters writers = new RecordedWriters(SERVER, MigrationFixture.ROWS);
                MigrationRunner runner = fixture.runner(database, FaultPoints.NONE)) {
            MigrationOutcome outcome =
                    runner.start(MigrationFixture.spec(CutoverMode.AUTO, OrdersTable.MYSQL.alters()));
            assertThat(outcome).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.COMPLETED);
            writers.awaitMore(200);
            writers.stopAndCheck();
            MySqlAttachments.check(fixture, writers);
        } finally {
            MySqlAttachments.takeAway(fixture);
        }
    }
}
