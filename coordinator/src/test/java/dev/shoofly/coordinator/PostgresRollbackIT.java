package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class PostgresRollbackIT extends RollbackContract {
    @Override
    DatabaseServer server() {
        return TestServers.postgres(PostgresVersion.V15);
    }

    @Override
    OrdersTable table() {
        return OrdersTable.POSTGRES;
    }

    /** It is no failure of the way back, of which there may not be any. */
    @Test
    void aForeignKeyThatCannotBeValidatedEndsTheRunOnce() throws Exception {
        try (MigrationRunner runner = runner()) {
            execute(
                    "DROP TABLE IF EXISTS regions CASCADE",
                    "CREATE TABLE regions (id int PRIMARY KEY)",
                    "INSERT INTO regions VALUES (1)",
                    "ALTER TABLE orders ADD COLUMN region int DEFAULT 1 CONSTRAINT in_region REFERENCES regions",
                    "SET session_replication_role = replica; UPDATE orders SET region = 2 WHERE id = 5");
            assertThat(runner.start(within(Duration.ofMinutes(10)))).isEqualTo(MigrationOutcome.FAILED);
            assertThat(runner.snapshot().orElseThrow().reason()).contains("in_region");
            execute("UPDATE orders SET region = 1 WHERE id = 5");
        }
        try (MigrationRunner again = runner()) {
            CompletableFuture<MigrationOutcome> outcome =
                    CompletableFuture.supplyAsync(() -> again.start(within(Duration.ofMinutes(10))));
            awaitActivity(again, "'rollback ");
            rollBack(again);
            assertThat(outcome.get()).isEqualTo(MigrationOutcome.ROLLED_BACK);
        } finally {
            execute("DROP TABLE regions CASCADE");
        }
    }
}
