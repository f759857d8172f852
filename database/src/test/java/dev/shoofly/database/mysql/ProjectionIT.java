package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.Comparer.Kind;
import dev.shoofly.database.Comparer.RowDifference;
import dev.shoofly.model.ColumnMapping;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What ALTERs do to columns and keys, and what is refused. */
class ProjectionIT {
    private Bench bench;

    @BeforeEach
    void open() throws SQLException {
        bench = Bench.open();
    }

    @AfterEach
    void close() throws SQLException {
        bench.close();
    }

    private List<String> migrated(MigrationPlan plan, String columns) throws SQLException {
        bench.copy(plan, 2);
        assertThat(bench.isEqual(plan)).isTrue();
        assertThat(bench.database().comparer(plan).differingKeys(KeyRange.ALL, 10))
                .isEmpty();
        return bench.rows("SELECT " + columns + " FROM " + MySqlNames.quote(plan.shadow()) + " ORDER BY 1");
    }

    @Test
    void columnsAreAddedDroppedRenamedRetypedReorderedAndGenerated() throws Exception {
        bench.sql(
                "CREATE TABLE t (id INT PRIMARY KEY, `a b` INT, c VARCHAR(10), d INT, g INT AS (id * 2) STORED, `say``` INT)",
                "INSERT INTO t (id, `a b`, c, d, `say```) VALUES (0, 1, 'x', 5, 7), (2, NULL, 'ä', 6, NULL)");
        MigrationPlan plan = bench.prepare(
                "t",
                "CHANGE `a b` z BIGINT FIRST, RENAME COLUMN c TO cc, DROP COLUMN d, ADD COLUMN e INT NOT NULL DEFAULT 3,"
                        + " ADD COLUMN d VARCHAR(5) DEFAULT 'new' AFTER id, ADD COLUMN v INT AS (id + 1) VIRTUAL",
                "MODIFY g INT, MODIFY cc VARCHAR(30) CHARACTER SET latin1",
                "CREATE INDEX i ON t (cc)");

        assertThat(plan.projection().columns())
                .extracting(ColumnMapping::shadowColumn)
                .containsExactly("z", "id", "cc", "g", "say`");
        assertThat(plan.projection().columns())
                .filteredOn(ColumnMapping::retyped)
                .extracting(ColumnMapping::shadowColumn)
                .containsExactly("z", "cc");
        assertThat(plan.projection().dropped()).containsExactly("d");
        assertThat(plan.projection().added()).containsExactlyInAnyOrder("d", "e");
        assertThat(migrated(plan, "id, d, z, cc, g, `say```, e, v"))
                .containsExactly("0|new|1|x|0|7|3|1", "2|new|null|ä|4|null|3|3");

        bench.sql("UPDATE t SET c = 'y', `a b` = 9 WHERE id = 2");
        assertThat(bench.database().comparer(plan).differences(List.of(RowKey.of("0"), RowKey.of("2"))))
                .containsExactly(new RowDifference(RowKey.of("2"), Kind.DIFFERS, List.of("z", "cc")));
        bench.reconcile(plan, RowKey.of("2"));
        assertThat(bench.isEqual(plan)).isTrue();
    }

    @ParameterizedTest(name = "{0} to {1}")
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
            decimal(10,3)    ~ decimal(8,1)               ~ 1.25, -7.349, NULL       ~ 1.3, -7.3, null
            double           ~ decimal(20,4)              ~ 1.5, 0.33333333, NULL    ~ 1.5000, 0.3333, null
            int              ~ varchar(20)                ~ 12, -3, NULL             ~ 12, -3, null
            varchar(20)      ~ int                        ~ '12', '-3', NULL         ~ 12, -3, null
            float            ~ double                     ~ 0.1, 0.5, NULL           ~ 0.10000000149011612, 0.5, null
            enum('b','a')    ~ enum('a','b','c')          ~ 'a', 'b', NULL           ~ a, b, null
            datetime(3)      ~ datetime                   ~ '2026-01-01 10:00:00.6', NULL, '2026-01-01 10:00:00.4' ~ 2026-01-01 10:00:01, null, 2026-01-01 10:00:00
            json             ~ longtext                   ~ '{"a": 1.0}', '[]', NULL ~ {"a": 1.0}, [], null
            longtext         ~ json                       ~ '{"b":1,"a":2}', '1', NULL ~ {"a": 2, "b": 1}, 1, null
            char(5)          ~ varchar(9)                 ~ 'a', 'b  ', NULL         ~ a, b, null
            varchar(5)       ~ char(9)                    ~ 'a', 'b  ', NULL         ~ a, b, null
            varchar(9) character set gbk ~ varchar(9) character set utf8mb4 ~ '中', 'a', NULL ~ 中, a, null
            blob             ~ varbinary(20)              ~ x'00', x'', NULL         ~ \u0000, , null
            int unsigned     ~ bigint                     ~ 4294967295, 0, NULL      ~ 4294967295, 0, null
            """)
    void aRetypedColumnComparesEqualAfterTheSameConversion(String from, String to, String values, String expected)
            throws Exception {
        bench.sql("CREATE TABLE t (id INT PRIMARY KEY, c " + from + ")");
        String[] literals = values.split(", (?=[^\"]*(?:\"[^\"]*\"[^\"]*)*$)");
        for (int i = 0; i < literals.length; i++) {
            bench.sql("INSERT INTO t VALUES (" + i + ", " + literals[i] + ")");
        }
        MigrationPlan plan = bench.prepare("t", "MODIFY c " + to);
        List<String> rows = migrated(plan, from.equals("blob") ? "id" : "id, CAST(c AS CHAR)");
        if (!from.equals("blob")) {
            assertThat(String.join(
                            ", ", rows.stream().map(row -> row.substring(2)).toList()))
                    .isEqualTo(expected);
        }
        bench.sql("UPDATE t SET c = NULL WHERE id = 0");
        assertThat(bench.isEqual(plan)).isFalse();
        assertThat(bench.database().comparer(plan).differingKeys(KeyRange.ALL, 5))
                .containsExactly(RowKey.of("0"));
        bench.reconcile(plan, RowKey.of("0"));
        assertThat(bench.isEqual(plan)).isTrue();
    }

    @Test
    void timestampsBecomeDateTimesInTheServersZone() throws Exception {
        bench.sql(
                "SET time_zone = '+00:00'",
                "CREATE TABLE t (id INT PRIMARY KEY, ts TIMESTAMP(3) NULL, dt DATETIME)",
                "INSERT INTO t VALUES (1, '2026-06-01 12:00:00.125', '2026-06-01 12:00:00'), (2, NULL, NULL)");
        String zone = bench.value("SELECT @@GLOBAL.time_zone");
        bench.sql("SET GLOBAL time_zone = '+02:00'");
        try {
            MigrationPlan plan = bench.prepare("t", "MODIFY ts DATETIME(3), MODIFY dt TIMESTAMP NULL");
            assertThat(migrated(plan, "id, ts, dt"))
                    .containsExactly("1|2026-06-01 14:00:00.125|2026-06-01 10:00:00", "2|null|null");
        } finally {
            bench.sql("SET GLOBAL time_zone = '" + zone + "'");
        }
    }

    @Test
    void timestampsTurnIntoOtherTypesAndBackInTheServersZone() throws Exception {
        bench.sql(
                "SET time_zone = '+00:00'",
                "CREATE TABLE t (id INT PRIMARY KEY, a TIMESTAMP(2) NULL, b TIMESTAMP NULL, c VARCHAR(30), d DATE)",
                "INSERT INTO t VALUES (1, '2026-06-01 23:00:00.25', '2026-06-01 23:00:00', '2026-06-01 01:00:00', '2026-06-02'),"
                        + " (2, NULL, NULL, NULL, NULL)");
        String zone = bench.value("SELECT @@GLOBAL.time_zone");
        bench.sql("SET GLOBAL time_zone = '+02:00'");
        try {
            MigrationPlan plan = bench.prepare(
                    "t", "MODIFY a VARCHAR(30), MODIFY b DATE, MODIFY c TIMESTAMP NULL, MODIFY d TIMESTAMP NULL");
            assertThat(migrated(plan, "id, a, b, c, d"))
                    .containsExactly(
                            "1|2026-06-02 01:00:00.25|2026-06-02|2026-05-31 23:00:00|2026-06-01 22:00:00",
                            "2|null|null|null|null");
        } finally {
            bench.sql("SET GLOBAL time_zone = '" + zone + "'");
        }
    }

    @Test
    void zeroTimestampsAndDateTimesDoNotBecomeNull() throws Exception {
        bench.sql(
                "SET SESSION sql_mode = '', time_zone = '+00:00'",
                "CREATE TABLE t (id INT PRIMARY KEY, ts TIMESTAMP NULL, dt DATETIME)",
                "INSERT INTO t VALUES (1, '0000-00-00', '0000-00-00'), (2, NULL, NULL)");
        MigrationPlan plan = bench.prepare("t", "MODIFY ts DATETIME, MODIFY dt TIMESTAMP NULL");
        assertThat(migrated(plan, "id, CAST(ts AS CHAR), CAST(dt AS CHAR)"))
                .containsExactly("1|0000-00-00 00:00:00|0000-00-00 00:00:00", "2|null|null");
    }

    @Test
    void floatsAreComparedExactly() throws Exception {
        bench.sql("CREATE TABLE t (id INT PRIMARY KEY, f FLOAT, d DOUBLE, b BIT(9), g POINT)");
        bench.sql("INSERT INTO t VALUES (1, 16777216, 0.1, b'101', ST_GeomFromText('POINT(1 2)'))");
        MigrationPlan plan = bench.prepare("t", "ADD COLUMN x INT");
        migrated(plan, "id");
        bench.sql("UPDATE t SET f = 16777214");
        assertThat(bench.isEqual(plan)).isFalse();
        assertThat(bench.database()
                        .comparer(plan)
                        .differences(List.of(RowKey.of("1")))
                        .get(0)
                        .columns())
                .containsExactly("f");
    }

    @Test
    void zeroDatesAndIdZeroAreCopiedAsTheyAre() throws Exception {
        bench.sql(
                "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO'",
                "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, d DATE, ts DATETIME)",
                "INSERT INTO t VALUES (0, '0000-00-00', '2026-00-10 00:00:00'), (1, '2026-02-00', NULL)");
        MigrationPlan plan = bench.prepare("t", "ENGINE=InnoDB");
        assertThat(migrated(plan, "CAST(id AS CHAR), CAST(d AS CHAR), CAST(ts AS CHAR)"))
                .containsExactly("0|0000-00-00|2026-00-10 00:00:00", "1|2026-02-00|null");
    }

    @ParameterizedTest(name = "{1}")
    @CsvSource(delimiter = '~', quoteCharacter = '`', textBlock = """
            id INT PRIMARY KEY, c INT                  ~ DROP COLUMN nosuch             ~ 1091
            id INT PRIMARY KEY, c INT                  ~ ADD COLUM x INT                ~ 1064
            id INT PRIMARY KEY, c INT                  ~ ADD x INT; DROP TABLE t        ~ 1064
            id INT PRIMARY KEY, c INT                  ~ RENAME TO u                    ~ renames the table
            id INT PRIMARY KEY, c INT                  ~ RENAME = u                     ~ plainer clauses
            id INT PRIMARY KEY, c INT                  ~ DISCARD TABLESPACE             ~ plainer clauses
            id INT PRIMARY KEY, c INT                  ~ ADD COLUMN x INT NOT NULL      ~ Give it a DEFAULT
            id INT PRIMARY KEY, c INT                  ~ ENGINE=MyISAM                  ~ only InnoDB
            id INT PRIMARY KEY, c INT                  ~ ADD FOREIGN KEY (c) REFERENCES t (id) ~ foreign key
            id INT PRIMARY KEY, c INT                  ~ DROP COLUMN id                 ~ the ALTER drops id
            id INT PRIMARY KEY, c INT                  ~ MODIFY id VARCHAR(20)          ~ its type changes from int to varchar(20)
            id INT, c INT                              ~ ADD x INT                      ~ no unique key
            id INT, UNIQUE KEY u (id)                  ~ ADD x INT                      ~ u (id): id is nullable
            id FLOAT PRIMARY KEY                       ~ ADD x INT                      ~ not matched by value
            id VARCHAR(20), c INT NOT NULL, UNIQUE KEY p (c), PRIMARY KEY (id) ~ MODIFY id VARCHAR(20) COLLATE utf8mb4_bin, DROP KEY p ~ its collation changes
            id TEXT NOT NULL, UNIQUE KEY u (id(10))    ~ ADD x INT                      ~ indexed in part only
            id DECIMAL(8,2) PRIMARY KEY                ~ MODIFY id DECIMAL(8,1)         ~ values change between
            a INT, b INT, PRIMARY KEY (a, b DESC)      ~ ADD x INT                      ~ both directions
            id INT PRIMARY KEY, e ENUM('a','ä') CHARACTER SET latin1 ~ CONVERT TO CHARACTER SET utf8mb4 ~ MODIFY `e` enum('a','ä') CHARACTER SET utf8mb4
            id INT PRIMARY KEY, s SET('a','ä') CHARACTER SET latin1  ~ CONVERT  to charset utf8mb4      ~ MODIFY `s` set('a','ä') CHARACTER SET utf8mb4
            a INT NOT NULL, UNIQUE KEY f ((a + 1))     ~ ADD x INT                      ~ an expression is no key
            """)
    void whatCannotBeMigratedIsRefusedWithTheReason(String columns, String alter, String reason) throws Exception {
        bench.sql("CREATE TABLE t (" + columns + ")");
        assertThatThrownBy(() -> bench.prepare("t", alter))
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContaining(reason);
        assertThat(bench.rows("SHOW TABLES")).containsExactly("t");
        bench.sql("UPDATE shoofly.migrations SET active_table = NULL");
    }

    @Test
    void labelsSurviveAConversionOfTheTableWhenTheAlterNamesThem() throws Exception {
        bench.sql(
                "CREATE TABLE t (id INT PRIMARY KEY, e ENUM('a','ä'), s SET('ä','b'), c VARCHAR(9)) CHARSET latin1 COLLATE latin1_bin",
                "INSERT INTO t VALUES (1, 'ä', 'ä,b', 'ä'), (2, 'a', '', 'b'), (3, NULL, NULL, NULL)");
        MigrationPlan plan = bench.prepare(
                "t",
                "CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, MODIFY e ENUM('a','ä') CHARACTER SET utf8mb4 COLLATE"
                        + " utf8mb4_bin, MODIFY s SET('ä','b') CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
        assertThat(migrated(plan, "id, e, s, c, HEX(e)"))
                .containsExactly("1|ä|ä,b|ä|C3A4", "2|a||b|61", "3|null|null|null|null");
    }

    @Test
    void anotherUniqueKeyServesWhenThePrimaryKeyGoes() throws Exception {
        bench.sql(
                "CREATE TABLE t (id INT PRIMARY KEY, code VARCHAR(20) NOT NULL, v INT, UNIQUE KEY `by code` (code))",
                "INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2)");
        MigrationPlan plan = bench.prepare(
                "t", "DROP PRIMARY KEY, DROP COLUMN id, ADD COLUMN nr BIGINT AUTO_INCREMENT PRIMARY KEY FIRST");
        assertThat(plan.key().sourceIndex()).isEqualTo("by code");
        assertThat(migrated(plan, "code, v")).containsExactly("a|1", "b|2");
        bench.sql("UPDATE t SET v = 5 WHERE code = 'b'", "DELETE FROM t WHERE code = 'a'");
        bench.reconcile(plan, RowKey.of("a"), RowKey.of("b"));
        assertThat(bench.rows("SELECT code, v FROM " + MySqlNames.quote(plan.shadow())))
                .containsExactly("b|5");
    }

    @Test
    void partitionedTablesWithChecksAndInvisibleColumnsWork() throws Exception {
        bench.sql(
                "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, v INT CHECK (v > 0), h INT INVISIBLE,"
                        + " e INT DEFAULT (1 + 1) COMMENT 'a, b) AUTO_INCREMENT')"
                        + " DEFAULT CHARSET latin1 PARTITION BY HASH (id) PARTITIONS 3",
                "INSERT INTO t (v, h) VALUES (1, 10), (2, 20), (3, 30)");
        MigrationPlan plan = bench.prepare("t", "MODIFY v DECIMAL(9,2), ADD COLUMN name VARCHAR(9) DEFAULT 'x'");
        assertThat(migrated(plan, "id, v, h, e, name"))
                .containsExactly("1|1.00|10|2|x", "2|2.00|20|2|x", "3|3.00|30|2|x");
        bench.sql("UPDATE t SET h = 21 WHERE id = 2", "DELETE FROM t WHERE id = 3");
        bench.reconcile(plan, RowKey.of("2"), RowKey.of("3"));
        assertThat(bench.isEqual(plan)).isTrue();
    }

    @Test
    void namesThatNeedQuotingWork() throws Exception {
        String table = "sel`ect 😀".replace("😀", "ß") + "x".repeat(53);
        bench.sql(
                "CREATE TABLE " + MySqlNames.quote(table) + " (`or``der` INT PRIMARY KEY, `from` INT)",
                "INSERT INTO " + MySqlNames.quote(table) + " VALUES (1, 2)");
        MigrationPlan plan = bench.prepare(MySqlNames.quote(table), "CHANGE `from` `to, \"x\"` BIGINT");
        assertThat(plan.shadow().table()).hasSizeLessThanOrEqualTo(64);
        assertThat(migrated(plan, "*")).containsExactly("1|2");
    }

    /** In upper case, its name is a letter longer. */
    @Test
    void aCounterOfAnyNameHasATwin() throws Exception {
        bench.sql(
                "CREATE TABLE t (`größe, AUTO_INCREMENT` INT AUTO_INCREMENT PRIMARY KEY COMMENT 'an AUTO_INCREMENT', u INT)",
                "INSERT INTO t (u) VALUES (1), (2)");
        MigrationPlan plan = bench.prepare("t", "MODIFY u VARCHAR(9)");
        assertThat(migrated(plan, "u")).containsExactly("1", "2");
    }
}
