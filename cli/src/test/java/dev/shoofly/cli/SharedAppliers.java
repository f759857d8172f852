package dev.shoofly.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.io.IOException;
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

/** A table {@code t(id, amount)}, a migration of it that leaves the applying to others, and appliers: all real processes. */
final class SharedAppliers {
    static final Duration LIMIT = Duration.ofMinutes(3);
    private static final int ROWS = 10_000;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final DatabaseServer server;
    private final String bootstrapServers;
    private final Path directory;
    private final Map<Long, Long> initial = new TreeMap<>();

    /** What one partition's progress row says. */
    record Row(int partition, long epoch, long nextOffset, long marker, long keysApplied) {}

    SharedAppliers(DatabaseServer server, Path directory) throws SQLException {
        this(server, directory, ROWS);
    }

    SharedAppliers(DatabaseServer server, Path directory, int rows) throws SQLException {
        this(server, TestServers.kafka().bootstrapServers(), directory, rows);
    }

    SharedAppliers(DatabaseServer server, String bootstrapServers, Path directory) throws SQLException {
        this(server, bootstrapServers, directory, ROWS);
    }

    private SharedAppliers(DatabaseServer server, String bootstrapServers, Path directory, int rows)
            throws SQLException {
        this.server = server;
        this.bootstrapServers = bootstrapServers;
        this.directory = directory;
        for (String table : leftOver()) {
            execute("DROP TABLE " + table);
        }
        execute("CREATE TABLE t (id int NOT NULL PRIMARY KEY, amount int NOT NULL)");
        try (Connection connection = connect();
                PreparedStatement insert = connection.prepareStatement("INSERT INTO t (id, amount) VALUES (?, ?)")) {
            connection.setAutoCommit(false);
            for (long id = 1; id <= rows; id++) {
                initial.put(id, id);
                insert.setLong(1, id);
                insert.setLong(2, id);
                insert.addBatch();
            }
            insert.executeBatch();
            connection.commit();
        }
    }

    /** Of an earlier test, and of its migration. */
    private List<String> leftOver() throws SQLException {
        List<String> names = new ArrayList<>();
        try (Connection connection = connect();
                ResultSet tables = connection
                        .getMetaData()
                        .getTables(connection.getCatalog(), null, "%", new String[] {"TABLE"})) {
            while (tables.next()) {
                String name = tables.getString("TABLE_NAME");
                if (name.matches("t|_t_.*_(new|old|undone)")) {
                    names.add(name);
                }
            }
        }
        return names;
    }

    String bootstrapServers() {
        return bootstrapServers;
    }

    Map<Long, Long> initial() {
        return initial;
    }

    ShooflyProcess migrate(String alter, String... more) throws IOException {
        return migrate(Map.of(), alter, more);
    }

    ShooflyProcess migrate(Map<String, String> environment, String alter, String... more) throws IOException {
        List<String> words = words(
                "migrate",
                "--table",
                "t",
                "--alter",
                alter,
                "--strategy",
                "shadow",
                "--cutover",
                "manual",
                "--partitions",
                "6",
                "--applier-threads",
                "0");
        words.addAll(List.of(more));
        if (!words.contains("--rollback-window")) {
            words.addAll(List.of("--rollback-window", "0s"));
        }
        return start(environment, words);
    }

    ShooflyProcess serve(Map<String, String> environment, String... more) throws IOException {
        return serveAs("applier", environment, more);
    }

    ShooflyProcess serveAs(String roles, Map<String, String> environment, String... more) throws IOException {
        List<String> words = words("serve", "--roles", roles);
        words.addAll(List.of(more));
        return start(environment, words);
    }

    private ShooflyProcess start(Map<String, String> environment, List<String> words) throws IOException {
        Map<String, String> all = new TreeMap<>(environment);
        all.put("PW", server.password());
        return ShooflyProcess.start(directory, all, words);
    }

    private List<String> words(String... first) {
        List<String> words = new ArrayList<>(List.of(first));
        words.addAll(List.of(
                "--url",
                server.jdbcUrl(),
                "--user",
                server.user(),
                "--password-env",
                "PW",
                "--bootstrap-servers",
                bootstrapServers));
        return words;
    }

    /** Another verb, with nothing but what the data directory remembers. */
    String run(String... words) throws IOException, InterruptedException {
        try (ShooflyProcess verb = ShooflyProcess.start(directory, Map.of("PW", server.password()), List.of(words))) {
            assertThat(verb.exitCode(LIMIT)).as(verb.err()).isZero();
            return verb.out();
        }
    }

    JsonNode status() throws IOException, InterruptedException {
        return JSON.readTree(run("status", "--json"));
    }

    String state() {
        return text("SELECT state FROM shoofly.migrations WHERE source_table = 't' ORDER BY created_at DESC");
    }

    String id() {
        return text("SELECT id FROM shoofly.migrations WHERE source_table = 't' ORDER BY created_at DESC");
    }

    private String text(String sql) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            return row.next() ? row.getString(1) : "";
        } catch (SQLException e) {
            // The control tables are not there yet.
            return "";
        }
    }

    void awaitState(ShooflyProcess runner, String wanted) {
        await(wanted, () -> {
            assertThat(runner.isAlive())
                    .as("ended instead of %s: %s", wanted, runner.err())
                    .isTrue();
            return state().equals(wanted);
        });
    }

    static void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("still waiting for " + what).isLessThan(deadline);
            LockSupport.parkNanos(20_000_000);
        }
    }

    List<Row> progress() {
        List<Row> found = new ArrayList<>();
        try (Connection connection = connect();
                PreparedStatement statement = connection.prepareStatement(
                        "SELECT partition_number, epoch, next_offset, marker, keys_applied FROM shoofly.apply_progress"
                                + " WHERE migration_id = ? ORDER BY partition_number")) {
            statement.setString(1, id());
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    found.add(new Row(row.getInt(1), row.getLong(2), row.getLong(3), row.getLong(4), row.getLong(5)));
                }
            }
            return found;
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    /** Instance to its partitions, as they reported last; the dead ones as well. */
    Map<String, List<Integer>> reported() {
        Map<String, List<Integer>> found = new TreeMap<>();
        try (Connection connection = connect();
                PreparedStatement statement = connection.prepareStatement(
                        "SELECT instance, partitions FROM shoofly.appliers WHERE migration_id = ?")) {
            statement.setString(1, id());
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    String text = row.getString(2);
                    found.put(
                            row.getString(1),
                            text.isEmpty()
                                    ? List.of()
                                    : List.of(text.split(",")).stream()
                                            .map(Integer::valueOf)
                                            .toList());
                }
            }
            return found;
        } catch (SQLException e) {
            // The control tables are not there yet.
            return Map.of();
        }
    }

    List<Integer> partitionsOf(ShooflyProcess process) {
        return reported().entrySet().stream()
                .filter(entry -> entry.getKey().endsWith(":" + process.pid()))
                .flatMap(entry -> entry.getValue().stream())
                .toList();
    }

    /** Records of the changes topic that nobody has applied, as the owner measured last. */
    long backlog() {
        String found = text("SELECT backlog FROM shoofly.topic_use WHERE migration_id = '" + id() + "'");
        return found.isEmpty() ? 0 : Long.parseLong(found);
    }

    long number(String sql) {
        return Long.parseLong(text(sql));
    }

    String shadow() {
        return "_t_" + id() + "_new";
    }

    /** A marker that is written now passes every partition. */
    void awaitAllApplied() {
        long marker = marker() + 1;
        await("marker " + marker, () -> progress().stream().allMatch(row -> row.marker() >= marker));
    }

    /** Everything that was written before is compared too: the verifier has no reason to look at these rows again. */
    void awaitAllCompared() {
        long marker = marker() + 1;
        String compared = "SELECT count(*) FROM shoofly.verification WHERE migration_id = '" + id()
                + "' AND open_keys = '[]' AND marker >= " + marker;
        await("the comparison up to marker " + marker, () -> number(compared) == 1);
    }

    long marker() {
        return Long.parseLong(text("SELECT marker FROM shoofly.markers WHERE migration_id = '" + id() + "'"));
    }

    Map<Long, Long> rows(String table) throws SQLException {
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

    void execute(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    DatabaseServer server() {
        return server;
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
    }
}
