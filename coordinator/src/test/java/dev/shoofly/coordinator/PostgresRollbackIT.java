package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.model.MigrationId;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A materialised view reads the table. */
class PostgresRollbackIT extends RollbackContract {
    @Override
    DatabaseServer server() {
        return TestServers.postgres(PostgresVersion.V15);
    }

    @Override
    OrdersTable table() {
        return OrdersTable.POSTGRES;
    }

    @Override
    void harden(MigrationFixture orders) throws SQLException {
        orders.execute("CREATE MATERIALIZED VIEW noted AS SELECT id AS number, note FROM orders");
        orders.execute("CREATE UNIQUE INDEX one_note ON noted (number)");
    }

    @Override
    void checkHardened(MigrationFixture orders, MigrationId id) throws SQLException {
        checkMaterialized(orders, "_orders_" + id + "_undone");
    }

    @Override
    void checkSettled(MigrationFixture orders, MigrationId id) throws SQLException {
        checkMaterialized(orders, "_orders_" + id + "_old");
    }

    private static void checkMaterialized(MigrationFixture orders, String left) throws SQLException {
        // Which the server refuses as long as something reads it.
        orders.execute("DROP TABLE " + left);
        orders.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY noted");
        assertThat(orders.texts(
                        "SELECT (SELECT count(*) FROM noted JOIN orders o ON o.id = number AND o.note = noted.note)"
                                + " = (SELECT count(*) FROM orders)"))
                .containsExactly("t");
    }

    /** It is in force for what is written, so a row that was wrong before costs neither the window nor the way back. */
    @Test
    void aForeignKeyThatCannotBeValidatedCostsNeitherTheWindowNorTheWayBack() throws Exception {
        try (MigrationRunner runner = runner()) {
            execute(
                    "DROP TABLE IF EXISTS regions CASCADE",
                    "CREATE TABLE regions (id int PRIMARY KEY)",
                    "INSERT INTO regions VALUES (1)",
                    "ALTER TABLE orders ADD COLUMN region int DEFAULT 1 CONSTRAINT in_region REFERENCES regions",
                    "SET session_replication_role = replica; UPDATE orders SET region = 2 WHERE id = 5");
            CompletableFuture<MigrationOutcome> outcome =
                    CompletableFuture.supplyAsync(() -> runner.start(within(Duration.ofMinutes(10))));
            awaitActivity(runner, "'rollback ");
            assertThat(runner.snapshot().orElseThrow().reason())
                    .contains("in_region", "stays NOT VALID", "VALIDATE CONSTRAINT");
            rollBack(runner);
            assertThat(outcome.get()).isEqualTo(MigrationOutcome.ROLLED_BACK);
        } finally {
            execute("DROP TABLE regions CASCADE");
        }
    }
}
