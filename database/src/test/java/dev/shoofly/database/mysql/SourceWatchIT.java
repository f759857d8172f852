package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.model.MigrationPlan;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What somebody else does to the table during a migration. */
class SourceWatchIT {
    private static Bench bench;
    private static int tables;

    @BeforeAll
    static void open() throws Exception {
        bench = Bench.open();
        bench.sql("CREATE TABLE parent (id INT PRIMARY KEY)", "CREATE TABLE child (id INT PRIMARY KEY, t_id INT)");
    }

    @AfterAll
    static void close() throws Exception {
        bench.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ALTER TABLE %1$s ADD COLUMN x int | new: `x` int",
                "ALTER TABLE %1$s DROP COLUMN w | gone: `w` int",
                "ALTER TABLE %1$s RENAME COLUMN v TO x | new: `x` int",
                "CREATE INDEX more ON %1$s (v, w) | new: KEY `more`",
                "DROP INDEX by_v ON %1$s | gone: KEY `by_v`",
                "ALTER TABLE %1$s DROP PRIMARY KEY, MODIFY id int NOT NULL | PRIMARY KEY",
                "ALTER TABLE %1$s COMMENT 'other' | COMMENT='other'",
                "ALTER TABLE %1$s PARTITION BY HASH (id) PARTITIONS 2 | PARTITION BY HASH",
                "DROP TABLE %1$s | it is gone",
                "RENAME TABLE %1$s TO away_%1$s | it is gone",
                "ALTER TABLE child ADD FOREIGN KEY (t_id) REFERENCES %1$s (id) | foreign key child_ibfk_1",
                "ALTER TABLE %1$s ADD FOREIGN KEY (v) REFERENCES parent (id) ON DELETE CASCADE | FOREIGN KEY (`v`)",
                "CREATE TRIGGER tr_%1$s BEFORE INSERT ON %1$s FOR EACH ROW SET NEW.v = 1 | trigger tr_"
            })
    void aChangeOfTheTableIsFoundAndNamed(String ddl, String said) throws Exception {
        assertThat(after(ddl)).hasValueSatisfying(change -> assertThat(change).contains(said));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "INSERT INTO %1$s (v) VALUES (1), (2)",
                "ALTER TABLE %1$s AUTO_INCREMENT = 1000",
                "ANALYZE TABLE %1$s",
                "OPTIMIZE TABLE %1$s",
                "CREATE VIEW v_%1$s AS SELECT * FROM %1$s"
            })
    void whatTheNewTableDoesNotLackIsNobodysConcern(String statement) throws Exception {
        assertThat(after(statement)).isEmpty();
    }

    @Test
    void settingsOfTheBinaryLogAreFound() throws Exception {
        bench.sql("SET GLOBAL binlog_row_image = 'MINIMAL'");
        try {
            assertThat(after("DO 1"))
                    .hasValueSatisfying(
                            change -> assertThat(change).contains("binlog_row_image is MINIMAL", "SET GLOBAL"));
        } finally {
            bench.sql("SET GLOBAL binlog_row_image = 'FULL'");
        }
    }

    private static Optional<String> after(String statement) throws Exception {
        String table = "t" + ++tables;
        bench.sql("CREATE TABLE " + table + " (id INT PRIMARY KEY AUTO_INCREMENT, v INT, w INT, KEY by_v (v))");
        MigrationPlan plan = bench.prepare(table, "ADD COLUMN z INT");
        // ANALYZE and OPTIMIZE answer with rows.
        bench.sql(statement.formatted(table));
        Optional<String> change = bench.database().sourceWatch(plan).change();
        bench.sql("DROP TABLE IF EXISTS child");
        bench.sql("CREATE TABLE child (id INT PRIMARY KEY, t_id INT)");
        return change;
    }
}
