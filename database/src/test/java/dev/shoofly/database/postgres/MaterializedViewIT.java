package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.TableSwap;
import dev.shoofly.database.TableSwap.Direction;
import dev.shoofly.database.TableSwap.Outcome;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A materialised view's query is bound to the table for good, and filling one takes its time. */
class MaterializedViewIT {
    private static final CutoverSettings SETTINGS =
            new CutoverSettings(CutoverMode.AUTO, Duration.ofSeconds(2), Duration.ofSeconds(2), 1000, 1);
    private static final String[] EVERYTHING = {
        """
        DO $$ BEGIN
          IF to_regrole('"A reader"') IS NULL THEN CREATE ROLE "A reader"; END IF;
          IF to_regrole('keeper') IS NULL THEN CREATE ROLE keeper; END IF;
        END $$
        """,
        "CREATE SCHEMA \"Sales\"; CREATE SCHEMA reports; GRANT USAGE, CREATE ON SCHEMA reports, \"Sales\" TO keeper",
        "CREATE TABLE \"Sales\".kinds (id int PRIMARY KEY, name text); INSERT INTO \"Sales\".kinds VALUES (1, 'one')",
        "CREATE TABLE \"Sales\".\"Orders\" (id int PRIMARY KEY, note text, amount int)",
        "INSERT INTO \"Sales\".\"Orders\" SELECT n, 'note ' || n, 1 FROM generate_series(1, 20) n",
        "GRANT SELECT ON ALL TABLES IN SCHEMA \"Sales\" TO keeper",
        "CREATE MATERIALIZED VIEW reports.\"by Kind\" (\"Kind\", number, words) WITH (fillfactor = 71) AS SELECT k.name,"
                + " count(*), max(o.note) FROM \"Sales\".\"Orders\" o JOIN \"Sales\".kinds k ON k.id = o.amount GROUP BY 1",
        "CREATE UNIQUE INDEX \"one Kind\" ON reports.\"by Kind\" (\"Kind\")",
        "CREATE INDEX sized ON reports.\"by Kind\" (number DESC) WHERE number > 0",
        "COMMENT ON INDEX reports.sized IS 'an index'; ALTER MATERIALIZED VIEW reports.\"by Kind\" CLUSTER ON \"one Kind\"",
        "COMMENT ON MATERIALIZED VIEW reports.\"by Kind\" IS 'it''s one'",
        "COMMENT ON COLUMN reports.\"by Kind\".number IS 'how many'",
        "ALTER MATERIALIZED VIEW reports.\"by Kind\" ALTER words SET STORAGE EXTERNAL, ALTER words SET STATISTICS 7",
        "ALTER MATERIALIZED VIEW reports.\"by Kind\" OWNER TO keeper",
        "GRANT SELECT ON reports.\"by Kind\" TO \"A reader\" WITH GRANT OPTION; GRANT SELECT (words) ON reports.\"by Kind\""
                + " TO PUBLIC",
        "CREATE MATERIALIZED VIEW reports.later AS SELECT id, note FROM \"Sales\".\"Orders\" WITH NO DATA",
    };
    private static final String[] ALTERS = {
        "RENAME COLUMN id TO \"Order Id\"", "ALTER amount SET DEFAULT 3, ADD COLUMN extra int"
    };
    private Lab lab;

    @BeforeEach
    void open() throws SQLException {
        lab = Lab.open(TestServers.postgres(PostgresVersion.V17), point -> {});
    }

    @AfterEach
    void close() throws SQLException {
        lab.close();
    }

    private static MigrationPlan ready(Lab lab, String table, String... alters) {
        MigrationPlan plan = lab.prepare(table, alters);
        lab.copyAll(plan, 100);
        lab.run("UPDATE shoofly.migrations SET state = 'READY' WHERE id = '" + plan.id() + "'");
        return plan;
    }

    private static TableSwap swapped(Lab lab, MigrationPlan plan, Direction direction) {
        TableSwap swap = lab.database.swap(plan, direction);
        assertThat(swap.attempt(SETTINGS, 1, (progress, timeout, most) -> TableSwap.Drained.of(List.of())))
                .isInstanceOf(Outcome.Swapped.class);
        swap.finish();
        return swap;
    }

    private static List<String> described(Lab lab) {
        return lab.rows("""
                WITH r AS (SELECT c.*, c.oid::regclass AS name FROM pg_class c
                           WHERE c.relnamespace IN ('reports'::regnamespace, '"Sales"'::regnamespace) AND c.relkind = 'm')
                SELECT line FROM (
                SELECT concat_ws(' ', 'column', name, a.attname, format_type(a.atttypid, a.atttypmod), a.attacl,
                       a.attstorage, a.attstattarget, col_description(r.oid, a.attnum)) AS line
                FROM r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
                UNION ALL SELECT concat_ws(' ', 'index', pg_get_indexdef(i.indexrelid), i.indisclustered, i.indisvalid,
                       obj_description(i.indexrelid, 'pg_class')) FROM r JOIN pg_index i ON i.indrelid = r.oid
                UNION ALL SELECT concat_ws(' ', 'relation', name, relacl, reloptions, relowner::regrole, relispopulated,
                       obj_description(r.oid, 'pg_class'), pg_get_viewdef(r.oid)) FROM r
                ) lines ORDER BY line COLLATE "C"
                """);
    }

    @ParameterizedTest
    @EnumSource
    void isInTheEndWhatTheServersOwnAlterMakesOfItAndCanBeReadAllTheTime(PostgresVersion version) throws SQLException {
        try (Lab own = Lab.open(TestServers.postgres(version), point -> {});
                Lab ours = Lab.open(TestServers.postgres(version), point -> {})) {
            for (Lab each : List.of(own, ours)) {
                each.run(EVERYTHING);
                each.run(
                        "CREATE TABLE words AS SELECT 'word' AS w",
                        "CREATE FUNCTION word() RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT w FROM words); END'",
                        "CREATE MATERIALIZED VIEW reports.zoned AS SELECT id, ('2026-01-01 23:30+00'::timestamptz)::date AS day"
                                // Until then a REFRESH finds such a table by the session's search_path.
                                + (version.compareTo(PostgresVersion.V17) < 0 ? ", word()" : "")
                                + " FROM \"Sales\".\"Orders\"",
                        "ALTER DATABASE " + each.databaseName + " SET TimeZone = 'Europe/Berlin'",
                        "ALTER DATABASE " + each.databaseName + " SET DateStyle = 'SQL, DMY'");
            }
            for (String alter : ALTERS) {
                own.run("ALTER TABLE \"Sales\".\"Orders\" " + alter);
            }
            assertThat(ours.database
                            .preparation()
                            .warnings(ours.database.preparation().resolve("\"Sales\".\"Orders\""))
                            .toString())
                    .contains(
                            "materialised views reports.\"by Kind\", reports.later, reports.zoned go on reading the old table");
            MigrationPlan plan = ready(ours, "\"Sales\".\"Orders\"", ALTERS);
            TableSwap swap = swapped(ours, plan, Direction.FORWARD);
            ours.run("DELETE FROM \"Sales\".\"Orders\" WHERE \"Order Id\" > 5");
            assertThat(ours.rows("SELECT number FROM reports.\"by Kind\""))
                    .as("what it held stays, as it would have")
                    .containsExactly("(20)");
            // One that died before it could exchange them.
            ours.run("CREATE MATERIALIZED VIEW reports.\"_" + plan.id() + "_m1\" AS SELECT 1");
            swap.settle();
            swap.settle();
            assertThat(ours.rows("SELECT number FROM reports.\"by Kind\"")).containsExactly("(5)");
            assertThat(ours.rows("SELECT DISTINCT day FROM reports.zoned"))
                    .as("as a REFRESH in the database's time zone has it, not in ours")
                    .containsExactly("(2026-01-02)");
            assertThatThrownBy(() -> ours.run("TABLE reports.later")).hasMessageContaining("has not been populated");
            ours.run("DROP TABLE " + PostgresNames.quote(plan.old()));
            assertThat(described(ours)).containsExactlyElementsOf(described(own));
            ours.run("REFRESH MATERIALIZED VIEW CONCURRENTLY reports.\"by Kind\"");
        }
    }

    @Test
    void neverLeavesATableThatIsBroughtBack() {
        lab.run(EVERYTHING);
        List<String> before = described(lab);
        MigrationPlan plan = ready(lab, "\"Sales\".\"Orders\"", ALTERS);
        swapped(lab, plan, Direction.FORWARD);
        MigrationPlan back = lab.database.wayBack(plan, List.of()).open(1, Instant.EPOCH);
        lab.run("DELETE FROM \"Sales\".\"Orders\" WHERE \"Order Id\" = 1");
        lab.reconcile(back, RowKey.of("1"));
        lab.run("REFRESH MATERIALIZED VIEW reports.\"by Kind\"");
        assertThat(lab.rows("SELECT number FROM reports.\"by Kind\""))
                .as("the old table is kept up to date")
                .containsExactly("(19)");
        swapped(lab, back, Direction.BACK);
        lab.run("DROP TABLE " + PostgresNames.quote(back.old()));
        assertThat(described(lab)).containsExactlyElementsOf(before);
        lab.run("REFRESH MATERIALIZED VIEW reports.\"by Kind\"");
    }

    /** Whoever reads it for long holds up the exchange, and not those who come after. */
    @Test
    void readersDoNotQueueBehindTheExchange() throws Exception {
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY)",
                "INSERT INTO t VALUES (1)",
                "CREATE MATERIALIZED VIEW m AS SELECT count(*) AS n FROM t");
        MigrationPlan plan = ready(lab, "t", "ADD COLUMN extra int");
        TableSwap swap = swapped(lab, plan, Direction.FORWARD);
        lab.run("INSERT INTO t VALUES (2)");
        try (Connection reader = lab.connect();
                Statement statement = reader.createStatement()) {
            reader.setAutoCommit(false);
            statement.executeQuery("SELECT * FROM m").close();
            CompletableFuture<Void> settled = CompletableFuture.runAsync(swap::settle);
            while (lab.rows("SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'm'::regclass")
                    .isEmpty()) {
                assertThat(settled).isNotDone();
            }
            for (int i = 0; i < 20; i++) {
                lab.run("SET statement_timeout = '5s'; SELECT * FROM m");
            }
            lab.run("ALTER MATERIALIZED VIEW m SET (fillfactor = 73)");
            assertThat(settled).isNotDone();
            reader.rollback();
            settled.get();
        }
        assertThat(lab.rows("SELECT n FROM m")).containsExactly("(2)");
        assertThat(lab.rows("SELECT reloptions FROM pg_class WHERE oid = 'm'::regclass"))
                .as("what was changed while it waited is not lost")
                .containsExactly("({fillfactor=73})");
    }

    /** The index of the new one cannot be had: the migration says so, and goes on when it can. */
    @Test
    void whatStandsAgainstItIsNamedAndTheOldOneStays() {
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY, n int)",
                "INSERT INTO t VALUES (1, 1)",
                "CREATE MATERIALIZED VIEW m AS SELECT n FROM t",
                "CREATE UNIQUE INDEX one ON m (n)");
        MigrationPlan plan = ready(lab, "t", "ADD COLUMN extra int");
        TableSwap swap = swapped(lab, plan, Direction.FORWARD);
        lab.run("INSERT INTO t VALUES (2, 1)");
        assertThatThrownBy(swap::settle)
                .hasMessageContaining("public.m")
                .hasMessageContaining("(n)=(1)")
                .hasMessageContaining("resume " + plan.id());
        assertThat(lab.rows("SELECT n FROM m")).containsExactly("(1)");
        lab.run("UPDATE t SET n = 2 WHERE id = 2");
        swap.settle();
        assertThat(lab.rows("SELECT n FROM m ORDER BY n")).containsExactly("(1)", "(2)");
    }
}
