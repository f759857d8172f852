package dev.shoofly.coordinator.strategy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.coordinator.Doctor;
import dev.shoofly.coordinator.MigrationControl;
import dev.shoofly.coordinator.MigrationOutcome;
import dev.shoofly.coordinator.MigrationRunner;
import dev.shoofly.coordinator.MigrationSnapshot;
import dev.shoofly.coordinator.RunnerSettings;
import dev.shoofly.database.Database;
import dev.shoofly.database.Databases;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.database.control.Command;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.NativeStep;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.StrategyChoice;
import dev.shoofly.servers.DatabaseServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What can go wrong while the server alters a table by itself. */
@Timeout(120)
abstract class NativeRunContract {
    @TempDir
    Path directory;

    private Database database;
    private Connection application;

    abstract DatabaseServer server();

    /** Creates {@code parcels (id, weight, label, depot)} and {@code depots (id)}; dropped before if they exist. */
    abstract List<String> create();

    /** Adds a unique rule over {@code label}, by the server itself. */
    abstract String uniqueLabel();

    /** Adds a foreign key named {@code parcels_depot} to {@code depots}. */
    abstract String depot();

    /** Everything about the table's definition that an alteration could change. */
    abstract String definition(Statement statement) throws SQLException;

    @BeforeEach
    void open() throws SQLException {
        database = open(FaultPoints.NONE);
        for (Migration earlier : new MigrationControl(database).list()) {
            database.control().migrations().forget(earlier.id());
        }
        application = connect();
        for (String statement : create()) {
            execute(statement);
        }
        for (int i = 1; i <= 500; i++) {
            execute("INSERT INTO parcels (id, weight, label, depot) VALUES (" + i + ", " + i + ", 'p" + i + "', "
                    + (i % 2 + 1) + ")");
        }
    }

    @AfterEach
    void close() throws SQLException {
        application.close();
        database.close();
    }

    private Database open(FaultPoints faultPoints) {
        return Databases.open(
                new ConnectionProfile(server().jdbcUrl(), server().user(), new Secret(server().password())),
                6,
                faultPoints);
    }

    Connection connect() throws SQLException {
        return DriverManager.getConnection(server().jdbcUrl(), server().user(), server().password());
    }

    void execute(String sql) throws SQLException {
        try (Statement statement = application.createStatement()) {
            statement.execute(sql);
        }
    }

    private String definition() throws SQLException {
        try (Statement statement = application.createStatement()) {
            return definition(statement);
        }
    }

    private MigrationRunner runner(Database with) {
        return runner(with, FaultPoints.NONE);
    }

    private MigrationRunner runner(Database with, FaultPoints faultPoints) {
        return new MigrationRunner(
                with,
                new NoKafka(),
                new RunnerSettings("test:1", directory, 1, Duration.ofSeconds(4), Duration.ofMillis(100), false),
                MigrationMetrics.NONE,
                faultPoints);
    }

    private static MigrationSpec spec(CutoverMode mode, Duration lockTimeout, int retries, String alter) {
        return new MigrationSpec(
                "parcels",
                List.of(alter),
                StrategyChoice.AUTO,
                2,
                500,
                new CutoverSettings(mode, lockTimeout, Duration.ofSeconds(1), 100, retries));
    }

    private static MigrationSpec spec(String alter) {
        return spec(CutoverMode.AUTO, Duration.ofSeconds(1), 20, alter);
    }

    MigrationOutcome start(Database with, String alter) {
        try (MigrationRunner runner = runner(with)) {
            return runner.start(spec(alter));
        }
    }

    private CompletableFuture<MigrationOutcome> start(MigrationRunner runner, MigrationSpec spec) {
        return CompletableFuture.supplyAsync(() -> runner.start(spec));
    }

    private static void awaitActivity(MigrationRunner runner, String words) throws InterruptedException {
        while (!runner.snapshot().map(MigrationSnapshot::activity).orElse("").contains(words)) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }

    private List<Migration> migrations() {
        return new MigrationControl(database).list();
    }

    @Test
    void nobodyQueuesBehindARequestThatAnOpenTransactionKeepsWaiting() throws Exception {
        try (Connection holder = connect();
                MigrationRunner runner = runner(database)) {
            holder.setAutoCommit(false);
            try (Statement statement = holder.createStatement()) {
                // It has written already: it may go on to read and write, and is waited for.
                statement.execute("UPDATE parcels SET weight = 0 WHERE id = 1");
                CompletableFuture<MigrationOutcome> run = start(
                        runner, spec(CutoverMode.AUTO, Duration.ofMillis(200), 1_000, "ADD COLUMN note varchar(20)"));
                awaitActivity(runner, "Next attempt");
                // With a request of ours pending for as long as the holder lives, none of these would end.
                for (int i = 100; i < 300; i++) {
                    execute("UPDATE parcels SET weight = 1 WHERE id = " + i);
                }
                assertThat(run).isNotDone();
                statement.execute("UPDATE parcels SET weight = 0 WHERE id = 2");
                holder.commit();
                assertThat(run.get(60, TimeUnit.SECONDS)).isEqualTo(MigrationOutcome.COMPLETED);
            }
            execute("UPDATE parcels SET note = 'x' WHERE id = 1");
        }
    }

    @Test
    void attemptsThatAreUsedUpLeaveTheTableAsItWasAndCanBeResumed() throws Exception {
        String before = definition();
        MigrationId id;
        try (Connection holder = connect();
                MigrationRunner runner = runner(database)) {
            holder.setAutoCommit(false);
            holder.createStatement().execute("UPDATE parcels SET weight = 0 WHERE id = 1");
            assertThat(runner.start(spec(CutoverMode.AUTO, Duration.ofMillis(50), 2, "ADD COLUMN note varchar(20)")))
                    .isEqualTo(MigrationOutcome.FAILED);
            assertThat(migrations().get(0).reason()).contains("2 attempts").contains("resume");
            id = migrations().get(0).id();
            assertThat(definition()).isEqualTo(before);
        }
        try (MigrationRunner runner = runner(database)) {
            assertThat(runner.resume(id)).isEqualTo(MigrationOutcome.COMPLETED);
        }
        assertThat(definition()).contains("note");
    }

    @Test
    void aManualCutOverChangesNothingBeforeTheWord() throws Exception {
        String before = definition();
        try (MigrationRunner runner = runner(database)) {
            CompletableFuture<MigrationOutcome> run =
                    start(runner, spec(CutoverMode.MANUAL, Duration.ofSeconds(1), 20, "ADD COLUMN note varchar(20)"));
            awaitActivity(runner, "waiting for 'cutover");
            assertThat(migrations().get(0).state()).isEqualTo(MigrationState.READY);
            assertThat(definition()).isEqualTo(before);

            MigrationControl control = new MigrationControl(database);
            MigrationId id = migrations().get(0).id();
            assertThatThrownBy(() -> control.request(id, Command.Verb.PAUSE, Duration.ofSeconds(20)))
                    .hasMessageContaining("cannot be paused");
            control.request(id, Command.Verb.CUTOVER, Duration.ofSeconds(20));
            assertThat(run.get(60, TimeUnit.SECONDS)).isEqualTo(MigrationOutcome.COMPLETED);
        }
        assertThat(definition()).contains("note");
        assertThat(migrations().get(0).state()).isEqualTo(MigrationState.COMPLETED);
    }

    @Test
    void aWordWhoseCommitIsNotKnownToTheProcessIsCarriedOutAllTheSame() throws Exception {
        FaultPoints lost = point -> {
            if (point.equals("command.taken")) {
                throw new ShooflyException(ErrorKind.TRANSIENT, "the connection is lost");
            }
        };
        try (MigrationRunner runner = runner(database, lost)) {
            CompletableFuture<MigrationOutcome> run =
                    start(runner, spec(CutoverMode.MANUAL, Duration.ofSeconds(1), 20, "ADD COLUMN note varchar(20)"));
            awaitActivity(runner, "waiting for 'cutover");
            MigrationId id = migrations().get(0).id();
            assertThat(new MigrationControl(database).request(id, Command.Verb.CUTOVER, Duration.ofSeconds(20)))
                    .isEqualTo("approved");
            assertThat(run.get(60, TimeUnit.SECONDS)).isEqualTo(MigrationOutcome.COMPLETED);
        }
        assertThat(definition()).contains("note");
    }

    @Test
    void aFormerOwnerThatStillLivesTouchesNothing() throws Exception {
        String before = definition();
        try (MigrationRunner runner = runner(database)) {
            CompletableFuture<MigrationOutcome> run =
                    start(runner, spec(CutoverMode.MANUAL, Duration.ofSeconds(1), 20, "ADD COLUMN note varchar(20)"));
            awaitActivity(runner, "waiting for 'cutover");
            MigrationId id = migrations().get(0).id();
            database.control().migrations().takeOver(id, "another:1");
            database.control().commands().request(id, Command.Verb.CUTOVER);
            assertThat(run.handle((outcome, error) -> String.valueOf(error)).get(60, TimeUnit.SECONDS))
                    .contains("this process stops");
        }
        assertThat(definition()).isEqualTo(before);
        assertThat(migrations()).hasSize(1);
    }

    @Test
    void aTableThatSomebodyElseAlteredMeanwhileCanStillBeGivenUp() throws Exception {
        try (Connection holder = connect();
                MigrationRunner runner = runner(database)) {
            holder.setAutoCommit(false);
            holder.createStatement().execute("UPDATE parcels SET weight = 0 WHERE id = 1");
            runner.start(spec(CutoverMode.AUTO, Duration.ofMillis(50), 1, "ADD COLUMN note varchar(20)"));
        }
        execute("ALTER TABLE parcels ADD COLUMN theirs int");
        String theirs = definition();
        new MigrationControl(database).cancel(migrations().get(0).id(), new NoKafka());
        assertThat(migrations()).isEmpty();
        assertThat(definition()).isEqualTo(theirs);
    }

    @Test
    void controlTablesOfAnEarlierVersionAreBroughtUpToDateBeforeAnybodyLooks() throws Exception {
        try (MigrationRunner runner = runner(database)) {
            runner.start(spec("ADD COLUMN note varchar(20)"));
        }
        for (String column : List.of("strategy", "native_plan", "steps_begun", "steps_done")) {
            execute("ALTER TABLE shoofly.migrations DROP COLUMN " + column);
        }
        assertThat(new Doctor(database).examine(Optional.empty()).leftovers()).isEmpty();
        assertThat(migrations()).hasSize(1);
        assertThat(migrations().get(0).state()).isEqualTo(MigrationState.COMPLETED);
    }

    @Test
    void aCancelLeavesNothing() throws Exception {
        String before = definition();
        try (MigrationRunner runner = runner(database)) {
            CompletableFuture<MigrationOutcome> run =
                    start(runner, spec(CutoverMode.MANUAL, Duration.ofSeconds(1), 20, depot()));
            awaitActivity(runner, "waiting for 'cutover");
            new MigrationControl(database)
                    .request(migrations().get(0).id(), Command.Verb.CANCEL, Duration.ofSeconds(20));
            assertThat(run.get(60, TimeUnit.SECONDS)).isEqualTo(MigrationOutcome.CANCELLED);
        }
        assertThat(definition()).isEqualTo(before);
        assertThat(migrations()).isEmpty();
    }

    /** What the server is told so that it takes a connection for one of ours. */
    abstract String named();

    /** A query that counts statements that wait for a lock on the table. */
    abstract String waiting();

    @Test
    void aCancelEndsWhatADeadProcessLeftRunning() throws Exception {
        String before = definition();
        try (Connection holder = connect();
                Connection orphaned = DriverManager.getConnection(
                        server().jdbcUrl() + named(), server().user(), server().password())) {
            holder.setAutoCommit(false);
            holder.createStatement().execute("UPDATE parcels SET weight = 0 WHERE id = 1");
            try (MigrationRunner runner = runner(database)) {
                CompletableFuture<MigrationOutcome> run = start(runner, spec(uniqueLabel()));
                while (migrations().isEmpty() || migrations().get(0).stepsBegun() == 0) {
                    TimeUnit.MILLISECONDS.sleep(5);
                }
                runner.interrupt();
                run.get(60, TimeUnit.SECONDS);
            }
            holder.commit();
            Migration dead = migrations().get(0);
            assertThat(dead.stepsDone()).isZero();
            NativeStep step = Objects.requireNonNull(dead.nativePlan()).steps().get(0);
            database.nativeAlter().undo(dead.source(), List.of(), Optional.of(step));
            holder.createStatement().execute("UPDATE parcels SET weight = 0 WHERE id = 1");
            String statement = step.statements().get(0);
            CompletableFuture<Boolean> orphan = CompletableFuture.supplyAsync(() -> succeeds(orphaned, statement));
            awaitPresence(waiting());

            CompletableFuture<Void> cancel =
                    CompletableFuture.runAsync(() -> new MigrationControl(database).cancel(dead.id(), new NoKafka()));
            assertThat(orphan.get(60, TimeUnit.SECONDS)).isFalse();
            holder.commit();
            cancel.get(60, TimeUnit.SECONDS);
        }
        assertThat(definition()).isEqualTo(before);
        assertThat(migrations()).isEmpty();
    }

    private static boolean succeeds(Connection connection, String sql) {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
            return true;
        } catch (SQLException e) {
            return false;
        }
    }

    @Test
    void rowsThatStandAgainstAUniqueRuleAreNamedAndNothingIsLeft() throws Exception {
        String before = definition();
        execute("UPDATE parcels SET label = 'p7' WHERE id = 8");
        try (MigrationRunner runner = runner(database)) {
            assertThatThrownBy(() -> runner.start(spec(uniqueLabel())))
                    .isInstanceOfSatisfying(
                            ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.DATA))
                    .hasMessageContaining("p7");
        }
        assertThat(definition()).isEqualTo(before);
        assertThat(migrations()).isEmpty();
    }

    @Test
    void rowsThatAForeignKeyForbidsTakeItBack() throws Exception {
        String before = definition();
        execute("UPDATE parcels SET depot = 77 WHERE id = 9");
        try (MigrationRunner runner = runner(database)) {
            assertThatThrownBy(() -> runner.start(spec(depot())))
                    .isInstanceOfSatisfying(
                            ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.DATA))
                    .hasMessageContaining("77");
        }
        assertThat(definition()).isEqualTo(before);
        assertThat(migrations()).isEmpty();
        // No row is refused any more.
        execute("UPDATE parcels SET depot = 78 WHERE id = 10");
    }

    @Test
    void aDeathAfterAnyStepIsPickedUpWithoutDoingItTwice() throws Exception {
        for (String alter : List.of("ADD COLUMN note varchar(20)", uniqueLabel(), depot())) {
            for (int death = 1; death <= 3; death++) {
                Deaths deaths = new Deaths(death);
                MigrationOutcome outcome = null;
                MigrationId id = null;
                try (Database mortal = open(deaths)) {
                    try (MigrationRunner runner = runner(mortal)) {
                        outcome = runner.start(spec(alter));
                    } catch (Killed e) {
                        id = migrations().get(0).id();
                    }
                }
                if (id != null) {
                    try (MigrationRunner runner = runner(database)) {
                        outcome = runner.resume(id);
                    }
                }
                assertThat(outcome).as("%s, death %d", alter, death).isEqualTo(MigrationOutcome.COMPLETED);
                try (Statement statement = application.createStatement()) {
                    assertThat(count(statement)).isEqualTo(500);
                }
                assertThat(leftOvers()).as("%s, death %d", alter, death).isEmpty();
                createAnew();
            }
        }
    }

    private void createAnew() throws SQLException {
        close();
        open();
    }

    /** Until a count is no longer zero. */
    private void awaitPresence(String query) throws SQLException, InterruptedException {
        try (Statement statement = application.createStatement()) {
            while (true) {
                try (ResultSet rows = statement.executeQuery(query)) {
                    rows.next();
                    if (rows.getLong(1) > 0) {
                        return;
                    }
                }
                TimeUnit.MILLISECONDS.sleep(5);
            }
        }
    }

    private static long count(Statement statement) throws SQLException {
        try (ResultSet rows = statement.executeQuery("SELECT count(*) FROM parcels")) {
            rows.next();
            return rows.getLong(1);
        }
    }

    /** Names that only we give. */
    private List<String> leftOvers() throws SQLException {
        List<String> found = new ArrayList<>();
        try (Statement statement = application.createStatement()) {
            if (definition(statement).contains("_shoofly_")) {
                found.add(definition(statement));
            }
            try (ResultSet rows = statement.executeQuery(
                    "SELECT table_name FROM information_schema.tables WHERE table_name LIKE '%parcels%'")) {
                while (rows.next()) {
                    if (!rows.getString(1).equals("parcels")) {
                        found.add(rows.getString(1));
                    }
                }
            }
        }
        return found;
    }

    private static final class Killed extends RuntimeException {}

    /** Dies the n-th time that anything was done. */
    private static final class Deaths implements FaultPoints {
        private int left;

        Deaths(int left) {
            this.left = left;
        }

        @Override
        public synchronized void reach(String point) {
            if (point.startsWith("native.") && --left == 0) {
                throw new Killed();
            }
        }
    }
}
