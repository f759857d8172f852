package dev.shoofly.verifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.shoofly.database.Comparer.Kind;
import dev.shoofly.database.Comparer.Reproduction;
import dev.shoofly.database.Comparer.Sides;
import dev.shoofly.database.Database;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MismatchPayload;
import dev.shoofly.model.RepairMode;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.VerifySettings;
import dev.shoofly.servers.DatabaseServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the verification promises on every database, with a real applier and a real topic. */
@Timeout(120)
abstract class VerificationContract {
    private static final int ROWS = 5_000;
    private static final int HOT_ROWS = 20;
    private LiveTable table;

    abstract DatabaseServer server();

    @BeforeEach
    void prepare() throws Exception {
        table = LiveTable.create(server(), ROWS);
    }

    @AfterEach
    void close() {
        table.close();
    }

    @Test
    void aTableInStepIsClean() {
        VerificationReport report = verify(new ArrayList<>());
        assertThat(report.isClean()).as(report.message()).isTrue();
        assertThat(report.rowsCompared()).isEqualTo(ROWS);
    }

    @Test
    void findsEveryKindOfCorruption() throws SQLException {
        corrupt();
        List<Mismatch> reported = new ArrayList<>();
        VerificationReport report = verify(reported);
        assertThat(report.complete()).isTrue();
        assertCorruptionIsReported(reported);
        for (Mismatch each : reported) {
            assertReproducible(each);
            assertThat(each.evidence().logPosition()).isNotEmpty();
        }
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet count = statement.executeQuery(
                        "SELECT count(*) FROM shoofly.validation_details WHERE migration_id = '" + plan().id() + "'")) {
            count.next();
            assertThat(count.getInt(1)).isEqualTo(6);
        }
    }

    @Test
    void underWritesItReportsThePlantedRowsAndNoOthers() throws Exception {
        corrupt();
        for (int writer = 0; writer < 2; writer++) {
            table.pipeline().startWriter(this::connect, 1 + writer * HOT_ROWS, HOT_ROWS, new Random(writer));
        }
        long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        int passes = 0;
        while (System.nanoTime() < end) {
            List<Mismatch> reported = new ArrayList<>();
            VerificationReport report = verify(reported);
            assertCorruptionIsReported(reported);
            assertThat(report.undecidedCount()).as(report.message()).isZero();
            passes++;
        }
        assertPlantedRowsAreRepaired();
        table.pipeline().stopWriters();
        assertThat(passes).isPositive();
        assertThat(table.pipeline().writes()).isGreaterThan(500);
        assertThat(verify(new ArrayList<>()).isClean()).isTrue();
    }

    private void assertPlantedRowsAreRepaired() {
        List<Mismatch> reported = new ArrayList<>();
        VerificationReport report = verify(reported, VerifySettings.DEFAULT);
        assertThat(report.isClean()).as(report.message()).isTrue();
        assertThat(report.repairedCount()).isEqualTo(6);
        assertThat(reported)
                .filteredOn(each -> each.classification() == Classification.REPAIRED)
                .extracting(Mismatch::key)
                .extracting(RowKey::toString)
                .containsExactlyInAnyOrder("1001", "99999", "2002", "3002", "4004", "4500");
    }

    /** On rows that nobody writes, past the log: no applier will put them right. */
    private void corrupt() throws SQLException {
        String shadow = table.shadow();
        execute("DELETE FROM " + shadow + " WHERE id = 1001");
        execute("INSERT INTO " + shadow + " (id, customer, total, note) VALUES (99999, 'nobody', 1, NULL)");
        execute("UPDATE " + shadow + " SET total = total + 1 WHERE id = 2002");
        execute("UPDATE " + shadow + " SET note = '' WHERE id = 3002");
        execute("UPDATE " + shadow + " SET customer = 'customer 4004 ' WHERE id = 4004");
        execute("UPDATE " + shadow + " SET customer = 'Customer 4500' WHERE id = 4500");
    }

    private static void assertCorruptionIsReported(List<Mismatch> reported) {
        assertThat(reported)
                .extracting(Mismatch::key, Mismatch::kind, Mismatch::columns)
                .containsExactlyInAnyOrder(
                        tuple(RowKey.of("1001"), Kind.MISSING, List.of()),
                        tuple(RowKey.of("99999"), Kind.EXTRA, List.of()),
                        tuple(RowKey.of("2002"), Kind.DIFFERS, List.of("total")),
                        tuple(RowKey.of("3002"), Kind.DIFFERS, List.of("note")),
                        tuple(RowKey.of("4004"), Kind.DIFFERS, List.of("customer")),
                        tuple(RowKey.of("4500"), Kind.DIFFERS, List.of("customer")));
        Map<String, Sides> values = new HashMap<>();
        reported.forEach(each -> values.put(each.key() + "", each.row().values().get("note")));
        assertThat(values.get("1001")).isEqualTo(new Sides("note", null));
        assertThat(values.get("99999")).isEqualTo(new Sides(null, null));
        assertThat(values.get("3002")).isEqualTo(new Sides(null, ""));
        assertThat(values.get("4500")).as("a column that does not differ").isNull();
    }

    /** What a person runs shows what was reported. */
    private void assertReproducible(Mismatch mismatch) throws SQLException {
        Reproduction statements = database().comparer(plan()).reproduce(mismatch.row());
        for (String column : mismatch.row().values().keySet()) {
            Sides sides = mismatch.row().values().get(column);
            assertThat(shown(statements.source(), column)).isEqualTo(sides.source());
            assertThat(shown(statements.shadow(), column)).isEqualTo(sides.shadow());
        }
    }

    private @Nullable String shown(String statement, String column) throws SQLException {
        try (Connection connection = connect();
                Statement running = connection.createStatement();
                ResultSet row = running.executeQuery(statement)) {
            return row.next() ? row.getString(column) : null;
        }
    }

    private VerificationReport verify(List<Mismatch> reported) {
        return verify(reported, new VerifySettings(RepairMode.OFF, 0, MismatchPayload.FULL));
    }

    private VerificationReport verify(List<Mismatch> reported, VerifySettings choices) {
        try (MismatchTopic topic = new MismatchTopic(
                table.kafka(), plan(), database().comparer(plan())::reproduce, java.time.InstantSource.system())) {
            return new VerificationPass(
                            VerificationSettings.of(plan(), 500, choices),
                            table.surroundings(
                                    database().comparer(plan()),
                                    List.of(
                                            reported::add,
                                            topic,
                                            new ValidationDetails(
                                                    database().control().validation(), plan().id()))),
                            VerificationPosition.START)
                    .run();
        }
    }

    private Database database() {
        return table.database();
    }

    private MigrationPlan plan() {
        return table.plan();
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(server().jdbcUrl(), server().user(), server().password());
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
