package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Database;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MismatchPayload;
import dev.shoofly.model.RepairMode;
import dev.shoofly.model.VerifySettings;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;

class MySqlForeignChangesIT extends ForeignChangesContract {
    @Override
    DatabaseServer server() {
        return TestServers.mysql();
    }

    @Override
    OrdersTable table() {
        return OrdersTable.MYSQL;
    }

    @Test
    void aChangeThatIsLoggedAsAStatementEndsTheMigration() throws Exception {
        String reason = failureAfter(
                READY,
                "SET SESSION binlog_format = STATEMENT; UPDATE orders SET note = 'as a statement' WHERE id = 7",
                CutoverMode.MANUAL);
        assertThat(reason).contains("as a statement", "binlog_format");
    }

    /** The definition stays as it is, and the log has no rows: only the statement tells. */
    @Test
    void aTruncatedPartitionEndsAMigrationThatIsReady() throws Exception {
        new MigrationFixture(server(), () -> TestServers.kafka().bootstrapServers(), directory, table())
                .execute("ALTER TABLE orders PARTITION BY RANGE (id)"
                        + " (PARTITION early VALUES LESS THAN (1000), PARTITION late VALUES LESS THAN MAXVALUE)");
        String reason = failureAfter(READY, "ALTER TABLE orders TRUNCATE PARTITION early", CutoverMode.MANUAL);
        assertThat(reason).contains("TRUNCATE PARTITION early");
    }

    @Test
    void aWriteThatIsNotLoggedAtAllIsFoundByTheVerification() throws Exception {
        migrateWithAnUnloggedWrite(RepairMode.OFF, (runner, database, fixture) -> {
            MigrationSnapshot end = runner.snapshot().orElseThrow();
            assertThat(end.reason()).contains("77");
            new MigrationControl(database).cancel(end.id(), fixture.kafka());
            return MigrationOutcome.VERIFICATION_FAILED;
        });
    }

    @Test
    void aWriteThatIsNotLoggedAtAllIsCarriedOverByTheRepair() throws Exception {
        migrateWithAnUnloggedWrite(RepairMode.AUTO, (runner, database, fixture) -> {
            assertThat(fixture.texts("SELECT note FROM orders WHERE id = 77")).containsExactly("not logged");
            return MigrationOutcome.COMPLETED;
        });
    }

    /** @return the outcome that is expected */
    private interface Afterwards {
        MigrationOutcome check(MigrationRunner runner, Database database, MigrationFixture fixture) throws Exception;
    }

    private void migrateWithAnUnloggedWrite(RepairMode repair, Afterwards afterwards) throws Exception {
        MigrationFixture fixture =
                new MigrationFixture(server(), () -> TestServers.kafka().bootstrapServers(), directory, table());
        FaultPoints somebody = point -> {
            if (point.equals("state.VALIDATING")) {
                unlogged(fixture, "UPDATE orders SET note = 'not logged' WHERE id = 77");
            }
        };
        try (Database database = fixture.open(somebody);
                MigrationRunner runner = fixture.runner(database, somebody)) {
            MigrationOutcome outcome = runner.start(MigrationFixture.spec(CutoverMode.AUTO, table().alters())
                    .verifying(new VerifySettings(repair, 100, MismatchPayload.REDACTED)));
            assertThat(outcome).isEqualTo(afterwards.check(runner, database, fixture));
        }
    }

    private static void unlogged(MigrationFixture fixture, String statement) {
        try (Connection connection = fixture.connect();
                Statement session = connection.createStatement()) {
            session.execute("SET SESSION sql_log_bin = OFF");
            session.execute(statement);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }
}
