package dev.shoofly.verifier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Comparer;
import dev.shoofly.database.Database;
import dev.shoofly.database.Databases;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.database.control.VerificationState;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MismatchPayload;
import dev.shoofly.model.RepairMode;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.VerifySettings;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.ChildJvm;
import dev.shoofly.servers.fixture.TestServers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The middle of a sweep, on every database: what a death there leaves, and what a sweep holds on the server. */
@Timeout(120)
abstract class SweepContract {
    private static final int ROWS = 5_000;
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private LiveTable table;

    abstract DatabaseServer server();

    /** Of somebody who may do everything, with the server's own password. */
    abstract List<String> createUser(String name);

    abstract String dropUser(String name);

    /** Together the strongest locks on both tables that let readers pass. */
    abstract List<String> locksThatLetReadersPass(String source, String shadow);

    /** What sessions of a user have open on the server, in words that begin with {@code transaction} or {@code lock}. */
    abstract String openThings(String user);

    @BeforeEach
    void prepare() throws Exception {
        table = LiveTable.create(server(), ROWS);
    }

    @AfterEach
    void close() {
        table.close();
    }

    @Test
    void theSuccessorOfAKilledSweepGoesOnFromWhatItSavedAndFindsWhatWasSpoiledOnEitherSide() throws Exception {
        assertThat(killedSweep()).as("%s", said()).isEqualTo(SweepProcess.KILLED);
        VerificationState saved = table.database()
                .control()
                .verification()
                .find(table.plan().id())
                .orElseThrow();
        assertThat(saved.swept()).isFalse();
        assertThat(saved.rows()).isBetween(1L, ROWS - 1L);
        assertThat(saved.after()).isEqualTo(key(saved.rows()));
        long ahead = saved.rows() + 1;
        // Where it had been the application writes on; one of the changes is lost although it was applied.
        execute("UPDATE " + table.plan().source().table() + " SET note = 'changed' WHERE id IN (7, 8)");
        table.pipeline().publish(List.of(key(7), key(8)));
        table.fence().pass(LIMIT);
        String shadow = table.shadow();
        execute("UPDATE " + shadow + " SET note = 'spoiled' WHERE id = 7");
        execute("DELETE FROM " + shadow + " WHERE id = " + ahead);
        execute("UPDATE " + shadow + " SET note = '' WHERE id = " + ROWS);

        List<KeyRange> compared = new ArrayList<>();
        List<Mismatch> reported = new ArrayList<>();
        Comparer watched = new WatchedComparer(table.database().comparer(table.plan())) {
            @Override
            public ChunkComparison compare(KeyRange range) {
                compared.add(range);
                return super.compare(range);
            }
        };
        VerificationReport report = verification(
                        table.database(), watched, reported, VerifySettings.DEFAULT, FaultPoints.NONE)
                .run();
        assertThat(compared.get(0).lowerExclusive()).isEqualTo(saved.after());
        assertThat(compared).extracting(KeyRange::lowerExclusive).doesNotContainNull();
        assertThat(report.rowsCompared()).isEqualTo(ROWS);
        assertThat(report.isClean()).as(report.message()).isTrue();
        assertThat(reported)
                .filteredOn(each -> each.classification() == Classification.REPAIRED)
                .extracting(Mismatch::key)
                .containsExactlyInAnyOrder(key(7), key(ahead), key(ROWS));
    }

    /**
     * All rows are locked meanwhile, so that whoever asked for more than to read would wait, in whatever statement; and
     * nothing may be open behind one, so no snapshot is older than a statement.
     */
    @Test
    void itReadsWhatOthersHaveLockedAndLeavesNoLockAndNoSnapshotBehindAnyStatement() throws Exception {
        String source = table.plan().source().table();
        String shadow = table.shadow();
        execute("DELETE FROM " + shadow + " WHERE id = 77");
        execute("UPDATE " + shadow + " SET total = total + 1 WHERE id = 2500");
        String user = "sweeps_" + table.plan().id();
        for (String statement : createUser(user)) {
            execute(statement);
        }
        try (Database own = open(user);
                Connection application = connect(server().user());
                Connection looking = connect(server().user())) {
            assertIsSeen(user, looking, locksThatLetReadersPass(source, shadow));
            application.setAutoCommit(false);
            try (Statement locks = application.createStatement()) {
                for (String lock : locksThatLetReadersPass(source, shadow)) {
                    locks.execute(lock);
                }
            }
            List<String> open = new ArrayList<>();
            List<String> parts = new ArrayList<>();
            Looking comparer = new Looking(own.comparer(table.plan()), () -> open.addAll(open(looking, user)));
            List<Mismatch> reported = new ArrayList<>();
            VerificationReport report = verification(
                            own,
                            comparer,
                            reported,
                            new VerifySettings(RepairMode.OFF, 0, MismatchPayload.REDACTED),
                            point -> {
                                parts.add(point);
                                open.addAll(open(looking, user));
                            })
                    .run();
            assertThat(open).isEmpty();
            assertThat(parts).contains("verify.swept-part");
            assertThat(report.rowsCompared()).isEqualTo(ROWS);
            assertThat(reported).extracting(Mismatch::key).containsExactly(key(77), key(2500));
            application.rollback();
        } finally {
            execute(dropUser(user));
        }
    }

    /** Or the test would find nothing because it cannot see anything. */
    private void assertIsSeen(String user, Connection looking, List<String> locks) throws SQLException {
        assertThat(open(looking, user)).isEmpty();
        try (Connection connection = connect(user);
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (String lock : locks) {
                statement.execute(lock);
            }
            assertThat(open(looking, user))
                    .anyMatch(each -> each.startsWith("transaction"))
                    .anyMatch(each -> each.startsWith("lock"));
            connection.rollback();
        }
    }

    private List<String> open(Connection looking, String user) {
        List<String> found = new ArrayList<>();
        try (Statement statement = looking.createStatement();
                ResultSet rows = statement.executeQuery(openThings(user))) {
            while (rows.next()) {
                found.add(rows.getString(1));
            }
        } catch (SQLException e) {
            throw new IllegalStateException("cannot see what is open", e);
        }
        return found;
    }

    /** Looks at the server behind every statement. */
    private static final class Looking extends WatchedComparer {
        private final Runnable look;

        Looking(Comparer comparer, Runnable look) {
            super(comparer);
            this.look = look;
        }

        @Override
        public Optional<RowKey> chunkEnd(@Nullable RowKey lowerExclusive, int rows) {
            return looked(super.chunkEnd(lowerExclusive, rows));
        }

        @Override
        public ChunkComparison compare(KeyRange range) {
            return looked(super.compare(range));
        }

        @Override
        public List<RowKey> differingKeys(KeyRange range, int most) {
            return looked(super.differingKeys(range, most));
        }

        @Override
        public List<RowDifference> differences(List<RowKey> keys, Values values) {
            return looked(super.differences(keys, values));
        }

        private <T> T looked(T result) {
            look.run();
            return result;
        }
    }

    /** On the table as it is now owned, by a new owner. */
    private Verification verification(
            Database database,
            Comparer comparer,
            List<Mismatch> reported,
            VerifySettings choices,
            FaultPoints faultPoints) {
        long epoch = database.control().migrations().takeOver(table.plan().id(), "successor");
        Verification made = new Verification(
                VerificationSettings.of(table.plan(), SweepProcess.CHUNK, choices),
                table.surroundings(comparer, List.of(reported::add)),
                VerificationStore.of(
                        database.control().verification(), table.plan().id(), epoch, faultPoints));
        made.open();
        return made;
    }

    private int killedSweep() throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(ChildJvm.command(SweepProcess.class, "256m", "dev.shoofly.verifier.VerificationPass"));
        command.addAll(List.of(
                server().jdbcUrl(),
                server().user(),
                TestServers.kafka().bootstrapServers(),
                table.plan().id().value(),
                "1"));
        return ChildJvm.run(
                command, Map.of(SweepProcess.PASSWORD, server().password()), directory.resolve("sweep.log"), LIMIT);
    }

    private String said() throws IOException {
        return Files.readString(directory.resolve("sweep.log"));
    }

    private static RowKey key(long id) {
        return RowKey.of(Long.toString(id));
    }

    private Database open(String user) {
        return Databases.open(
                new ConnectionProfile(server().jdbcUrl(), user, new Secret(server().password())), 10, FaultPoints.NONE);
    }

    private Connection connect(String user) throws SQLException {
        return DriverManager.getConnection(server().jdbcUrl(), user, server().password());
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = connect(server().user());
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
