package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Database;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationState;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Somebody else changes the definition of the table, or all of its rows at once, while it is migrated. */
@Timeout(120)
abstract class ForeignChangesContract {
    private static final String COPYING = "backfill.after-chunk";
    static final String READY = "state.READY";

    @TempDir
    Path directory;

    private MigrationFixture fixture;

    abstract DatabaseServer server();

    abstract OrdersTable table();

    @BeforeEach
    void createOrders() throws SQLException {
        fixture = new MigrationFixture(server(), () -> TestServers.kafka().bootstrapServers(), directory, table());
    }

    @Test
    void aTruncatedTableEndsTheMigration() throws Exception {
        String reason = failureAfter(COPYING, "TRUNCATE TABLE orders", CutoverMode.AUTO);
        assertThat(reason).containsAnyOf("truncated", "TRUNCATE", "rows in file");
        assertThat(fixture.tables()).contains("orders");
    }

    @Test
    void aDroppedTableEndsTheMigration() throws Exception {
        String reason = failureAfter(COPYING, "DROP TABLE orders CASCADE", CutoverMode.AUTO);
        assertThat(reason).containsAnyOf("it is gone", "DROP TABLE");
        assertThat(fixture.tables()).doesNotContain("orders");
    }

    @Test
    void anAddedColumnEndsAMigrationThatIsReady() throws Exception {
        String reason = failureAfter(READY, "ALTER TABLE orders ADD COLUMN late int", CutoverMode.MANUAL);
        assertThat(reason).contains("late").containsAnyOf("new: ", "ALTER TABLE orders ADD COLUMN late int");
    }

    @Test
    void aTableThatWasRenamedAwayEndsTheMigration() throws Exception {
        fixture.execute("DROP TABLE IF EXISTS away");
        String reason = failureAfter(READY, "ALTER TABLE orders RENAME TO away", CutoverMode.AUTO);
        assertThat(reason).containsAnyOf("it is gone", "RENAME TO away");
        assertThat(fixture.tables()).contains("away").doesNotContain("orders");
        fixture.execute("DROP TABLE away");
    }

    /** @return what the operator is told; everything of ours can be taken away afterwards */
    String failureAfter(String point, String statement, CutoverMode mode) throws SQLException {
        AtomicBoolean done = new AtomicBoolean();
        FaultPoints somebody = reached -> {
            if (reached.equals(point) && !done.getAndSet(true)) {
                execute(statement);
            }
        };
        try (Database database = fixture.open(somebody);
                MigrationRunner runner = fixture.runner(database, somebody)) {
            assertThat(runner.start(MigrationFixture.spec(mode, table().alters())))
                    .isEqualTo(MigrationOutcome.FAILED);
            MigrationSnapshot end = runner.snapshot().orElseThrow();
            assertThat(end.state()).isEqualTo(MigrationState.FAILED);
            assertThat(end.reason()).contains("orders").containsIgnoringCase("cancel the migration");
            assertThat(fixture.tables()).noneMatch(name -> name.endsWith("_old"));
            new MigrationControl(database).cancel(end.id(), fixture.kafka());
            assertThat(fixture.tables()).noneMatch(name -> name.endsWith("_new"));
            return String.valueOf(end.reason());
        }
    }

    private void execute(String statement) {
        try (Connection connection = fixture.connect();
                Statement session = connection.createStatement()) {
            for (String each : statement.startsWith("DO ") ? List.of(statement) : List.of(statement.split("; "))) {
                session.execute(each);
            }
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }
}
