package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.Database;
import dev.shoofly.database.Databases;
import dev.shoofly.database.TableSwap.Direction;
import dev.shoofly.database.TableSwap.Drained;
import dev.shoofly.database.TableSwap.Outcome;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.StrategyChoice;
import dev.shoofly.model.TableName;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Names of checks are unique in a schema, and the old table holds them. */
class CheckNamesIT {
    private static final String LIKE_NO_OTHER =
            "CREATE TABLE `t` (id INT PRIMARY KEY AUTO_INCREMENT, price INT, pid INT,"
                    + " v VARCHAR(40), CONSTRAINT `price ``{ok}` CHECK (price > 0), CHECK (price < 1000000), CHECK (price <> 66),"
                    + " CONSTRAINT odd CHECK (v <> 'it''s a \\'b\"`\\\\c\\nd ä'), CONSTRAINT lazy CHECK (price <> 5) NOT ENFORCED,"
                    + " CONSTRAINT t_chk_9 CHECK (price <> 77),"
                    + " CONSTRAINT t_chk_nine CHECK (price <> 78), KEY (pid), CONSTRAINT parent FOREIGN KEY (pid) REFERENCES p (id))";
    private static final String ALTER = "MODIFY v VARCHAR(50) COLLATE utf8mb4_bin, ADD CHECK (price <> 79),"
            + " ADD CONSTRAINT fresh CHECK (price <> 80), DROP CHECK t_chk_2, DROP CHECK lazy";
    private Bench bench;

    @BeforeEach
    void open() throws SQLException {
        bench = Bench.open();
    }

    @AfterEach
    void close() throws SQLException {
        bench.close();
    }

    private String definition(String table) throws SQLException {
        return SourceDefinition.of(bench.connect(), new TableName(bench.schema(), table));
    }

    private void swap(MigrationPlan plan, Direction direction, String... remainder) {
        assertThat(bench.database()
                        .swap(plan, direction)
                        .attempt(
                                CutoverSettings.DEFAULT,
                                1,
                                (progress, timeout, most) -> Drained.of(List.of(remainder).stream()
                                        .map(RowKey::of)
                                        .toList())))
                .isInstanceOf(Outcome.Swapped.class);
        bench.database().swap(plan, direction).finish();
    }

    private List<String> ownSchemas(MigrationPlan plan) throws SQLException {
        return bench.rows("SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE 'shoofly\\_"
                + plan.id() + "\\_%' ORDER BY 1");
    }

    @Test
    void areThoseOfTheServersOwnAlterAfterTheSwapAndTheOldOnesAfterTheWayBack() throws SQLException {
        bench.sql(
                "ALTER DATABASE " + bench.schema() + " COLLATE utf8mb4_bin",
                "CREATE TABLE p (id INT PRIMARY KEY)",
                LIKE_NO_OTHER,
                "CREATE TABLE c (id INT PRIMARY KEY, tid INT, CONSTRAINT child FOREIGN KEY (tid) REFERENCES t (id))",
                "INSERT INTO p VALUES (1)",
                "INSERT INTO t (price, pid, v) VALUES (10, 1, 'a'), (11, NULL, NULL), (12, 1, 'c')",
                "INSERT INTO c VALUES (1, 1)");
        String before = definition("t");
        MigrationPlan plan = bench.prepare("t", ALTER);
        bench.copy(plan, 2);
        bench.sql("UPDATE t SET price = 13 WHERE id = 3");
        swap(plan, Direction.FORWARD, "3");
        String after = definition("t");
        assertThat(bench.rows("SELECT id, price, v FROM t ORDER BY id"))
                .containsExactly("1|10|a", "2|11|null", "3|13|c");
        assertThatThrownBy(() -> bench.sql("INSERT INTO t (price) VALUES (-1)")).hasMessageContaining("price `{ok}");
        assertThatThrownBy(() -> bench.sql("INSERT INTO t (price) VALUES (79)")).hasMessageContaining("t_chk_10");
        assertThatThrownBy(() -> bench.sql("INSERT INTO c VALUES (9, 9)")).hasMessageContaining("child");
        assertThat(ownSchemas(plan)).containsExactly(plan.old().schema());

        MigrationPlan back = bench.database().wayBack(plan, List.of()).open(1, Instant.EPOCH);
        for (int partition = 0; partition < Bench.PARTITIONS; partition++) {
            bench.claim(back, partition);
        }
        bench.sql("INSERT INTO t (price, v) VALUES (5, 'new')", "DELETE FROM c", "DELETE FROM t WHERE id = 1");
        bench.reconcile(back, RowKey.of("1"), RowKey.of("4"));
        swap(back, Direction.BACK);
        bench.database().wayBack(plan, List.of()).close();
        assertThat(definition("t")).isEqualTo(before);
        assertThat(bench.rows("SELECT id, price, v FROM t ORDER BY id"))
                .containsExactly("2|11|null", "3|13|c", "4|5|new");
        assertThatThrownBy(() -> bench.sql("INSERT INTO c VALUES (9, 9)")).hasMessageContaining("child");
        assertThat(ownSchemas(plan)).containsExactly(plan.shadow().schema());

        bench.sql("DROP TABLE " + MySqlNames.quote(back.old()));
        assertThat(bench.database().serverCheck().traces().stream()
                        .filter(trace -> trace.id().equals(plan.id()))
                        .map(trace -> trace.removal())
                        .toList())
                .containsExactly("DROP DATABASE `" + plan.shadow().schema() + "`");
        bench.database().preparation().dropShadow(plan.id(), plan.source());
        assertThat(ownSchemas(plan)).isEmpty();
        bench.sql("ALTER TABLE t " + ALTER);
        assertThat(after).isEqualTo(definition("t"));
    }

    /** The server shows a literal of another character set wrongly, and so it cannot be sent again. */
    @Test
    void areNotBoughtWithAnotherCheck() throws SQLException {
        bench.sql(
                "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9) CHARACTER SET latin1, w INT,"
                        + " CONSTRAINT no_umlaut CHECK (v <> 'ä'), CONSTRAINT small CHECK (w < 9))",
                // From now on it is one of latin1.
                "ALTER TABLE t ADD COLUMN x INT");
        assertThat(bench.database()
                        .preparation()
                        .warnings(new TableName(bench.schema(), "t"))
                        .toString())
                .contains("the text of no_umlaut");
        MigrationPlan plan = bench.prepare("t", "MODIFY w BIGINT");
        swap(plan, Direction.FORWARD);
        assertThatThrownBy(() -> bench.sql("INSERT INTO t (id, v) VALUES (1, 'ä')"))
                .hasMessageContaining("t_chk_1");
        bench.sql("INSERT INTO t (id, v) VALUES (1, 'ï')");
    }

    /** Nothing of it is left either: no schema, no table. */
    @Test
    void oneThatAnotherTableHasIsFoundBeforeTheSwap() throws SQLException {
        bench.sql(
                "CREATE TABLE t (id INT PRIMARY KEY, n INT, CONSTRAINT small CHECK (n < 9))",
                "CREATE TABLE other (id INT PRIMARY KEY, n INT, CONSTRAINT taken CHECK (n < 9))");
        assertThatThrownBy(() -> bench.prepare("t", "ADD CONSTRAINT taken CHECK (n > 1)"))
                .hasMessageContaining("another table")
                .hasMessageContaining("taken");
        String longName = "o".repeat(40);
        bench.sql("CREATE TABLE " + longName + " (id INT PRIMARY KEY, n INT, CONSTRAINT " + longName
                + "_chk_999999999999 CHECK (n < 9))");
        assertThatThrownBy(() -> bench.prepare(longName, "MODIFY n BIGINT"))
                .as("the old table's name is longer, and the check is named after it")
                .hasMessageContaining(longName + "_chk_999999999999")
                .hasMessageContaining("longer than 64");
        bench.sql("DROP TABLE " + longName);
        assertThat(bench.rows("SELECT table_name FROM information_schema.tables WHERE table_schema = '" + bench.schema()
                        + "' ORDER BY 1"))
                .containsExactly("other", "t");
        assertThat(bench.rows("SELECT s.schema_name FROM information_schema.schemata s JOIN shoofly.migrations m"
                        + " ON s.schema_name LIKE concat('shoofly\\_', m.id, '\\_%') WHERE m.source_schema = '"
                        + bench.schema() + "'"))
                .isEmpty();
    }

    /**
     * Why the shadow must be elsewhere, and cannot be with triggers: there is no other way to give an enforced check its name
     * without reading the table under a lock.
     */
    @Test
    void cannotBeGivenLaterNorComeAlongWithTriggersAndThatIsSaid() throws SQLException {
        bench.sql(
                "CREATE TABLE t (id INT PRIMARY KEY, n INT, CHECK (n <> 4), CONSTRAINT small CHECK (n < 9))",
                "INSERT INTO t VALUES (1, 1)",
                "CREATE TRIGGER loud BEFORE INSERT ON t FOR EACH ROW SET NEW.n = NEW.n + 1");
        for (String algorithm : List.of("INSTANT", "INPLACE")) {
            assertThatThrownBy(() -> bench.sql("ALTER TABLE t DROP CHECK small, ADD CONSTRAINT little CHECK (n < 9),"
                            + " ALGORITHM=" + algorithm))
                    .as("a new name is a new check, which is looked at row by row")
                    .hasMessageContaining("Try ALGORITHM=COPY");
            bench.sql("ALTER TABLE t ADD CONSTRAINT lazy CHECK (n < 10) NOT ENFORCED, ALGORITHM=" + algorithm);
            assertThatThrownBy(() -> bench.sql("ALTER TABLE t ALTER CHECK lazy ENFORCED, ALGORITHM=" + algorithm))
                    .as("and so is one that is made without a look and enforced later")
                    .hasMessageContaining("Try ALGORITHM=COPY");
            bench.sql("ALTER TABLE t DROP CHECK lazy");
        }
        assertThatThrownBy(
                        () -> bench.sql("ALTER TABLE t ADD CONSTRAINT little CHECK (n < 9), ALGORITHM=COPY, LOCK=NONE"))
                .hasMessageContaining("COPY algorithm requires a lock");
        assertThatThrownBy(() -> bench.sql("CREATE TABLE u (n INT, CONSTRAINT small CHECK (n < 9))"))
                .hasMessageContaining("Duplicate check constraint name");
        assertThatThrownBy(() -> bench.sql("RENAME TABLE t TO shoofly.t_elsewhere"))
                .hasMessageContaining("Trigger in wrong schema");

        TableName source = bench.database().preparation().resolve("t");
        assertThat(bench.database().preparation().warnings(source).toString())
                .contains("checks small get names")
                .contains("drop the triggers first");
        MigrationPlan plan = bench.prepare("t", "MODIFY n BIGINT");
        assertThat(plan.shadow().schema()).isEqualTo(bench.schema());
        bench.copy(plan, 10);
        swap(plan, Direction.FORWARD);
        assertThat(definition("t")).contains("`t_chk_1` CHECK ((`n` <> 4))", "`t_chk_2` CHECK ((`n` < 9))");
    }

    @Test
    void takePrivilegesThatAreAskedForByName() throws SQLException {
        String user = "narrow" + Long.toString(ProcessHandle.current().pid(), 36);
        bench.sql(
                "CREATE TABLE t (id INT PRIMARY KEY, n INT, CONSTRAINT small CHECK (n < 9))",
                "CREATE USER " + user + " IDENTIFIED WITH mysql_native_password BY 'x'",
                "GRANT ALL ON `" + bench.schema() + "`.* TO " + user,
                "GRANT ALL ON shoofly.* TO " + user,
                "GRANT SELECT ON performance_schema.* TO " + user,
                "GRANT PROCESS ON *.* TO " + user);
        try (Database narrow = Databases.open(bench.profile(user, "x"), 2, FaultPoints.NONE)) {
            TableName source = narrow.preparation().resolve("t");
            String warning = narrow.preparation().warnings(source).toString();
            assertThat(warning)
                    .contains("checks small")
                    .contains("REFERENCES ON `shoofly\\_%`.* TO '" + user + "'@'%'");
            bench.sql(warning.replaceFirst("(?s).*(GRANT .*)\\]", "$1"));
            assertThat(narrow.preparation().warnings(source)).isEmpty();
            isPutBesideTheSourceWhereTheServerMakesNoDatabase(user);
        } finally {
            bench.sql("DROP USER " + user);
        }
    }

    /** A database whose encryption is not the server's default takes one more right. */
    private void isPutBesideTheSourceWhereTheServerMakesNoDatabase(String user) throws SQLException {
        bench.sql("SET GLOBAL table_encryption_privilege_check = ON", "SET GLOBAL default_table_encryption = ON");
        try (Database narrow = Databases.open(bench.profile(user, "x"), 2, FaultPoints.NONE)) {
            TableName source = narrow.preparation().resolve("t");
            MigrationSpec spec = new MigrationSpec(
                    "t",
                    List.of("MODIFY n BIGINT"),
                    StrategyChoice.SHADOW,
                    Bench.PARTITIONS,
                    1_000,
                    CutoverSettings.DEFAULT);
            MigrationPlan plan = narrow.preparation().createShadow(MigrationId.random(new Random()), source, spec);
            assertThat(plan.shadow().schema()).isEqualTo(bench.schema());
            assertThat(plan.old().schema()).isEqualTo(bench.schema());
            narrow.preparation().dropShadow(plan.id(), source);
        } finally {
            bench.sql("SET GLOBAL default_table_encryption = DEFAULT");
            bench.sql("SET GLOBAL table_encryption_privilege_check = DEFAULT");
        }
    }
}
