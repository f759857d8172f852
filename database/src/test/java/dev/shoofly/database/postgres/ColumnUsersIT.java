package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.NativeAlter;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.Strategy;
import dev.shoofly.model.TableName;
import java.sql.SQLException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the server refuses for the sake of something that does not hang on an empty copy of the table. */
class ColumnUsersIT {
    private Lab lab;

    @BeforeEach
    void create() throws SQLException {
        lab = Lab.open();
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY, v varchar(9), w varchar(9), x varchar(9), y varchar(9), code int UNIQUE)",
                "CREATE VIEW reads_v AS SELECT id FROM t WHERE v = 'a'",
                "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
                "CREATE TRIGGER on_w AFTER UPDATE OF w ON t EXECUTE FUNCTION nothing()",
                "CREATE POLICY only_x ON t USING (x = 'a')",
                "CREATE TABLE child (code int REFERENCES t (code))",
                "CREATE INDEX by_y ON t (y)");
    }

    @AfterEach
    void close() throws SQLException {
        lab.close();
    }

    private NativeAlter.Assessment assess(String alter) {
        return lab.database
                .nativeAlter()
                .assess(MigrationId.random(new Random()), new TableName("public", "t"), List.of(alter));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "DROP COLUMN v | column \"v\" is used by view public.reads_v",
                "DROP v RESTRICT | column \"v\" is used by view public.reads_v",
                "ALTER v TYPE text | column \"v\" is used by view public.reads_v",
                "ALTER w TYPE text | column \"w\" is used by trigger on_w on table public.t",
                "DROP w | column \"w\" is used by trigger on_w on table public.t",
                "ALTER x TYPE text | column \"x\" is used by policy only_x on table public.t",
                "DROP COLUMN IF EXISTS code | column \"code\" is used by constraint child_code_fkey on table public.child",
                "DROP v CASCADE, DROP x | column \"x\" is used by policy only_x on table public.t"
            })
    void whatTheServerWouldRefuseIsRefusedBeforeItIsAsked(String alter, String why) {
        assertThatThrownBy(() -> assess(alter))
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContainingAll(why, "drop what uses it first", "Nothing was changed");
        // Nor is it refused too much.
        assertThatThrownBy(() -> lab.run("ALTER TABLE t " + alter)).hasStackTraceContaining("depend");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "DROP COLUMN v CASCADE",
                "DROP IF EXISTS v CASCADE",
                "DROP COLUMN IF EXISTS code CASCADE",
                "ALTER y TYPE text",
                "DROP y",
                "ALTER v SET DEFAULT 'b'",
                "RENAME v TO other"
            })
    void whatTheServerDoesAllTheSameIsNotRefused(String alter) {
        assertThat(assess(alter).plan().orElseThrow().strategy()).isEqualTo(Strategy.INSTANT);
        lab.run("ALTER TABLE t " + alter);
    }

    @Test
    void severalObjectionsAreSaidAtOnce() {
        assertThatThrownBy(() -> assess("ALTER v TYPE text, DROP x"))
                .hasMessageContainingAll("\"v\" is used by view", "; column \"x\" is used by policy");
    }
}
