package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Database;
import dev.shoofly.database.control.Command;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A whole migration of a busy table with foreign keys to and from it, a view and triggers. */
@Timeout(300)
class AttachedMigrationIT {
    private static final DatabaseServer SERVER = TestServers.postgres(PostgresVersion.V17);
    private static final String VALIDATED =
            "SELECT convalidated::text FROM pg_constraint WHERE contype = 'f' AND conname IN ('in_region', 'of_order')";
    private static final String VALIDATE = "ALTER TABLE \"public\".\"orders\" VALIDATE CONSTRAINT \"in_region\"";

    @TempDir
    Path directory;

    @Test
    void triggersFireForTheApplicationAloneAndReferencesHoldAllTheWay() throws Exception {
        MigrationFixture fixture = new MigrationFixture(
                SERVER, () -> TestServers.kafka().bootstrapServers(), directory, OrdersTable.POSTGRES);
        for (String statement : List.of(
                "DROP TABLE IF EXISTS regions, lines, audit CASCADE",
                "CREATE TABLE regions (id int PRIMARY KEY)",
                "INSERT INTO regions VALUES (1)",
                "ALTER TABLE orders ADD COLUMN region int DEFAULT 1 CONSTRAINT in_region REFERENCES regions",
                "CREATE TABLE lines (order_id bigint CONSTRAINT of_order REFERENCES orders ON DELETE CASCADE"
                        + " ON UPDATE CASCADE)",
                "INSERT INTO lines SELECT id FROM orders",
                "CREATE VIEW noted AS SELECT id, note FROM orders",
                "CREATE TABLE audit (id bigint, note text, who text)",
                "CREATE OR REPLACE FUNCTION audited() RETURNS trigger LANGUAGE plpgsql AS"
                        + " 'BEGIN INSERT INTO audit VALUES (NEW.id, NEW.note, current_setting(''application_name''));"
                        + " RETURN NULL; END'",
                "CREATE TRIGGER audited AFTER INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION audited()")) {
            fixture.execute(statement);
        }
        List<String> atTheSwap = new ArrayList<>();
        FaultPoints look = point -> {
            if (point.equals("state.CUTOVER")) {
                atTheSwap.addAll(texts(fixture, VALIDATED));
            }
        };
        try (Database database = fixture.open(look);
                RecordedWriters writers = new RecordedWriters(SERVER, MigrationFixture.ROWS);
                MigrationRunner runner = fixture.runner(database, look)) {
            MigrationOutcome outcome =
                    runner.start(MigrationFixture.spec(CutoverMode.AUTO, OrdersTable.POSTGRES.alters()));
            assertThat(outcome).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.COMPLETED);
            writers.awaitMore(200);
            writers.stopAndCheck();
        }
        assertThat(atTheSwap).as("nobody waits for that under the locks").containsExactly("false", "false");
        assertThat(texts(fixture, VALIDATED)).containsExactly("true", "true");
        assertThat(texts(fixture, "SELECT id FROM orders EXCEPT SELECT id FROM noted"))
                .isEmpty();
        assertThat(texts(fixture, "SELECT order_id FROM lines EXCEPT SELECT id FROM orders"))
                .isEmpty();
        assertThat(texts(fixture, "SELECT id FROM audit WHERE who LIKE 'shoofly%'"))
                .as("a trigger that saw what we wrote")
                .isEmpty();
        assertThat(texts(
                        fixture,
                        "SELECT id, note FROM orders WHERE note NOT LIKE 'seed %' EXCEPT SELECT id, note FROM audit"))
                .as("changes that no trigger saw")
                .isEmpty();
    }

    private MigrationFixture withAnOrphan() throws SQLException {
        MigrationFixture fixture = new MigrationFixture(
                SERVER, () -> TestServers.kafka().bootstrapServers(), directory, OrdersTable.POSTGRES);
        for (String statement : List.of(
                "DROP TABLE IF EXISTS regions, lines, audit CASCADE",
                "CREATE TABLE regions (id int PRIMARY KEY)",
                "INSERT INTO regions VALUES (1)",
                "ALTER TABLE orders ADD COLUMN region int DEFAULT 1 CONSTRAINT in_region REFERENCES regions",
                "SET session_replication_role = replica; UPDATE orders SET region = 77 WHERE id = 5")) {
            fixture.execute(statement);
        }
        return fixture;
    }

    private static MigrationSpec withWindow() {
        return MigrationFixture.withRollbackWindow(
                MigrationFixture.spec(CutoverMode.AUTO, OrdersTable.POSTGRES.alters()), Duration.ofHours(1));
    }

    /** They were wrong before, in silence; the constraint stays in force for what is written. */
    @Test
    void aForeignKeyWhoseRowsAreWrongCostsNeitherTheMigrationNorItsRollbackWindow() throws Exception {
        MigrationFixture fixture = withAnOrphan();
        try (Database database = fixture.open(FaultPoints.NONE);
                MigrationRunner runner = fixture.runner(database, FaultPoints.NONE)) {
            CompletableFuture<MigrationOutcome> outcome = swapped(runner);
            MigrationId id = runner.snapshot().orElseThrow().id();
            assertThat(runner.snapshot().orElseThrow().reason()).contains("(region)=(77)", VALIDATE);
            assertThat(database.control().migrations().find(id).orElseThrow().reason())
                    .contains(VALIDATE);
            assertThat(fixture.texts("SELECT detail FROM shoofly.migration_log WHERE event = 'LEFT TO DO'"
                            + " AND migration_id = '" + id + "'"))
                    .singleElement()
                    .asString()
                    .contains(VALIDATE);
            new MigrationControl(database).request(id, Command.Verb.ROLLBACK, Duration.ofSeconds(30));
            assertThat(outcome.get()).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.ROLLED_BACK);
            assertThat(database.control().migrations().find(id).orElseThrow().reason())
                    .contains(VALIDATE);
        }
        fixture.execute("INSERT INTO regions VALUES (77)");
        fixture.execute(VALIDATE);
    }

    @Test
    void whoValidatesAForeignKeyInTheWindowAsTheyWereToldKeepsTheWayBack() throws Exception {
        MigrationFixture fixture = withAnOrphan();
        try (Database database = fixture.open(FaultPoints.NONE);
                MigrationRunner runner = fixture.runner(database, FaultPoints.NONE)) {
            CompletableFuture<MigrationOutcome> outcome = swapped(runner);
            MigrationId id = runner.snapshot().orElseThrow().id();
            assertThat(fixture.texts(VALIDATED)).containsExactly("false");
            fixture.execute("INSERT INTO regions VALUES (77)");
            fixture.execute(VALIDATE);
            new MigrationControl(database).request(id, Command.Verb.ROLLBACK, Duration.ofSeconds(30));
            assertThat(outcome.get()).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.ROLLED_BACK);
        }
        assertThat(fixture.texts(VALIDATED)).containsExactly("true");
    }

    /** By the next owner, too, whatever has happened to the reason in between: nobody else would ever say it again. */
    @Test
    void whatIsLeftToDoIsToldAfterATakeover() throws Exception {
        MigrationFixture fixture = withAnOrphan();
        MigrationId id = failedAt(fixture, "back.opened");
        try (Database database = fixture.open(FaultPoints.NONE);
                MigrationRunner next = fixture.runner(database, FaultPoints.NONE)) {
            CompletableFuture<MigrationOutcome> outcome = CompletableFuture.supplyAsync(() -> next.resume(id));
            RollbackContract.awaitActivity(next, "brings it back");
            assertThat(next.snapshot().orElseThrow().reason()).contains(VALIDATE);
            assertThat(database.control().migrations().find(id).orElseThrow().reason())
                    .contains(VALIDATE);
            new MigrationControl(database).request(id, Command.Verb.COMPLETE, Duration.ofSeconds(30));
            assertThat(outcome.get()).as("%s", next.snapshot()).isEqualTo(MigrationOutcome.COMPLETED);
            assertThat(database.control().migrations().find(id).orElseThrow().reason())
                    .contains(VALIDATE);
        }
    }

    /** The process had ended right after the swap: nobody has had the rows read yet. */
    @Test
    void aWindowThatIsClosedBeforeItWasOpenedCostsNoValidation() throws Exception {
        MigrationFixture fixture = withAnOrphan();
        fixture.execute("INSERT INTO regions VALUES (77)");
        MigrationId id = failedAt(fixture, "state.CUTOVER");
        assertThat(fixture.texts(VALIDATED)).containsExactly("false");
        try (Database database = fixture.open(FaultPoints.NONE);
                MigrationRunner next = fixture.runner(database, FaultPoints.NONE)) {
            new MigrationControl(database).closeWindow(id);
            assertThat(next.resume(id)).as("%s", next.snapshot()).isEqualTo(MigrationOutcome.COMPLETED);
        }
        assertThat(fixture.texts(VALIDATED)).containsExactly("true");
    }

    @Test
    void aForeignKeyWhoseRowsAreWrongAndItsValidationMeanwhileDoNotCostTheWayForwardAgain() throws Exception {
        MigrationFixture fixture = withAnOrphan();
        try (Database database = fixture.open(FaultPoints.NONE);
                MigrationRunner runner = fixture.runner(database, FaultPoints.NONE)) {
            CompletableFuture<MigrationOutcome> outcome = swapped(runner);
            MigrationId id = runner.snapshot().orElseThrow().id();
            MigrationControl control = new MigrationControl(database);
            control.keepAfterRollback(id, Optional.of(Duration.ofHours(1)));
            control.request(id, Command.Verb.ROLLBACK, Duration.ofSeconds(30));
            MigrationFixture.awaitState(runner, MigrationState.READY);
            RollbackContract.awaitActivity(runner, "ready; waiting for 'cutover " + id + "'");
            assertThat(fixture.texts(VALIDATED)).as("the orphan is there still").containsExactly("false");
            assertThat(database.control().migrations().find(id).orElseThrow().reason())
                    .as("of the table that serves again")
                    .contains("(region)=(77)", VALIDATE);
            fixture.execute("INSERT INTO regions VALUES (77)");
            fixture.execute(VALIDATE);
            control.request(id, Command.Verb.CUTOVER, Duration.ofSeconds(30));
            MigrationFixture.awaitState(runner, MigrationState.CUTOVER);
            RollbackContract.awaitActivity(runner, "brings it back");
            control.request(id, Command.Verb.COMPLETE, Duration.ofSeconds(30));
            assertThat(outcome.get()).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.COMPLETED);
            assertThat(database.control().migrations().find(id).orElseThrow().reason())
                    .as("of another table, and done")
                    .isNull();
        }
        assertThat(fixture.texts(VALIDATED)).containsExactly("true");
    }

    /** The log has said it, long ago. */
    @Test
    void aForeignKeyThatARollbackLeftUnvalidatedIsToldOfWhenTheTimeToGoForwardAgainIsOver() throws Exception {
        MigrationFixture fixture = withAnOrphan();
        try (Database database = fixture.open(FaultPoints.NONE);
                MigrationRunner runner = fixture.runner(database, FaultPoints.NONE)) {
            CompletableFuture<MigrationOutcome> outcome = swapped(runner);
            MigrationId id = runner.snapshot().orElseThrow().id();
            MigrationControl control = new MigrationControl(database);
            control.keepAfterRollback(id, Optional.of(Duration.ofSeconds(1)));
            control.request(id, Command.Verb.ROLLBACK, Duration.ofSeconds(30));
            assertThat(outcome.get()).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.ROLLED_BACK);
            assertThat(database.control().migrations().find(id).orElseThrow().reason())
                    .contains("nobody gave the word", VALIDATE);
            assertThat(runner.snapshot().orElseThrow().reason()).contains(VALIDATE);
        }
        assertThat(fixture.texts(VALIDATED)).containsExactly("false");
    }

    /** A migration whose old table can be had back. */
    private static CompletableFuture<MigrationOutcome> swapped(MigrationRunner runner) {
        CompletableFuture<MigrationOutcome> outcome = CompletableFuture.supplyAsync(() -> runner.start(withWindow()));
        RollbackContract.awaitActivity(runner, "brings it back");
        return outcome;
    }

    private static MigrationId failedAt(MigrationFixture fixture, String lostAt) throws Exception {
        FaultPoints lost = point -> {
            if (point.equals(lostAt)) {
                throw new ShooflyException(ErrorKind.TRANSIENT, "the connection is lost");
            }
        };
        try (Database database = fixture.open(FaultPoints.NONE);
                MigrationRunner runner = fixture.runner(database, lost)) {
            assertThat(runner.start(withWindow())).isEqualTo(MigrationOutcome.FAILED);
            return runner.snapshot().orElseThrow().id();
        }
    }

    private static List<String> texts(MigrationFixture fixture, String query) {
        try {
            return fixture.texts(query);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }
}
