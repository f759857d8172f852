package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is refused says what to do instead, and the server does that while the application works. */
class UnfitStatementsIT {
    private static final TableName T = new TableName("public", "t");
    private Lab lab;

    @BeforeEach
    void create() throws SQLException {
        lab = Lab.open();
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY, v text)",
                "CREATE INDEX by_v ON t (v)",
                "INSERT INTO t SELECT g, g FROM generate_series(1, 9) g");
    }

    @AfterEach
    void close() throws SQLException {
        lab.close();
    }

    private void assess(String... alters) {
        lab.database.nativeAlter().assess(MigrationId.random(new Random()), T, List.of(alters));
    }

    private static void isRefused(ThrowingCallable attempt, String why) {
        assertThatThrownBy(attempt)
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContaining(why)
                .hasMessageEndingWith(". Nothing was changed.");
    }

    @Test
    void aCommentIsMadeWithoutAMigration() throws SQLException {
        String comment = "COMMENT ON TABLE t IS 'of tea'";
        isRefused(
                () -> assess(comment),
                "Run it yourself, before the migration, which carries comments over, or after it");
        isRefused(
                () -> lab.prepare("t", "ALTER COLUMN id TYPE bigint", comment), "COMMENT ON is no part of ALTER TABLE");
        besideAWriter(comment);
        assertThat(lab.value("SELECT obj_description('t'::regclass)")).isEqualTo("of tea");
    }

    @Test
    void anIndexIsMovedByBuildingItAnew() {
        String move = "ALTER INDEX by_v SET TABLESPACE pg_default";
        String instead = "REINDEX (TABLESPACE …) INDEX CONCURRENTLY …, which needs no migration: run it yourself";
        isRefused(() -> assess(move), instead);
        isRefused(() -> lab.prepare("t", move), instead);
        isRefused(() -> assess("ALTER INDEX ALL IN TABLESPACE pg_default SET TABLESPACE other"), instead);
        String before = lab.value("SELECT pg_relation_filenode('by_v')");
        lab.run("REINDEX (TABLESPACE pg_default) INDEX CONCURRENTLY by_v");
        assertThat(lab.value("SELECT pg_relation_filenode('by_v')")).isNotEqualTo(before);
    }

    @Test
    void anIndexIsDroppedOrRenamedWithoutAShadow() {
        for (String alter : List.of("DROP INDEX by_v", "ALTER INDEX by_v RENAME TO other")) {
            isRefused(
                    () -> lab.prepare("t", "ALTER COLUMN id TYPE bigint", alter),
                    "Do it in a migration of its own, or give --split");
            assess(alter);
        }
    }

    private void besideAWriter(String statement) throws SQLException {
        try (Connection writer = lab.connect();
                Statement write = writer.createStatement();
                Connection own = lab.connect();
                Statement run = own.createStatement()) {
            writer.setAutoCommit(false);
            write.execute("UPDATE t SET v = 'x' WHERE id = 1");
            run.execute("SET lock_timeout = '20s'");
            run.execute(statement);
            writer.rollback();
        }
    }
}
