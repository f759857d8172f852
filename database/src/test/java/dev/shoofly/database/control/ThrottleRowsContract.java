package dev.shoofly.database.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.Database;
import dev.shoofly.database.Databases;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.StrategyChoice;
import dev.shoofly.model.TableName;
import dev.shoofly.model.throttle.CopyPace;
import dev.shoofly.model.throttle.CriticalAction;
import dev.shoofly.model.throttle.LoadLimit;
import dev.shoofly.model.throttle.LoadLimits;
import dev.shoofly.model.throttle.OutsideSignals;
import dev.shoofly.model.throttle.ReplicaLag;
import dev.shoofly.model.throttle.ReplicaLimits;
import dev.shoofly.model.throttle.ServerLimits;
import dev.shoofly.model.throttle.ThrottleSettings;
import dev.shoofly.servers.DatabaseServer;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

abstract class ThrottleRowsContract {
    private static final ThrottleSettings EVERY_KNOB = new ThrottleSettings(
            ReplicaLimits.named(List.of("jdbc:mysql://r/x"), Duration.ofSeconds(2))
                    .with(List.of(new ReplicaLag("r:3306", Duration.ofMinutes(1)))),
            new LoadLimits(
                    List.of(new LoadLimit("Threads_running", 25)),
                    List.of(new LoadLimit("Threads_running", 100.5)),
                    CriticalAction.ABORT,
                    Duration.ofMillis(20)),
            new ServerLimits(1L << 30, 3, 2_000_000_000L, 50, 99L),
            new OutsideSignals("SELECT 0", "http://127.0.0.1:1/x", List.of("/tmp/it's \"quoted\"")),
            new CopyPace(50, 4, Duration.ofMillis(80)));

    private final MigrationId id = MigrationId.random(new SecureRandom());
    private Database database;
    private ThrottleRows rows;

    abstract DatabaseServer server();

    @BeforeEach
    void open() throws SQLException {
        database = Databases.open(
                new ConnectionProfile(server().jdbcUrl(), server().user(), new Secret(server().password())),
                4,
                FaultPoints.NONE);
        rows = database.control().throttle();
        database.control().install();
        database.control()
                .migrations()
                .create(
                        id,
                        new TableName("shop", "t_" + id),
                        new MigrationSpec("t", List.of("x"), StrategyChoice.AUTO, 1, 1, CutoverSettings.DEFAULT),
                        "test:1",
                        "none");
    }

    @AfterEach
    void forget() {
        database.control().migrations().forget(id);
        assertThat(rows.find(id)).isEqualTo(ThrottleRows.Row.NONE);
        database.close();
    }

    @Test
    void aControlSchemaOfAnEarlierVersionIsCompleted() throws SQLException {
        try (Connection connection =
                        DriverManager.getConnection(server().jdbcUrl(), server().user(), server().password());
                Statement statement = connection.createStatement()) {
            statement.execute("DROP TABLE shoofly.throttle");
        }
        assertThat(database.control().isInstalled()).isFalse();
        database.control().install();
        assertThat(database.control().isInstalled()).isTrue();
        assertThat(rows.find(id).settings()).isEqualTo(ThrottleSettings.DEFAULT);
    }

    @Test
    void aMigrationOfAnEarlierVersionHasTheDefaultsUntilSomebodyChangesThem() {
        assertThat(rows.find(id).settings()).isEqualTo(ThrottleSettings.DEFAULT);
        assertThat(rows.find(id).state()).isEqualTo(ThrottleState.UNKNOWN);
        rows.change(id, now -> now.with(new CopyPace(40, 2, now.pace().chunkTime())));
        assertThat(rows.find(id).settings().pace()).isEqualTo(new CopyPace(40, 2, null));
    }

    @Test
    void keepsEveryKnobAndIsChangedOneKnobAtATime() {
        rows.change(id, now -> EVERY_KNOB);
        assertThat(rows.find(id).settings()).isEqualTo(EVERY_KNOB);
        assertThat(rows.change(id, now -> now)).isEqualTo(EVERY_KNOB);

        CopyPace slow = new CopyPace(10, 1, Duration.ofSeconds(1));
        assertThat(rows.change(id, now -> now.with(slow))).isEqualTo(EVERY_KNOB.with(slow));
        assertThat(rows.find(id).settings()).isEqualTo(EVERY_KNOB.with(slow));
    }

    /** As they stand in the control table since a version in which all replicas had one limit. */
    @Test
    void settingsOfAnEarlierVersionHaveNoLimitsOfSingleReplicas() throws SQLException {
        rows.change(id, now -> EVERY_KNOB);
        try (Connection connection =
                        DriverManager.getConnection(server().jdbcUrl(), server().user(), server().password());
                PreparedStatement statement = connection.prepareStatement(
                        "UPDATE shoofly.throttle SET settings = ? WHERE migration_id = ?")) {
            statement.setString(
                    1,
                    "{\"replicas\":{\"choice\":\"NAMED\",\"urls\":[\"jdbc:mysql://r/x\"],\"maxLag\":\"PT2S\"},"
                            + "\"pace\":{\"ioPercent\":40,\"copyThreads\":2,\"chunkTime\":\"PT0.08S\"}}");
            statement.setString(2, id.value());
            assertThat(statement.executeUpdate()).isEqualTo(1);
        }
        assertThat(rows.find(id).settings())
                .isEqualTo(ThrottleSettings.DEFAULT
                        .with(ReplicaLimits.named(List.of("jdbc:mysql://r/x"), Duration.ofSeconds(2)))
                        .with(new CopyPace(40, 2, Duration.ofMillis(80))));
        ReplicaLimits own =
                rows.find(id).settings().replicas().with(List.of(new ReplicaLag("r:3306", Duration.ofMinutes(1))));
        rows.change(id, now -> now.with(own));
        assertThat(rows.find(id).settings().replicas()).isEqualTo(own);
    }

    @Test
    void refusesWhatIsOutOfRangeAndChangesNothing() {
        rows.change(id, now -> EVERY_KNOB);
        assertThatThrownBy(() -> rows.change(id, now -> now.with(new CopyPace(500, 99, Duration.ZERO))))
                .hasMessageContaining("was not changed")
                .hasMessageContaining("throttle-io")
                .hasMessageContaining("copy-threads")
                .hasMessageContaining("chunk-time");
        assertThat(rows.find(id).settings()).isEqualTo(EVERY_KNOB);
    }

    @Test
    void twoChangesAtTheSameTimeBothCount() throws InterruptedException {
        rows.change(id, now -> ThrottleSettings.DEFAULT);
        ExecutorService two = Executors.newFixedThreadPool(2);
        for (int i = 0; i < 20; i++) {
            two.execute(() -> rows.change(id, now -> {
                ServerLimits was = now.server();
                return now.with(new ServerLimits(
                        was.maxRetainedWal(),
                        was.maxCheckpoints() + 1,
                        was.maxTransactionAge(),
                        was.maxBloat(),
                        was.maxHistory()));
            }));
        }
        two.shutdown();
        assertThat(two.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        assertThat(rows.find(id).settings().server().maxCheckpoints()).isEqualTo(20);
    }

    @Test
    void savesWhatTheOwnerMeasuredAndNothingOfADeposedOne() {
        ThrottleState measured = new ThrottleState(
                0.25,
                "replica r lags 2 s",
                1_234,
                870,
                List.of(new ThrottleState.Signal("REPLICA_LAG", "r", 4, "lags 2 s (limit 500 ms)")),
                null);
        rows.save(id, 1, measured);
        rows.save(id, 1, measured);
        ThrottleState found = rows.find(id).state();
        assertThat(found.age()).isNotNull().isLessThan(Duration.ofSeconds(30));
        assertThat(found).usingRecursiveComparison().ignoringFields("age").isEqualTo(measured);

        database.control().migrations().takeOver(id, "other:2");
        rows.save(id, 1, ThrottleState.UNKNOWN);
        assertThat(rows.find(id).state().fraction()).isEqualTo(0.25);
    }

    @Test
    void aChangeDoesNotTouchWhatWasMeasuredNorTheOtherWayRound() {
        rows.change(id, now -> EVERY_KNOB);
        rows.save(id, 1, new ThrottleState(0.5, null, 7, -1, List.of(), null));
        rows.change(id, now -> now.with(CopyPace.DEFAULT));
        assertThat(rows.find(id).state().throttledMillis()).isEqualTo(7);
        assertThat(rows.find(id).settings()).isEqualTo(EVERY_KNOB.with(CopyPace.DEFAULT));
    }
}
