package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.ChangeLog;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.MigrationPlan;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What somebody else does to the table during a migration. Each case is rolled back, so that the next one finds it whole. */
class SourceWatchIT {
    private static Lab lab;
    private static MigrationPlan plan;
    private static String publication;

    @BeforeAll
    static void prepare() throws SQLException {
        lab = Lab.open();
        lab.run(
                "CREATE TYPE mood AS ENUM ('good', 'bad')",
                "CREATE TABLE t (id int PRIMARY KEY, v int, mood mood)",
                "ALTER TABLE t ADD CONSTRAINT late CHECK (v < 1000) NOT VALID",
                "CREATE INDEX by_v ON t (v)",
                "CREATE TABLE other (id int PRIMARY KEY, t_id int)",
                "CREATE ROLE reader_" + lab.databaseName);
        plan = lab.prepare("t", "ADD COLUMN w int");
        lab.database.changeLog().open(plan);
        publication = ChangeLog.publication(plan.id());
    }

    @AfterAll
    static void close() throws SQLException {
        lab.database.changeLog().close(plan.id(), plan.source());
        lab.run("DROP ROLE reader_" + lab.databaseName);
        lab.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ALTER TABLE t ADD COLUMN x int | new: column 4 x integer",
                "ALTER TABLE t DROP COLUMN v | gone: column 2 v integer",
                "ALTER TABLE t RENAME COLUMN v TO w | new: column 2 w integer",
                "ALTER TABLE t ALTER COLUMN v TYPE bigint | new: column 2 v bigint",
                "ALTER TABLE t ALTER COLUMN v SET DEFAULT 1 | column 2 v integer",
                "ALTER TABLE t ADD CHECK (v > 0) NOT VALID | new: constraint t_v_check",
                "ALTER TABLE t VALIDATE CONSTRAINT late | new: constraint late",
                "CREATE INDEX more ON t (v, id) | new: index CREATE INDEX more",
                "DROP INDEX by_v | gone: index CREATE INDEX by_v",
                "ALTER TABLE t DROP CONSTRAINT t_pkey | gone: ",
                "TRUNCATE t | rows in file",
                "ALTER TABLE t REPLICA IDENTITY FULL | new: replica identity f",
                "ALTER TABLE t RENAME TO away | it is gone",
                "DROP TABLE t | it is gone",
                "ALTER TABLE t RENAME TO away; ALTER TABLE other RENAME TO t | another table has its name",
                "ALTER TABLE other ADD FOREIGN KEY (t_id) REFERENCES t | new: foreign key other_t_id_fkey of public.other",
                "CREATE VIEW seen AS SELECT * FROM t | new: view public.seen",
                "CREATE RULE r AS ON INSERT TO t DO ALSO NOTIFY x | new: rule r",
                "ALTER TABLE t ENABLE ROW LEVEL SECURITY | row security t",
                "CREATE TABLE child () INHERITS (t) | new: inherits"
            })
    void aChangeOfTheTableIsFoundAndNamed(String ddl, String said) throws SQLException {
        withRollback(
                ddl,
                connection -> assertThat(PostgresSourceWatch.changeOfTable(connection, plan))
                        .hasValueSatisfying(change -> assertThat(change).contains(said)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GRANT SELECT ON t TO reader_%s",
                "ALTER TYPE mood RENAME VALUE 'bad' TO 'worse'",
                "COMMENT ON TABLE t IS 'x'",
                "ANALYZE t",
                "INSERT INTO t VALUES (1, 1, 'good')",
                "ALTER TABLE t SET (fillfactor = 90)"
            })
    void whatTheNewTableDoesNotLackIsNobodysConcern(String statement) throws SQLException {
        withRollback(
                statement.formatted(lab.databaseName),
                connection -> assertThat(PostgresSourceWatch.changeOfTable(connection, plan))
                        .isEmpty());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALTER PUBLICATION %1$s DROP TABLE t",
                "ALTER PUBLICATION %1$s DROP TABLE t; ALTER PUBLICATION %1$s ADD TABLE t",
                "ALTER PUBLICATION %1$s SET TABLE t WHERE (id > 1), shoofly.markers",
                "ALTER PUBLICATION %1$s SET (publish = 'insert')",
                "DROP PUBLICATION %1$s"
            })
    void changesThatAreNoLongerPublishedAreFoundEvenIfTheyAreAgain(String ddl) throws SQLException {
        withRollback(
                ddl.formatted(publication),
                connection -> assertThat(PostgresSourceWatch.changeOfPublication(connection, plan))
                        .hasValueSatisfying(change -> assertThat(change).contains(publication)));
    }

    @Test
    void nothingIsFoundWhenNothingWasChanged() {
        assertThat(lab.database.sourceWatch(plan).change()).isEmpty();
    }

    /** What is looked at in the transaction that changed it. */
    @FunctionalInterface
    private interface Look {
        void at(Connection connection) throws SQLException;
    }

    private static void withRollback(String statements, Look look) throws SQLException {
        try (Connection connection = lab.connect()) {
            connection.setAutoCommit(false);
            ConnectionPool.execute(connection, statements);
            look.at(connection);
            connection.rollback();
        }
    }
}
