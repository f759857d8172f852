package dev.shoofly.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.shoofly.servers.DatabaseServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The verbs against a server that the tool did not start, in JVMs of their own, while somebody else writes. */
abstract class CliMigrateContract {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final Duration POLL = Duration.ofMillis(50);
    private static final int ROWS = 10_000;
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path directory;

    private final Map<Long, Long> initial = new TreeMap<>();

    abstract DatabaseServer server();

    /** An ALTER that keeps columns id and amount. */
    abstract String alter();

    @BeforeEach
    void createTheTable() throws SQLException {
        execute("DROP TABLE IF EXISTS t");
        execute("CREATE TABLE t (id int NOT NULL PRIMARY KEY, amount int NOT NULL)");
        try (Connection connection = connect();
                PreparedStatement insert = connection.prepareStatement("INSERT INTO t (id, amount) VALUES (?, ?)")) {
            connection.setAutoCommit(false);
            for (long id = 1; id <= ROWS; id++) {
                initial.put(id, id * 7);
                insert.setLong(1, id);
                insert.setLong(2, id * 7);
                insert.addBatch();
            }
            insert.executeBatch();
            connection.commit();
        }
    }

    @AfterEach
    void removeWhatWasMade() throws SQLException, IOException {
        for (String table : tables()) {
            if (table.matches("t|_t_.*_(new|old|old2|undone)")) {
                execute("DROP TABLE " + table);
            }
        }
        assertThat(textsBelow(directory))
                .as("no secret is written anywhere")
                .noneMatch(text -> text.contains(server().password()));
    }

    @Test
    void migratesWhileSomebodyElseWritesAndKeepsTheOldTable() throws Exception {
        Map<Long, Long> expected;
        try (TableWriter writer = TableWriter.start(server(), "t", initial)) {
            try (ShooflyProcess migrate = start("--cutover", "auto")) {
                assertThat(migrate.exitCode(LIMIT)).as(migrate.err()).isZero();
                assertThat(migrate.out()).isEmpty();
                assertThat(migrate.err()).contains("is complete").doesNotContain("\u001b");
            }
            long soFar = writer.writes();
            await("writes after the swap", () -> writer.writes() > soFar + 50);
            expected = writer.stop();
        }

        assertThat(rows("t")).isEqualTo(expected);
        JsonNode status = json("status", "--json");
        assertThat(status.get("state").asText()).isEqualTo("COMPLETED");
        assertThat(tables())
                .contains("_t_" + status.get("id").asText() + "_old")
                .noneMatch(table -> table.endsWith("_new"));
    }

    @Test
    void isWatchedPausedAndCutOverFromAnotherTerminal() throws Exception {
        try (TableWriter writer = TableWriter.start(server(), "t", initial)) {
            try (ShooflyProcess migrate = start("--cutover", "manual")) {
                awaitState(migrate, "READY");
                JsonNode status = json("status", "t", "--json");
                String id = status.get("id").asText();
                assertThat(status.get("table").asText()).endsWith(".t");
                assertThat(status.get("strategy").asText()).isEqualTo("SHADOW");
                assertThat(status.get("progress").get("percent").asDouble()).isEqualTo(100);
                assertThat(status.get("progress").get("rowsTotal").asLong()).isPositive();
                assertThat(status.get("lagMillis").asLong()).isNotNegative();
                assertThat(status.get("rollback").asText()).isEqualTo("SAFE");
                assertThat(status.get("createdAt").asText()).matches("\\d{4}-\\d\\d-\\d\\dT.*Z");
                assertThat(status.get("running").asBoolean()).isTrue();
                assertThat(json("list", "--json").get(0).get("id").asText()).isEqualTo(id);
                assertThat(tables()).contains("_t_" + id + "_new");

                JsonNode verified = verify("t", "--sample", "10%", "--json");
                assertThat(verified.get("comparison").get("mismatches").asLong())
                        .isZero();
                assertThat(verified.get("comparison").get("unsettled").asLong()).isZero();
                assertThat(verified.get("comparison").get("rowsCompared").asLong())
                        .isPositive();
                assertThat(verified.get("gates").findValuesAsText("name")).contains("lag", "transactions", "rows");

                readsAreReplayed();

                refused("t", "ADD COLUMN other int", "already under migration");
                assertThat(run("pause")).isZero();
                awaitState(migrate, "PAUSED");
                assertThat(run("resume")).isZero();
                awaitState(migrate, "READY");
                assertThat(run("cutover", "t")).isZero();

                assertThat(migrate.exitCode(LIMIT)).as(migrate.err()).isZero();
            }
            Map<Long, Long> expected = writer.stop();
            assertThat(rows("t")).isEqualTo(expected);
        }
    }

    @Test
    void isHeldShownAndLetGoFromAnotherTerminal() throws Exception {
        Path flag = Files.createFile(directory.resolve("stop-copying"));
        try (ShooflyProcess migrate =
                start("--throttle-flag-file", flag.toString(), "--throttle-io", "90", "--copy-threads", "2")) {
            awaitState(migrate, "COPYING");
            await("the flag file", () -> throttled().contains("flag file " + flag + " exists"));
            JsonNode throttle = json("throttle", "--json");
            assertThat(throttle.get("fraction").asDouble()).isZero();
            assertThat(throttle.get("heldBackBy").asText()).isEqualTo("flag file " + flag + " exists");
            assertThat(throttle.get("signals").get(0).get("signal").asText()).isEqualTo("flag_file");
            assertThat(throttle.get("settings").get("throttle-io").asText()).isEqualTo("90");
            assertThat(throttle.get("settings").get("copy-threads").asText()).isEqualTo("2");
            assertThat(json("status", "--json")
                            .get("throttle")
                            .get("heldBackBy")
                            .asText())
                    .contains("exists");

            refusesAndChangesNothing("throttle", "t", "--throttle-query", "SELECT no_such_column");
            JsonNode changed = json("throttle", "t", "--throttle-flag-file", "none", "--throttle-io", "100", "--json");
            assertThat(changed.get("settings").get("throttle-flag-file").asText())
                    .isEqualTo("none");
            assertThat(changed.get("settings").get("copy-threads").asText()).isEqualTo("2");
            assertThat(migrate.exitCode(LIMIT)).as(migrate.err()).isZero();
            assertThat(migrate.err()).contains("HELD BACK: flag file " + flag + " exists");
        }
        assertThat(json("status", "--json")
                        .get("throttle")
                        .get("throttledMillis")
                        .asLong())
                .isPositive();
    }

    private void refusesAndChangesNothing(String... words) throws Exception {
        String before = json("throttle", "--json").get("settings").toString();
        try (ShooflyProcess verb = ShooflyProcess.start(directory, Map.of("PW", server().password()), List.of(words))) {
            assertThat(verb.exitCode(LIMIT)).isEqualTo(1);
            assertThat(verb.out()).isEmpty();
            assertThat(verb.err()).contains("was not changed").contains("no_such_column");
        }
        assertThat(json("throttle", "--json").get("settings")).hasToString(before);
    }

    private String throttled() {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT held_back_by FROM shoofly.throttle t"
                        + " JOIN shoofly.migrations m ON m.id = t.migration_id WHERE m.active_table IS NOT NULL")) {
            return row.next() ? String.valueOf(row.getString(1)) : "";
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void detachesWhenReadyAndFinishesWithCutover() throws Exception {
        try (ShooflyProcess migrate = start("--cutover", "manual", "--detach")) {
            assertThat(migrate.exitCode(LIMIT)).as(migrate.err()).isZero();
        }
        execute("INSERT INTO t (id, amount) VALUES (30000, 1)");
        JsonNode idle = verify("t", "--keys", "29999,30000", "--json");
        assertThat(idle.get("ready").asBoolean()).isFalse();
        assertThat(idle.get("reasons").toString()).contains("process: no process runs it");
        assertThat(idle.get("comparison").get("mismatches").asLong()).isZero();
        assertThat(idle.get("comparison").get("unsettledKeys").get(0).asText()).isEqualTo("30000");
        assertThat(idle.get("comparison").get("absentKeys").get(0).asText()).isEqualTo("29999");
        initial.put(30_000L, 1L);

        assertThat(run("cutover")).isZero();

        assertThat(state()).isEqualTo("COMPLETED");
        assertThat(rows("t")).isEqualTo(initial);
    }

    @Test
    void keepsItsStateWhenInterruptedAndIsContinuedByTheSameCommand() throws Exception {
        try (TableWriter writer = TableWriter.start(server(), "t", initial)) {
            try (ShooflyProcess migrate = start("--cutover", "manual")) {
                awaitState(migrate, "READY");
                migrate.interrupt();
                assertThat(migrate.exitCode(Duration.ofSeconds(40))).isEqualTo(130);
                assertThat(migrate.err()).contains("its state is kept").contains("shoofly resume");
            }
            JsonNode status = json("status", "--json");
            assertThat(status.get("running").asBoolean()).isFalse();
            try (ShooflyProcess again = start("--cutover", "manual")) {
                awaitState(again, "READY");
                await("its owner", () -> json("status", "--json").get("running").asBoolean());
                assertThat(json("status", "--json").get("id")).isEqualTo(status.get("id"));
                assertThat(run("cutover")).isZero();
                assertThat(again.exitCode(LIMIT)).as(again.err()).isZero();
            }
            Map<Long, Long> expected = writer.stop();
            assertThat(rows("t")).isEqualTo(expected);
        }
    }

    @Test
    void cancelsARunningMigrationAndLeavesNothingOfIt() throws Exception {
        String id;
        try (ShooflyProcess migrate = start("--cutover", "manual")) {
            awaitState(migrate, "READY");
            id = json("status", "--json").get("id").asText();
            assertThat(run("cancel", "t")).isZero();
            assertThat(migrate.exitCode(LIMIT)).isEqualTo(4);
        }

        assertThat(tables()).contains("t").noneMatch(table -> table.contains(id));
        assertThat(rows("t")).isEqualTo(initial);
        assertThat(directory.resolve(".shoofly/kafka").resolve(id)).doesNotExist();
    }

    @Test
    void goesForwardAgainAfterARollbackThatWasKept() throws Exception {
        List<String> words = migrateWords("t", alter());
        words.set(words.indexOf("0s"), "1h");
        words.addAll(List.of("--cutover", "auto"));
        try (TableWriter writer = TableWriter.start(server(), "t", initial);
                ShooflyProcess migrate = ShooflyProcess.start(directory, Map.of("PW", server().password()), words)) {
            awaitState(migrate, "CUTOVER");
            String id = json("status", "--json").get("id").asText();
            await("the rollback window", () -> migrate.err().contains("'rollback " + id));
            assertThat(run("rollback", "t", "--keep", "1h")).isZero();
            awaitState(migrate, "READY");
            JsonNode status = json("status", "t", "--json");
            assertThat(status.get("forwardUntil").asText()).matches("\\d{4}-\\d\\d-\\d\\dT.*Z");
            assertThat(status.get("shadow").asText()).endsWith("_undone");
            assertThat(run("cutover", "t")).isZero();
            awaitState(migrate, "CUTOVER");
            assertThat(run("complete", "t")).isZero();
            assertThat(migrate.exitCode(LIMIT)).as(migrate.err()).isZero();
            Map<Long, Long> expected = writer.stop();
            assertThat(rows("t")).isEqualTo(expected);
            assertThat(tables()).contains("_t_" + id + "_old2").noneMatch(table -> table.contains(id + "_undone"));
        }
    }

    /** The log of the process that performs it is elsewhere. */
    @Test
    void whoeverWaitsForARollbackSeesWhoHoldsItBackAndWhatToDo() throws Exception {
        List<String> words = migrateWords("t", alter());
        words.set(words.indexOf("0s"), "1h");
        words.addAll(List.of("--cutover", "auto"));
        try (ShooflyProcess migrate = ShooflyProcess.start(directory, Map.of("PW", server().password()), words);
                Connection report = connect();
                Statement statement = report.createStatement()) {
            awaitState(migrate, "CUTOVER");
            String id = json("status", "--json").get("id").asText();
            await("the rollback window", () -> migrate.err().contains("'rollback " + id));
            assertThat(json("status", "t", "--json").get("gates"))
                    .as("no swap is to come")
                    .isEmpty();
            report.setAutoCommit(false);
            statement.executeQuery("SELECT count(*) FROM t").close();
            try (ShooflyProcess rollback =
                    ShooflyProcess.start(directory, Map.of("PW", server().password()), List.of("rollback", "t"))) {
                await("what it waits for", () -> {
                    assertThat(rollback.isAlive()).as(rollback.err()).isTrue();
                    return rollback.err().contains("rollback waits for holders: ");
                });
                assertThat(rollback.err()).contains("To do: let it end", "'complete " + id + "' withdraws it");
                assertThat(text("status", "t"))
                        .containsPattern("- holders +SHUT: .*To do: let it end")
                        .contains(", asked for");
                report.rollback();
                assertThat(rollback.exitCode(LIMIT)).as(rollback.err()).isZero();
            }
            assertThat(migrate.exitCode(LIMIT)).as(migrate.err()).isEqualTo(4);
            assertThat(json("status", "t", "--json").get("gates")).isEmpty();
            assertThat(rows("t")).isEqualTo(initial);
        }
    }

    @Test
    void cancelsAMigrationWhoseProcessWasKilled() throws Exception {
        try (ShooflyProcess migrate = start("--cutover", "manual")) {
            awaitState(migrate, "READY");
            migrate.kill();
        }
        String id = json("status", "--json").get("id").asText();

        assertThat(run("cancel", id)).isZero();

        assertThat(tables()).contains("t").noneMatch(table -> table.contains(id));
        assertThat(directory.resolve(".shoofly/kafka").resolve(id)).doesNotExist();
    }

    @Test
    void refusesWhatCannotBeMigratedAndChangesNothing() throws Exception {
        refused("nowhere", alter(), "nowhere");
        refused("t", "ADD COLUMN id int", "id");
        refused("t", "RENAME TO other", "rename");
        assertThat(rows("t")).isEqualTo(initial);
        assertThat(tables()).noneMatch(table -> table.endsWith("_new"));
    }

    private void refused(String table, String alter, String word) throws Exception {
        try (ShooflyProcess migrate = startOn(table, alter, server().password())) {
            assertThat(migrate.exitCode(LIMIT)).as(migrate.err()).isEqualTo(1);
            assertThat(migrate.out()).isEmpty();
            assertThat(migrate.err()).containsIgnoringCase(word).doesNotContain("\tat ");
        }
    }

    @Test
    void namesTheUserAndNeverThePasswordWhenTheServerRefusesTheLogin() throws Exception {
        try (ShooflyProcess migrate = startOn("t", alter(), "wrong-geheim-42")) {
            assertThat(migrate.exitCode(LIMIT)).isEqualTo(1);
            assertThat(migrate.err()).contains(server().user()).doesNotContain("wrong-geheim-42");
        }
        assertThat(directory.resolve(".shoofly/connection.properties")).doesNotExist();
        assertThat(textsBelow(directory)).noneMatch(text -> text.contains("wrong-geheim-42"));
    }

    private ShooflyProcess start(String... more) throws IOException {
        List<String> words = migrateWords("t", alter());
        words.addAll(List.of(more));
        return ShooflyProcess.start(directory, Map.of("PW", server().password()), words);
    }

    private ShooflyProcess startOn(String table, String alter, String password) throws IOException {
        return ShooflyProcess.start(directory, Map.of("PW", password), migrateWords(table, alter));
    }

    private List<String> migrateWords(String table, String alter) {
        return new ArrayList<>(List.of(
                "migrate",
                "--rollback-window",
                "0s",
                "--url",
                server().jdbcUrl(),
                "--user",
                server().user(),
                "--password-env",
                "PW",
                "--table",
                table,
                "--alter",
                alter,
                "--strategy",
                "shadow"));
    }

    /** Another verb, with nothing but what the data directory remembers. */
    private int run(String... words) throws Exception {
        try (ShooflyProcess verb = ShooflyProcess.start(directory, Map.of("PW", server().password()), List.of(words))) {
            int code = verb.exitCode(LIMIT);
            assertThat(code).as(verb.err()).isZero();
            return code;
        }
    }

    /** Whatever it says of the swap: how quick the machine is decides that. */
    private JsonNode verify(String... more) throws Exception {
        List<String> words = new ArrayList<>(List.of("verify"));
        words.addAll(List.of(more));
        try (ShooflyProcess verb = ShooflyProcess.start(directory, Map.of("PW", server().password()), words)) {
            assertThat(verb.exitCode(LIMIT)).as(verb.err()).isIn(0, 1);
            assertThat(verb.out()).as(verb.err()).isNotEmpty();
            return JSON.readTree(verb.out());
        }
    }

    private void readsAreReplayed() throws IOException {
        Path reads = directory.resolve("reads.sql");
        Files.writeString(
                reads, "SELECT count(*) FROM t WHERE id > 4711;\nSELECT amount FROM t WHERE id = 4711 FOR UPDATE;\n");
        JsonNode replayed =
                json("shadow-traffic", "t", "--from", reads.toString(), "--for", "1s", "--rate", "20/s", "--json");
        assertThat(replayed.get("consistencyPercent").asDouble()).isEqualTo(100);
        assertThat(replayed.get("times").get("deltaP50Millis").isNumber()).isTrue();
        assertThat(replayed.get("refused").asInt()).isEqualTo(1);
        assertThat(replayed.get("statements").get(0).get("digest").asText())
                .isEqualTo("SELECT count(*) FROM t WHERE id > ?");
        assertThat(replayed.toString()).doesNotContain("4711");
        JsonNode told = json("status", "t", "--json").get("reads");
        assertThat(told.get("consistencyPercent").asDouble()).isEqualTo(100);
        assertThat(told.get("statements").asInt()).isEqualTo(2);
    }

    private JsonNode json(String... words) {
        try {
            return JSON.readTree(text(words));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private String text(String... words) {
        try (ShooflyProcess verb = ShooflyProcess.start(directory, Map.of("PW", server().password()), List.of(words))) {
            assertThat(verb.exitCode(LIMIT)).as(verb.err()).isZero();
            return verb.out();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Straight from the control tables: a JVM per look would be slow. */
    private String state() {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT state FROM shoofly.migrations WHERE source_table = 't' ORDER BY created_at DESC")) {
            return row.next() ? row.getString(1) : "";
        } catch (SQLException e) {
            // The control tables are not there yet.
            return "";
        }
    }

    private void awaitState(ShooflyProcess runner, String wanted) {
        await(wanted, () -> {
            assertThat(runner.isAlive())
                    .as("ended instead of %s: %s", wanted, runner.err())
                    .isTrue();
            return state().equals(wanted);
        });
    }

    private static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("still waiting for " + what).isLessThan(deadline);
            LockSupport.parkNanos(POLL.toNanos());
        }
    }

    private Map<Long, Long> rows(String table) throws SQLException {
        Map<Long, Long> rows = new TreeMap<>();
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT id, amount FROM " + table)) {
            while (row.next()) {
                rows.put(row.getLong(1), row.getLong(2));
            }
        }
        return rows;
    }

    private List<String> tables() throws SQLException {
        List<String> names = new ArrayList<>();
        try (Connection connection = connect();
                ResultSet tables = connection
                        .getMetaData()
                        .getTables(connection.getCatalog(), null, "%", new String[] {"TABLE"})) {
            while (tables.next()) {
                names.add(tables.getString("TABLE_NAME"));
            }
        }
        return names;
    }

    private static List<String> textsBelow(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            List<String> texts = new ArrayList<>();
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                texts.add(Files.readString(file, java.nio.charset.StandardCharsets.ISO_8859_1));
            }
            return texts;
        }
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(server().jdbcUrl(), server().user(), server().password());
    }
}
