package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Database;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.DeferIndexes;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.OnDuplicates;
import dev.shoofly.model.StrategyChoice;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tables that a tool meets sooner or later: with names as bad as they come, very wide, empty, of one row. */
@Timeout(120)
abstract class UnusualTablesContract {
    @TempDir
    Path directory;

    private MigrationFixture fixture;

    abstract DatabaseServer server();

    abstract OrdersTable orders();

    /** As long as the server takes, with everything in it that could be taken for something else. */
    abstract String worst(String beginning);

    abstract String quote(String name);

    /** A constraint on a column of the table with the worst name, after a comma; empty where that cannot be. */
    abstract String check(String column);

    abstract String createSchema(String quoted);

    abstract String dropSchema(String quoted);

    /** Of another schema than the connection's. */
    private String schema() {
        return quote(worst("S"));
    }

    @BeforeEach
    void createSchema() throws SQLException {
        fixture = new MigrationFixture(server(), () -> TestServers.kafka().bootstrapServers(), directory, orders());
        fixture.execute(dropSchema(schema()));
        fixture.execute(createSchema(schema()));
    }

    @AfterEach
    void dropSchema() throws SQLException {
        fixture.execute(dropSchema(schema()));
    }

    @Test
    void namesAsBadAsTheServerTakesThem() throws Exception {
        String table = schema() + "." + quote(worst("T"));
        String one = quote(worst("a"));
        String two = quote(worst("b"));
        String three = quote(worst("select"));
        fixture.execute("CREATE TABLE " + table + " (" + one + " int NOT NULL, " + two + " varchar(20) NOT NULL, "
                + three
                + " int, " + quote("x") + " int, CONSTRAINT " + quote(worst("pk")) + " PRIMARY KEY (" + two + ", " + one
                + "), CONSTRAINT " + quote(worst("uk")) + " UNIQUE (" + three + ")" + check(three) + ")");
        fixture.execute("CREATE INDEX " + quote(worst("i")) + " ON " + table + " (" + three + ")");
        for (int row = 1; row <= 50; row++) {
            fixture.execute("INSERT INTO " + table + " (" + one + ", " + two + ", " + three + ") VALUES (" + row
                    + ", 'r" + row + "', " + row + ")");
        }
        String added = quote(worst("new"));
        List<String> changes = List.of(
                "INSERT INTO " + table + " (" + one + ", " + two + ", " + three
                        + ") VALUES (1000 + #n#, 'n#n#', 1000 + #n#)",
                "UPDATE " + table + " SET " + three + " = 10000 + #n# WHERE " + one + " = 2",
                "UPDATE " + table + " SET " + two + " = 'moved #n#' WHERE " + one + " = 3",
                "DELETE FROM " + table + " WHERE " + one + " = 40 + #n#");
        migrate(table, "ADD COLUMN " + added + " int DEFAULT 7, ADD COLUMN other int", changes);
        assertThat(fixture.texts("SELECT count(*) FROM " + table + " WHERE " + added + " = 7"))
                .isEqualTo(fixture.texts("SELECT count(*) FROM " + table));
        assertThat(fixture.texts("SELECT " + two + " FROM " + table + " WHERE " + one + " = 3"))
                .allMatch(text -> text.startsWith("moved"));
    }

    @Test
    void aThousandColumns() throws Exception {
        String table = schema() + "." + quote("wide");
        List<String> names = IntStream.range(1, 1_000)
                .mapToObj(number -> quote("c " + number))
                .toList();
        fixture.execute("CREATE TABLE " + table + " (id int PRIMARY KEY, "
                + names.stream().map(name -> name + " int").collect(Collectors.joining(", ")) + ")");
        String row = IntStream.range(1, 1_000).mapToObj(String::valueOf).collect(Collectors.joining(", "));
        for (int id = 1; id <= 20; id++) {
            fixture.execute("INSERT INTO " + table + " VALUES (" + id + ", " + row + ")");
        }
        migrate(
                table,
                "ADD COLUMN one_more bigint DEFAULT 1000",
                List.of("UPDATE " + table + " SET " + names.get(998) + " = #n# WHERE id = 5"));
        assertThat(fixture.texts(
                        "SELECT sum(" + String.join(" + ", names.subList(0, 998)) + " + one_more) FROM " + table))
                .containsExactly(String.valueOf(20 * (998 * 999 / 2 + 1_000)));
    }

    @Test
    void anEmptyTableAndOneThatIsFilledWhileItIsMigrated() throws Exception {
        String empty = schema() + "." + quote("empty");
        fixture.execute("CREATE TABLE " + empty + " (id int PRIMARY KEY, n int)");
        migrate(empty, "ADD COLUMN more int", List.of());
        assertThat(fixture.texts("SELECT count(more) FROM " + empty)).containsExactly("0");
        migrate(empty, "ADD COLUMN yet_more int", List.of("INSERT INTO " + empty + " (id) VALUES (#n#)"));
        assertThat(fixture.texts("SELECT id FROM " + empty + " ORDER BY id")).hasSize(4);
    }

    @Test
    void aTableOfOneRowThatChangesAndGoesAndComesBack() throws Exception {
        String single = schema() + "." + quote("single");
        fixture.execute("CREATE TABLE " + single + " (id int PRIMARY KEY, n int)");
        fixture.execute("INSERT INTO " + single + " VALUES (-1, 0)");
        migrate(
                single,
                "ADD COLUMN more int",
                List.of(
                        "UPDATE " + single + " SET n = #n#",
                        "DELETE FROM " + single,
                        "INSERT INTO " + single + " (id, n) VALUES (-1, #n#)"));
        assertThat(fixture.texts("SELECT n FROM " + single)).containsExactly("4");
    }

    /** @param changes run at four moments, with the number of the moment for {@code #n#} */
    private void migrate(String table, String alter, List<String> changes) throws Exception {
        Set<String> moments = ConcurrentHashMap.newKeySet();
        FaultPoints application = point -> {
            boolean due = List.of("state.COPYING", "backfill.after-chunk", "state.SYNCHRONIZING", "state.READY")
                    .contains(point);
            if (due && moments.add(point)) {
                changes.forEach(change -> execute(change.replace("#n#", String.valueOf(moments.size()))));
            }
        };
        try (Database database = fixture.open(application);
                MigrationRunner runner = fixture.runner(database, application)) {
            MigrationSpec spec = new MigrationSpec(
                    table,
                    List.of(alter),
                    StrategyChoice.SHADOW,
                    4,
                    500,
                    CutoverSettings.DEFAULT,
                    OnDuplicates.FAIL,
                    DeferIndexes.ALWAYS);
            assertThat(runner.start(spec)).as("%s", runner.snapshot()).isEqualTo(MigrationOutcome.COMPLETED);
            assertThat(runner.snapshot().orElseThrow().mismatches()).isZero();
        }
    }

    private void execute(String sql) {
        try {
            fixture.execute(sql);
        } catch (SQLException e) {
            throw new AssertionError(sql, e);
        }
    }
}
