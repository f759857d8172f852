package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.Database;
import dev.shoofly.database.Databases;
import dev.shoofly.database.OwnerLock;
import dev.shoofly.database.TableSwap;
import dev.shoofly.database.TableSwap.Outcome;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every finding is worded with its remedy, and the remedy helps. */
class PreflightIT {
    private Bench bench;

    @BeforeEach
    void open() throws SQLException {
        bench = Bench.open();
        bench.sql("CREATE TABLE t (id INT PRIMARY KEY, v INT)");
    }

    @AfterEach
    void close() throws SQLException {
        bench.close();
    }

    private List<String> findings(String table) {
        return bench.database().preparation().findings(new TableName(bench.schema(), table));
    }

    @Test
    void aFitServerAndTableHaveNone() {
        assertThat(findings("t")).isEmpty();
        assertThat(bench.database().preparation().estimateRows(new TableName(bench.schema(), "t")))
                .isNotNegative();
    }

    @ParameterizedTest(name = "{0} = {1}")
    @CsvSource({
        "binlog_format, STATEMENT, SET GLOBAL binlog_format = 'ROW'",
        "binlog_format, MIXED, SET GLOBAL binlog_format = 'ROW'",
        "binlog_row_image, MINIMAL, SET GLOBAL binlog_row_image = 'FULL'",
        "binlog_row_value_options, PARTIAL_JSON, SET GLOBAL binlog_row_value_options = ''",
    })
    void aBinaryLogThatIsNotWholeIsFound(String variable, String value, String remedy) throws Exception {
        String before = bench.value("SELECT @@GLOBAL." + variable);
        bench.sql("SET GLOBAL " + variable + " = '" + value + "'");
        try {
            assertThat(findings("t")).singleElement().asString().contains(variable + " is " + value, remedy);
        } finally {
            bench.sql("SET GLOBAL " + variable + " = '" + before + "'");
        }
    }

    @Test
    void aSessionThatStillLogsInAnotherFormIsFound() throws Exception {
        try (Connection session = bench.connect()) {
            Bench.execute(session, "SET SESSION binlog_format = 'STATEMENT'");
            assertThat(findings("t")).singleElement().asString().contains("binlog_format = STATEMENT", "KILL");
        }
    }

    @Test
    void aServerThatDoesNotRecordMetadataLocksIsFoundAndTheRemedyHelps() throws Exception {
        bench.sql(
                "UPDATE performance_schema.setup_instruments SET enabled = 'NO' WHERE name = 'wait/lock/metadata/sql/mdl'");
        List<String> found = findings("t");
        assertThat(found).singleElement().asString().contains("metadata locks");
        bench.sql(found.get(0).replaceFirst("(?s).*(UPDATE [^;]*);.*", "$1"));
        assertThat(findings("t")).isEmpty();
    }

    @Test
    void aSessionThatDoesNotLogAtAllIsFound() throws Exception {
        try (Connection session = bench.connect()) {
            Bench.execute(session, "SET SESSION sql_log_bin = 0");
            assertThat(findings("t")).singleElement().asString().contains("sql_log_bin = OFF", "KILL");
        }
    }

    /** Rows that a cascade changes are in no log; what the user may not see, cannot go over. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "ON DELETE CASCADE",
                "ON DELETE SET NULL",
                "ON UPDATE CASCADE",
                "ON UPDATE SET NULL",
                "ON DELETE RESTRICT"
            })
    void foreignKeysThatCannotGoOverAreFound(String action) throws Exception {
        String hidden = bench.schema() + "_hidden";
        String user = "f_" + bench.schema();
        bench.sql(
                "CREATE DATABASE " + hidden,
                "CREATE TABLE child (id INT PRIMARY KEY, t INT, CONSTRAINT into_child FOREIGN KEY (t) REFERENCES t (id) "
                        + action + ")",
                "CREATE TABLE " + hidden
                        + ".`odd-\u00fc child` (id INT PRIMARY KEY, t INT, CONSTRAINT `from/afar` FOREIGN KEY"
                        + " (t) REFERENCES " + bench.schema() + ".t (id) " + action + ")",
                "CREATE TABLE node (id INT PRIMARY KEY, up INT, CONSTRAINT to_itself FOREIGN KEY (up) REFERENCES node (id) "
                        + action.replace("ON UPDATE CASCADE", "").replace("ON UPDATE SET NULL", "") + ")",
                "CREATE USER '" + user + "'@'%' IDENTIFIED BY 'pw'",
                "GRANT ALL PRIVILEGES ON " + bench.schema() + ".* TO '" + user + "'@'%'",
                "GRANT SELECT ON performance_schema.* TO '" + user + "'@'%'",
                "GRANT ALL PRIVILEGES ON shoofly.* TO '" + user + "'@'%'",
                "GRANT REPLICATION SLAVE, REPLICATION CLIENT, PROCESS, XA_RECOVER_ADMIN ON *.* TO '" + user + "'@'%'");
        try (Database limited = Databases.open(bench.profile(user, "pw"), 2, FaultPoints.NONE)) {
            assertThat(limited.preparation().findings(new TableName(bench.schema(), "t")))
                    .as("the children of a parent that the user may not see, and no others")
                    .singleElement()
                    .asString()
                    .contains("foreign keys (from/afar (" + hidden + ".odd-\u00fc child to ", "GRANT SELECT")
                    .doesNotContain("into_child");
            bench.sql("GRANT SELECT ON " + hidden + ".* TO '" + user + "'@'%'");
            assertThat(limited.preparation().findings(new TableName(bench.schema(), "t")))
                    .singleElement()
                    .asString()
                    .contains("lacks", "ALTER", "LOCK TABLES", "REFERENCES", "at an end of a foreign key");
            List<String> ofChild = limited.preparation().findings(new TableName(bench.schema(), "child"));
            List<String> ofNode = findings("node");
            if (action.endsWith("RESTRICT")) {
                assertThat(ofChild).isEmpty();
                assertThat(ofNode).isEmpty();
            } else {
                assertThat(ofChild)
                        .as("the child, which cascades write")
                        .singleElement()
                        .asString()
                        .contains("without a trace in the log: into_child (", action);
                assertThat(ofNode).hasSize(action.startsWith("ON UPDATE") ? 0 : 1);
            }
        } finally {
            bench.sql("DROP DATABASE " + hidden, "DROP USER '" + user + "'@'%'");
        }
    }

    @Test
    void aUniqueKeyOfSeveralValuesPerRowIsRefused() throws Exception {
        bench.sql(
                "CREATE TABLE j (id INT PRIMARY KEY, d JSON, UNIQUE KEY tags ((CAST(d->'$.tags' AS UNSIGNED ARRAY))))");
        assertThatThrownBy(() -> bench.prepare("j", "ADD COLUMN v INT"))
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContaining("tags");
        bench.sql("CREATE TABLE j2 LIKE j");
        MigrationPlan plan = bench.prepare("j2", "DROP KEY tags, ADD KEY tags ((CAST(d->'$.tags' AS UNSIGNED ARRAY)))");
        assertThat(plan.shadow().table()).isNotEmpty();
    }

    @Test
    void whatCannotBeCarriedOverIsFound() throws Exception {
        bench.sql(
                "CREATE TABLE child (id INT PRIMARY KEY, t INT, FOREIGN KEY to_t (t) REFERENCES t (id) ON DELETE CASCADE)",
                "CREATE TABLE m (id INT) ENGINE=MyISAM");
        assertThat(findings("t")).isEmpty();
        assertThat(findings("child")).singleElement().asString().contains("foreign keys", "CASCADE");
        assertThat(findings("m"))
                .hasSize(2)
                .anySatisfy(finding -> assertThat(finding).contains("MyISAM"))
                .anySatisfy(finding -> assertThat(finding).contains("no unique key"));
    }

    @Test
    void aUserLacksPrivilegesUntilTheGrantsOfTheFindingsAreRunAndThenMigrates() throws Exception {
        String user = "u_" + bench.schema();
        bench.sql("CREATE USER '" + user + "'@'%' IDENTIFIED BY 'pw'", "GRANT SELECT ON t TO '" + user + "'@'%'");
        try (Database limited = Databases.open(bench.profile(user, "pw"), 5, FaultPoints.NONE)) {
            TableName source = limited.preparation().resolve("t");
            List<String> findings = limited.preparation().findings(source);
            assertThat(findings)
                    .hasSize(4)
                    .anySatisfy(finding -> assertThat(finding).contains("XA_RECOVER_ADMIN"))
                    .anySatisfy(finding -> assertThat(finding).contains("CREATE TEMPORARY TABLES"))
                    .noneSatisfy(finding -> assertThat(finding).contains("pw"));
            for (String finding : findings) {
                bench.sql(finding.substring(finding.indexOf("GRANT ")));
            }
        }
        bench.sql("INSERT INTO t VALUES (1, 1), (2, 2)");
        MigrationPlan plan = bench.prepare("t", "MODIFY v BIGINT, ADD UNIQUE KEY (v)");
        try (Database limited = Databases.open(bench.profile(user, "pw"), 5, FaultPoints.NONE)) {
            assertThat(limited.preparation().findings(plan.source())).isEmpty();
            limited.changeLog().open(plan);
            var segment = bench.segment(plan, RowKey.of("2"));
            limited.copier(plan).copy(segment, new KeyRange(null, RowKey.of("2")), true, keys -> {});
            bench.sql("UPDATE t SET v = 3 WHERE id = 1", "UPDATE t SET v = 1 WHERE id = 2");
            assertThat(limited.comparer(plan).differingKeys(KeyRange.ALL, 9)).hasSize(2);
            var batch = bench.batch(0, List.of(RowKey.of("2")), Set.of());
            assertThat(limited.reconciler(plan).apply(batch).cleared()).isEqualTo(1);
            assertThat(limited.swap(plan).blockers(limited.swap(plan).completionPoint()))
                    .isEmpty();
            assertThat(limited.swap(plan)
                            .attempt(
                                    CutoverSettings.DEFAULT.withMaxStall(Duration.ofMinutes(1)),
                                    1,
                                    (o, timeout, most) -> TableSwap.Drained.of(List.of(RowKey.of("1")))))
                    .isInstanceOf(Outcome.Swapped.class);
        } finally {
            bench.sql("DROP USER '" + user + "'@'%'");
        }
        assertThat(bench.rows("SELECT * FROM t ORDER BY id")).containsExactly("1|3", "2|1");
    }

    @Test
    void privilegesFromAnActiveRoleCount() throws Exception {
        String user = "r_" + bench.schema();
        bench.sql(
                "CREATE ROLE '" + user + "_role'",
                "GRANT ALL PRIVILEGES ON *.* TO '" + user + "_role'",
                "CREATE USER '" + user + "'@'%' IDENTIFIED BY 'pw'",
                "GRANT '" + user + "_role' TO '" + user + "'@'%'",
                "SET DEFAULT ROLE ALL TO '" + user + "'@'%'");
        try (Database limited = Databases.open(bench.profile(user, "pw"), 2, FaultPoints.NONE)) {
            assertThat(limited.preparation().findings(new TableName(bench.schema(), "t")))
                    .isEmpty();
        } finally {
            bench.sql("DROP USER '" + user + "'@'%'", "DROP ROLE '" + user + "_role'");
        }
    }

    @Test
    void whatCannotBeResolvedIsRefusedAtOnce() throws Exception {
        bench.sql("CREATE VIEW w AS SELECT 1 AS x");
        assertRefused(bench.profile("root", "wrong"), "t", "Check the user and the password");
        assertRefused(
                new ConnectionProfile(
                        bench.url().replace(bench.schema(), "nosuchdb"),
                        bench.database().profile().user(),
                        bench.database().profile().password()),
                "t",
                "Check the database");
        assertRefused(bench.database().profile(), "nosuch", "there is no table");
        assertRefused(bench.database().profile(), "w", "not an ordinary table but a VIEW");
        assertRefused(bench.database().profile(), "information_schema.TABLES", "not an ordinary table");
        assertThat(bench.database().preparation().resolve(bench.schema() + ".`t`"))
                .isEqualTo(new TableName(bench.schema(), "t"));
    }

    private static void assertRefused(ConnectionProfile profile, String table, String reason) {
        try (Database database = Databases.open(profile, 1, FaultPoints.NONE)) {
            assertThatThrownBy(() -> database.preparation().resolve(table))
                    .isInstanceOfSatisfying(
                            ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                    .hasMessageContaining(reason)
                    .hasMessageNotContaining("wrong");
        }
    }

    @Test
    void theOwnersLockIsHeldByOneProcessUntilItEnds() {
        MigrationId id = MigrationId.random(new Random());
        Optional<OwnerLock> first = bench.database().tryLock(id);
        assertThat(first).isPresent();
        assertThat(first.get().isHeld()).isTrue();
        assertThat(bench.database().tryLock(id)).isEmpty();
        first.get().close();
        assertThat(first.get().isHeld()).isFalse();
        Optional<OwnerLock> second = bench.database().tryLock(id);
        assertThat(second).isPresent();
        second.get().close();
    }
}
