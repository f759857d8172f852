package dev.shoofly.database.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.Database;
import dev.shoofly.database.Databases;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.servers.DatabaseServer;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the control tables promise on every database: brought up to date from an earlier version, and under several hands. */
@Timeout(60)
abstract class ControlSchemaContract {
    private static final int PROCESSES = 4;
    private static final int ROUNDS = 10;

    private Database database;

    abstract DatabaseServer server();

    @BeforeEach
    void open() {
        database = Databases.open(
                new ConnectionProfile(server().jdbcUrl(), server().user(), new Secret(server().password())),
                PROCESSES,
                FaultPoints.NONE);
        database.control().install();
    }

    @AfterEach
    void close() {
        database.close();
    }

    @Test
    void processesThatUpdateItAtTheSameTimeDoNotFail() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            makeEarlier();
            if (round % 2 == 0) {
                // Of a still earlier one.
                execute("DROP TABLE shoofly.shadow_stats, shoofly.topic_use, shoofly.misfits");
            }
            List<CompletableFuture<Void>> processes = new ArrayList<>();
            for (int i = 0; i < PROCESSES; i++) {
                processes.add(
                        CompletableFuture.runAsync(() -> database.control().install()));
            }
            for (CompletableFuture<Void> process : processes) {
                process.get(30, TimeUnit.SECONDS);
            }
            assertThat(database.control().isInstalled()).isTrue();
        }
    }

    /** It was answered, and never looked at again; whoever owns the migration now would drop what was kept. */
    @Test
    void aCancelThatAnEarlierVersionAnsweredIsNotCarriedOutByThisOne() throws SQLException {
        MigrationId id = MigrationId.random(new SecureRandom());
        makeEarlier();
        execute("INSERT INTO shoofly.commands (migration_id, verb, outcome) VALUES ('" + id
                + "', 'CANCEL', 'cancelling')");
        execute("INSERT INTO shoofly.commands (migration_id, verb) VALUES ('" + id + "', 'PAUSE')");
        assertThat(database.control().isInstalled()).isFalse();
        database.control().install();
        assertThat(database.control().commands().open(id))
                .extracting(Command::verb)
                .containsExactly(Command.Verb.PAUSE);
        execute("DELETE FROM shoofly.commands WHERE migration_id = '" + id + "'");
    }

    @Test
    void everyMarkerHasANumberOfItsOwnAndIsToldTheOneThatItCommitted() throws Exception {
        int each = 50;
        MigrationId id = MigrationId.random(new SecureRandom());
        MarkerRows markers = database.control().markers();
        markers.create(id);
        List<CompletableFuture<List<Long>>> writers = new ArrayList<>();
        for (int i = 0; i < PROCESSES; i++) {
            writers.add(CompletableFuture.supplyAsync(() ->
                    LongStream.range(0, each).map(n -> markers.next(id)).boxed().toList()));
        }
        List<Long> told = new ArrayList<>();
        for (CompletableFuture<List<Long>> writer : writers) {
            List<Long> numbers = writer.get(30, TimeUnit.SECONDS);
            assertThat(numbers).isSorted();
            told.addAll(numbers);
        }
        assertThat(told)
                .containsExactlyInAnyOrderElementsOf(LongStream.rangeClosed(1, (long) PROCESSES * each)
                        .boxed()
                        .toList());
        assertThat(markers.last(id)).isEqualTo((long) PROCESSES * each);
        execute("DELETE FROM shoofly.markers WHERE migration_id = '" + id + "'");
        assertThatThrownBy(() -> markers.next(id))
                .isInstanceOf(ShooflyException.class)
                .hasMessageContaining("has no marker row any more");
    }

    private void makeEarlier() throws SQLException {
        execute("ALTER TABLE shoofly.commands DROP COLUMN forced");
        execute("ALTER TABLE shoofly.migration_log DROP COLUMN announced");
        execute("ALTER TABLE shoofly.migrations DROP COLUMN old_dropped");
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection =
                        DriverManager.getConnection(server().jdbcUrl(), server().user(), server().password());
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
