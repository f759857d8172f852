package dev.shoofly.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.shoofly.cli.logging.SecretMask;
import dev.shoofly.database.DatabaseKind;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code explain} says what would happen, and leaves nothing behind. */
class ExplainIT {
    @TempDir
    Path directory;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private static DatabaseServer server(DatabaseKind kind) {
        return kind == DatabaseKind.MYSQL ? TestServers.mysql() : TestServers.postgres(PostgresVersion.V17);
    }

    @ParameterizedTest
    @EnumSource(DatabaseKind.class)
    void saysWhyAShadowIsNeededAndWhatItTakes(DatabaseKind kind) throws Exception {
        try (Connection connection = connect(kind);
                Statement statement = connection.createStatement()) {
            create(statement);
            List<String> before = tables(statement);
            int code = explain(
                    kind, kind == DatabaseKind.MYSQL ? "MODIFY amount BIGINT" : "ALTER COLUMN amount TYPE bigint");
            String said = out.toString(StandardCharsets.UTF_8);
            assertThat(code).as(said).isZero();
            assertThat(said)
                    .contains("SHADOW")
                    .contains(kind == DatabaseKind.MYSQL ? "Try ALGORITHM=COPY" : "rewrites the table")
                    .contains("amount bigint: converted", "swap the names", "rows of this table copied in", "SAFE");
            assertThat(tables(statement)).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @EnumSource(DatabaseKind.class)
    void saysFromWhatAColumnIsComputed(DatabaseKind kind) throws Exception {
        try (Connection connection = connect(kind);
                Statement statement = connection.createStatement()) {
            create(statement);
            List<String> before = tables(statement);
            int code = explain(kind, "ADD COLUMN tag varchar(20) NOT NULL", "--transform", "tag=lower(label)");
            String said = out.toString(StandardCharsets.UTF_8);
            assertThat(code).as(said).isZero();
            assertThat(said)
                    .contains("SHADOW", "it computes the column tag (--transform)")
                    .containsPattern("tag .*char.*: computed as .*lower.*label");
            assertThat(tables(statement)).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @EnumSource(DatabaseKind.class)
    void saysWithWhichStatementsTheServerDoesItByItself(DatabaseKind kind) throws Exception {
        try (Connection connection = connect(kind);
                Statement statement = connection.createStatement()) {
            create(statement);
            List<String> before = tables(statement);
            int code = explain(kind, "ADD COLUMN note varchar(20)", "--json");
            JsonNode said = new ObjectMapper().readTree(out.toString(StandardCharsets.UTF_8));
            assertThat(code).isZero();
            assertThat(said.path("strategy").asText()).isEqualTo("INSTANT");
            assertThat(said.path("steps").path(0).path("statements").path(0).asText())
                    .contains("ADD COLUMN note varchar(20)");
            assertThat(said.path("diskBytes").asLong()).isZero();
            assertThat(tables(statement)).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @EnumSource(DatabaseKind.class)
    void saysWhatEachPartOfARequestWouldTake(DatabaseKind kind) throws Exception {
        try (Connection connection = connect(kind);
                Statement statement = connection.createStatement()) {
            create(statement);
            String alter = (kind == DatabaseKind.MYSQL ? "MODIFY amount BIGINT" : "ALTER COLUMN amount TYPE bigint")
                    + ", ADD COLUMN note varchar(20)";
            List<String> before = tables(statement);
            int code = explain(kind, alter, "--split");
            String said = out.toString(StandardCharsets.UTF_8);
            assertThat(code).as(said).isZero();
            assertThat(said)
                    .containsSubsequence(
                            "Part 1 of 2: ADD COLUMN note",
                            "INSTANT",
                            "Part 2 of 2: ",
                            "amount",
                            "SHADOW",
                            "Each part is a migration of its own");
            out.reset();
            assertThat(explain(kind, alter, "--split", "--json")).isZero();
            JsonNode parts = new ObjectMapper()
                    .readTree(out.toString(StandardCharsets.UTF_8))
                    .path("parts");
            assertThat(parts.size()).isEqualTo(2);
            assertThat(parts.path(1).path("strategy").asText()).isEqualTo("SHADOW");
            assertThat(tables(statement)).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @EnumSource(DatabaseKind.class)
    void saysHowLongTheServerMayTakeByASampleOfTheTable(DatabaseKind kind) throws Exception {
        try (Connection connection = connect(kind);
                Statement statement = connection.createStatement()) {
            create(statement);
            int code = explain(kind, "CREATE INDEX explained_by_label ON explained (label)", "--json");
            JsonNode said = new ObjectMapper().readTree(out.toString(StandardCharsets.UTF_8));
            assertThat(code).as("%s", said).isZero();
            assertThat(said.path("strategy").asText()).isEqualTo("ONLINE");
            assertThat(said.path("expectedSeconds").path("measuredBy").asText())
                    .startsWith("100 rows of this table read in");
        }
    }

    @ParameterizedTest
    @EnumSource(DatabaseKind.class)
    void aForeignKeyLocksTheOtherTableTooAndNeedsNoDisk(DatabaseKind kind) throws Exception {
        try (Connection connection = connect(kind);
                Statement statement = connection.createStatement()) {
            create(statement);
            statement.execute("DROP TABLE IF EXISTS explained_parent");
            statement.execute("CREATE TABLE explained_parent (id int PRIMARY KEY)");
            statement.execute("CREATE INDEX explained_by_amount ON explained (amount)");
            String alter = "ADD CONSTRAINT to_parent FOREIGN KEY (amount) REFERENCES explained_parent (id)";
            int code = explain(kind, alter, "--json");
            JsonNode said = new ObjectMapper().readTree(out.toString(StandardCharsets.UTF_8));
            assertThat(code).as("%s", said).isZero();
            assertThat(said.path("strategy").asText()).isEqualTo("ONLINE");
            assertThat(said.path("diskBytes").asLong(-1)).isZero();
            JsonNode other = said.path("steps").path(0).path("alsoLocked").path(0);
            String lock = kind == DatabaseKind.MYSQL ? "exclusive metadata lock" : "SHARE ROW EXCLUSIVE";
            assertThat(other.path("table").asText()).endsWith(".explained_parent");
            assertThat(other.path("lock").asText()).isEqualTo(lock);
            out.reset();
            assertThat(explain(kind, alter)).isZero();
            assertThat(out.toString(StandardCharsets.UTF_8))
                    .contains("(and " + lock + " on " + other.path("table").asText() + "), a moment")
                    .contains("disk needed beside it: none");
            out.reset();
            assertThat(explain(kind, "CREATE INDEX explained_by_label ON explained (label)", "--json"))
                    .isZero();
            assertThat(new ObjectMapper()
                            .readTree(out.toString(StandardCharsets.UTF_8))
                            .path("diskBytes")
                            .asLong())
                    .isPositive();
        }
    }

    @ParameterizedTest
    @EnumSource(DatabaseKind.class)
    void namesWhatAShadowTakesOverAndWhatTheSwapLocksBesides(DatabaseKind kind) throws Exception {
        try (Connection connection = connect(kind);
                Statement statement = connection.createStatement()) {
            boolean mysql = kind == DatabaseKind.MYSQL;
            create(statement);
            statement.execute("CREATE INDEX explained_by_label ON explained (label)");
            statement.execute("ALTER TABLE explained ADD CONSTRAINT explained_positive CHECK (amount > 0)");
            statement.execute("CREATE TABLE explained_child (id int PRIMARY KEY, parent int,"
                    + " CONSTRAINT of_explained FOREIGN KEY (parent) REFERENCES explained (id))");
            if (!mysql) {
                statement.execute("CREATE VIEW explained_view AS SELECT id FROM explained");
            }
            String alter = mysql ? "MODIFY amount BIGINT" : "ALTER COLUMN amount TYPE bigint";
            assertThat(explain(kind, alter, "--json")).isZero();
            JsonNode said = new ObjectMapper().readTree(out.toString(StandardCharsets.UTF_8));
            assertThat(said.path("diskFreeBytes").asLong()).as("%s", said).isPositive();
            out.reset();
            assertThat(explain(kind, alter)).isZero();
            String schema = mysql ? "shop" : "public";
            assertThat(out.toString(StandardCharsets.UTF_8))
                    .containsPattern("indexes: .*explained_by_label")
                    .containsPattern("checks: explained_positive" + System.lineSeparator())
                    .contains("foreign keys to it: of_explained of " + schema + ".explained_child; their rows")
                    .containsPattern("lock: .*and .* on " + schema + ".explained_child[,)]")
                    .contains(mysql ? "privileges, which belong to the name" : "views: public.explained_view")
                    .doesNotContain("triggers", "partitions:")
                    .containsPattern("disk needed beside it: .*, free: ");
        } finally {
            try (Connection connection = connect(kind);
                    Statement statement = connection.createStatement()) {
                if (kind == DatabaseKind.POSTGRES) {
                    statement.execute("DROP VIEW IF EXISTS explained_view");
                }
                statement.execute("DROP TABLE IF EXISTS explained_child");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(DatabaseKind.class)
    void saysThatTheDiskHasNoRoomAndWhatToDo(DatabaseKind kind) throws Exception {
        try (Connection connection = connect(kind);
                Statement statement = connection.createStatement()) {
            create(statement);
            String alter = kind == DatabaseKind.MYSQL ? "MODIFY amount BIGINT" : "ALTER COLUMN amount TYPE bigint";
            assertThat(dryRun(kind, alter, "--disk-query", "SELECT 4096")).isEqualTo(1);
            assertThat(out.toString(StandardCharsets.UTF_8))
                    .contains("First of all, cure", "Insufficient disk space", "available 4", "--disk-reserve");
            out.reset();
            assertThat(dryRun(kind, alter, "--disk-query", "SELECT 4096", "--disk-reserve", "off"))
                    .isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(DatabaseKind.class)
    void endsWithOneWhenSomethingMustBeCuredFirst(DatabaseKind kind) throws Exception {
        try (Connection connection = connect(kind);
                Statement statement = connection.createStatement()) {
            create(statement);
            statement.execute("ALTER TABLE explained DROP COLUMN id");
            int code = explain(
                    kind, kind == DatabaseKind.MYSQL ? "MODIFY amount BIGINT" : "ALTER COLUMN amount TYPE bigint");
            assertThat(code).isEqualTo(1);
            assertThat(out.toString(StandardCharsets.UTF_8)).contains("First of all, cure", "key");
        }
    }

    @ParameterizedTest
    @EnumSource(DatabaseKind.class)
    void aStrategyThatCannotBeHadIsRefusedWithTheReason(DatabaseKind kind) throws Exception {
        try (Connection connection = connect(kind);
                Statement statement = connection.createStatement()) {
            create(statement);
            int code = explain(
                    kind,
                    kind == DatabaseKind.MYSQL ? "MODIFY amount BIGINT" : "ALTER COLUMN amount TYPE bigint",
                    "--strategy",
                    "instant");
            assertThat(code).isEqualTo(1);
            assertThat(out.toString(StandardCharsets.UTF_8))
                    .contains("--strategy instant cannot be had", "--strategy shadow can");
        }
    }

    private int explain(DatabaseKind kind, String alter, String... more) {
        return run(kind, "explain", alter, more);
    }

    private int dryRun(DatabaseKind kind, String alter, String... more) {
        List<String> words = new ArrayList<>(List.of(more));
        words.add("--dry-run");
        return run(kind, "migrate", alter, words.toArray(String[]::new));
    }

    private int run(DatabaseKind kind, String command, String alter, String... more) {
        DatabaseServer server = server(kind);
        PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
        Invocation invocation = new Invocation(print, print, Map.of("PW", server.password()), new SecretMask());
        List<String> words = new ArrayList<>(List.of(
                command,
                "--url",
                server.jdbcUrl(),
                "--user",
                server.user(),
                "--password-env",
                "PW",
                "--data-dir",
                directory.toString(),
                "--table",
                "explained",
                "--alter",
                alter));
        words.addAll(List.of(more));
        return Main.run(invocation, words.toArray(String[]::new));
    }

    private static Connection connect(DatabaseKind kind) throws SQLException {
        DatabaseServer server = server(kind);
        return DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
    }

    private static void create(Statement statement) throws SQLException {
        statement.execute("DROP TABLE IF EXISTS explained");
        statement.execute("CREATE TABLE explained (id int PRIMARY KEY, amount int, label varchar(20))");
        for (int i = 1; i <= 100; i++) {
            statement.execute("INSERT INTO explained VALUES (" + i + ", " + i + ", 'x')");
        }
    }

    private static List<String> tables(Statement statement) throws SQLException {
        List<String> tables = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery(
                "SELECT concat(table_schema, '.', table_name) FROM information_schema.tables ORDER BY 1")) {
            while (rows.next()) {
                tables.add(rows.getString(1));
            }
        }
        return tables;
    }
}
