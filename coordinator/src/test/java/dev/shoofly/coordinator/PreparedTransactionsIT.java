package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Database;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.StrategyChoice;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** PostgreSQL's two-phase commit: prepared before the start and while it runs, decided later. */
class PreparedTransactionsIT {
    private static final DatabaseServer SERVER = TestServers.postgres(PostgresVersion.V17);

    @TempDir
    Path directory;

    private MigrationFixture fixture;

    @BeforeEach
    void createFixture() throws SQLException {
        fixture = new MigrationFixture(
                SERVER, () -> TestServers.kafka().bootstrapServers(), directory, OrdersTable.POSTGRES);
    }

    @Test
    void transactionsThatArePreparedBeforeOrDuringAMigrationLeaveTheRightRows() throws Exception {
        TwinTables tables = new TwinTables(SERVER, Statements.POSTGRES);
        prepare("before", 100);
        FaultPoints application = point -> {
            switch (point) {
                case "state.COPYING" -> {
                    prepare("committed while comparing", 200);
                    prepare("rolled back", 300);
                    prepare("committed when ready", 400);
                }
                case "state.VALIDATING" -> decide("COMMIT PREPARED 'committed while comparing'");
                case "state.READY" -> {
                    decide("ROLLBACK PREPARED 'rolled back'");
                    decide("COMMIT PREPARED 'committed when ready'");
                }
                default -> {}
            }
        };
        try (Database database = fixture.open(application);
                MigrationRunner runner = fixture.runner(database, application)) {
            Thread committing = new Thread(() -> commitWhenTheStartWaits(runner), "operator");
            committing.start();
            MigrationSpec spec = new MigrationSpec(
                    "ledger", Statements.POSTGRES.alters(), StrategyChoice.SHADOW, 4, 500, CutoverSettings.DEFAULT);
            assertThat(runner.start(spec)).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.COMPLETED);
            committing.join();
            assertThat(runner.snapshot().orElseThrow().mismatches()).isZero();
        }
        tables.assertEqual();
    }

    /** The slot waits for it: its rows must be in the log behind the slot's begin. */
    private void commitWhenTheStartWaits(MigrationRunner runner) {
        while (!runner.snapshot()
                .map(snapshot -> snapshot.activity().contains("opening the change log"))
                .orElse(false)) {
            LockSupport.parkNanos(5_000_000);
        }
        decide("COMMIT PREPARED 'before'");
    }

    /** The same to both tables: a moved key, a new row and one less. */
    private void prepare(String name, int key) {
        StringBuilder statements = new StringBuilder("BEGIN;");
        for (String table : new String[] {"ledger", "twin"}) {
            statements
                    .append("UPDATE " + table + " SET id = id + 1000000 WHERE id = " + key + ";")
                    .append("INSERT INTO " + table + " (id, note) VALUES (" + (key + 2_000_000) + ", '" + name + "');")
                    .append("DELETE FROM " + table + " WHERE id = " + (key + 1) + ";");
        }
        decide(statements + "PREPARE TRANSACTION '" + name + "'");
    }

    private void decide(String statement) {
        try {
            fixture.execute(statement);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }
}
