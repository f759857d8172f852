package dev.shoofly.coordinator;

import static dev.shoofly.coordinator.MigrationFixture.await;
import static dev.shoofly.coordinator.MigrationFixture.awaitHeld;
import static dev.shoofly.coordinator.MigrationFixture.awaitState;
import static dev.shoofly.coordinator.MigrationFixture.spec;
import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Database;
import dev.shoofly.database.control.Command;
import dev.shoofly.database.control.ThrottleState;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.GateName;
import dev.shoofly.model.GateReport;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.throttle.ReplicaLag;
import dev.shoofly.model.throttle.ReplicaLimits;
import dev.shoofly.model.throttle.ThrottleSettings;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** With no setting at all, a migration waits for a replica that lags, and the replica has the new table afterwards. */
@Timeout(240)
abstract class ReplicaThrottleContract {
    @TempDir
    Path directory;

    private MigrationFixture fixture;
    private Database database;

    abstract OrdersTable table();

    abstract DatabaseServer primary();

    abstract DatabaseServer replica();

    private static final Predicate<String> LAGS = words -> words.contains("lags");

    /** By which it is given a limit of its own. */
    abstract String replicaName();

    abstract void stopReplaying() throws SQLException;

    abstract void replay() throws SQLException;

    @BeforeEach
    void createOrders() throws SQLException {
        fixture = new MigrationFixture(primary(), () -> TestServers.kafka().bootstrapServers(), directory, table());
        database = fixture.open(FaultPoints.NONE);
    }

    @AfterEach
    void closeDatabase() {
        database.close();
    }

    @Test
    void theCopyWaitsForAReplicaThatLags() throws Exception {
        whileTheCopyIsHeld((runner, held) -> {
            assertThat(held.heldBackBy()).contains(" lags ").contains("(limit 500 ms)");
            assertThat(held.signals().get(0).kind()).isEqualTo("REPLICA_LAG");
            assertThat(runner.snapshot().orElseThrow().state()).isEqualTo(MigrationState.COPYING);

            replay();
            // A machine that is short of processors lets every replica lag for more than half a second.
            return settings -> settings.with(ReplicaLimits.listed(Duration.ofSeconds(30)));
        });
        awaitOnReplica("SELECT count(*) FROM orders WHERE status = 'new'", MigrationFixture.ROWS);
    }

    /** The limit of all holds the copy; the replica's own lets copy and cut-over go on, while it stands still all the time. */
    @Test
    void aReplicaWithALargerLimitOfItsOwnHoldsNeitherCopyNorCutover() throws Exception {
        try {
            MigrationSnapshot ended = whileTheCopyIsHeld((runner, held) -> {
                assertThat(held.heldBackBy()).contains(replicaName()).contains("(limit 500 ms)");
                return settings -> settings.with(
                        settings.replicas().with(List.of(new ReplicaLag(replicaName(), Duration.ofHours(1)))));
            });
            assertThat(ended.throttle().signals())
                    .filteredOn(each -> each.kind().equals("REPLICA_LAG"))
                    .singleElement()
                    .satisfies(each -> {
                        assertThat(each.name()).contains(replicaName());
                        assertThat(each.words()).startsWith("lags ").contains("(its own limit 3600 s)");
                    });
        } finally {
            replay();
        }
        awaitOnReplica("SELECT count(*) FROM orders WHERE status = 'new'", MigrationFixture.ROWS);
    }

    /** What is done to a copy that is held back. */
    @FunctionalInterface
    private interface Held {
        /** @return the change of the throttle with which it goes on */
        UnaryOperator<ThrottleSettings> changeOf(MigrationRunner runner, ThrottleState held) throws Exception;
    }

    /** With a replica that stands still: the copy begins when it lags too far, and completes behind the change. */
    private MigrationSnapshot whileTheCopyIsHeld(Held then) throws Exception {
        stopReplaying();
        AtomicReference<MigrationRunner> running = new AtomicReference<>();
        // A small table is copied before a replica can lag that far: so the copy begins when it does.
        FaultPoints lagging = point -> {
            if (point.equals("state.COPYING")) {
                awaitHeld(Objects.requireNonNull(running.get()), LAGS);
            }
        };
        try (MigrationRunner runner = fixture.runner(database, lagging)) {
            running.set(runner);
            CompletableFuture<MigrationOutcome> outcome =
                    CompletableFuture.supplyAsync(() -> runner.start(spec(CutoverMode.AUTO, table().alters())));
            awaitState(runner, MigrationState.COPYING);
            UnaryOperator<ThrottleSettings> change = then.changeOf(runner, awaitHeld(runner, LAGS));
            database.control().throttle().change(runner.snapshot().orElseThrow().id(), change);
            assertThat(outcome.get(120, TimeUnit.SECONDS))
                    .as("%s", runner.snapshot())
                    .isEqualTo(MigrationOutcome.COMPLETED);
            return runner.snapshot().orElseThrow();
        }
    }

    /** Who reads there would see the table as it was for as long as that. */
    @Test
    void theCutoverWaitsForAReplicaThatLags() throws Exception {
        try (MigrationRunner runner = fixture.runner(database, FaultPoints.NONE)) {
            CompletableFuture<MigrationOutcome> outcome =
                    CompletableFuture.supplyAsync(() -> runner.start(spec(CutoverMode.MANUAL, table().alters())));
            awaitState(runner, MigrationState.READY);
            MigrationId id = runner.snapshot().orElseThrow().id();
            stopReplaying();
            // On a table at rest they are asked every ten seconds, until somebody waits for them.
            await(
                    runner,
                    () -> runner.snapshot().orElseThrow().throttle().signals().stream()
                            .anyMatch(each -> each.kind().equals("REPLICA_LAG") && each.pressure() > 1));
            assertThat(new MigrationControl(database).request(id, Command.Verb.CUTOVER, Duration.ofSeconds(30)))
                    .isNotEmpty();
            await(runner, () -> replicas(id).filter(GateReport::blocks).isPresent());
            assertThat(replicas(id).orElseThrow().reason()).contains(" lags ").contains("(limit 500 ms)");
            assertThat(replicas(id).orElseThrow().remedy()).contains("--max-lag");
            assertThat(runner.snapshot().orElseThrow().state()).isEqualTo(MigrationState.READY);

            replay();
            database.control()
                    .throttle()
                    .change(id, settings -> settings.with(ReplicaLimits.listed(Duration.ofSeconds(30))));
            assertThat(outcome.get(120, TimeUnit.SECONDS))
                    .as("%s", runner.snapshot())
                    .isEqualTo(MigrationOutcome.COMPLETED);
        }
    }

    private Optional<GateReport> replicas(MigrationId id) {
        return database.control().gates().find(id).reports().stream()
                .filter(report -> report.gate() == GateName.REPLICAS)
                .findFirst();
    }

    private void awaitOnReplica(String query, long wanted) throws SQLException {
        long giveUpAt = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        long seen = -1;
        while (seen != wanted) {
            assertThat(System.nanoTime()).as("the replica shows %s", seen).isLessThan(giveUpAt);
            try (Connection connection = DriverManager.getConnection(
                            replica().jdbcUrl(), replica().user(), replica().password());
                    Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery(query)) {
                row.next();
                seen = row.getLong(1);
            } catch (SQLException e) {
                // The column comes with the swap.
                LockSupport.parkNanos(20_000_000);
            }
        }
    }
}
