package dev.shoofly.coordinator;

import static dev.shoofly.coordinator.MigrationFixture.awaitState;
import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.ChangeLog;
import dev.shoofly.database.Database;
import dev.shoofly.database.control.Command.Verb;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationState;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class PostgresPauseIT extends PauseContract {
    @Override
    DatabaseServer dedicatedServer() {
        return TestServers.dedicatedPostgres(
                PostgresVersion.V17,
                Map.of("shared_preload_libraries", "pg_stat_statements", "autovacuum", "off", "min_wal_size", "32MB"));
    }

    @Override
    OrdersTable table() {
        return OrdersTable.POSTGRES;
    }

    @Override
    StatementLog statements(MigrationFixture fixture) throws SQLException {
        return new StatementLog.OfPostgres(fixture.connect());
    }

    /** Only what is published moves the capture's position, and nobody publishes here but the seldom marker of a pause. */
    @Test
    void doesNotKeepTheLogOfOtherTablesWhilePausedWithTheCaptureAtWork() throws Exception {
        fixture().execute("CREATE TABLE other (filler text)");
        try (Database own = fixture().open(FaultPoints.NONE);
                MigrationRunner runner = fixture().runner(own, Duration.ofMillis(5))) {
            CompletableFuture<MigrationOutcome> outcome = start(runner);
            awaitState(runner, MigrationState.READY);
            MigrationId id = runner.snapshot().orElseThrow().id();
            assertThat(request(id, Verb.PAUSE)).isEqualTo("paused");

            fixture().execute("INSERT INTO other SELECT repeat('x', 1000) FROM generate_series(1, 1000)");
            String written = fixture().texts("SELECT pg_current_wal_lsn()").get(0);
            await(
                    "the slot to let go of it",
                    () -> fixture()
                            .texts("SELECT confirmed_flush_lsn > '" + written
                                    + "' FROM pg_replication_slots WHERE slot_name = '" + ChangeLog.slot(id) + "'")
                            .equals(List.of("t")));
            assertThat(runner.snapshot().orElseThrow().state()).isEqualTo(MigrationState.PAUSED);
            assertThat(request(id, Verb.CANCEL)).contains("cancelled");
            assertThat(outcome).succeedsWithin(LIMIT).isEqualTo(MigrationOutcome.CANCELLED);
        }
    }

    @Override
    void discardTheLog(MigrationFixture fixture, MigrationId id) throws SQLException {
        fixture.execute("ALTER SYSTEM SET max_slot_wal_keep_size = '16MB'");
        fixture.execute("SELECT pg_reload_conf()");
        String status = "SELECT wal_status FROM pg_replication_slots WHERE slot_name = '" + ChangeLog.slot(id) + "'";
        while (!fixture.texts(status).equals(List.of("lost"))) {
            fixture.execute("SELECT pg_logical_emit_message(false, 'filler', 'x')");
            fixture.execute("SELECT pg_switch_wal()");
            fixture.execute("CHECKPOINT");
        }
    }
}
