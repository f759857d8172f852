package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.ChangeLog;
import dev.shoofly.database.Database;
import dev.shoofly.database.NativeAlter;
import dev.shoofly.database.ShadowTrial;
import dev.shoofly.database.TableSwap;
import dev.shoofly.database.TableSwap.Outcome;
import dev.shoofly.database.disk.TableSize;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.TableName;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A partitioned table and all its partitions are what the server's own ALTER makes of them, or it is refused before. */
class PartitionedIT {
    private static final CutoverSettings SETTINGS =
            new CutoverSettings(CutoverMode.AUTO, Duration.ofMillis(300), Duration.ofMillis(500), 1000, 1);
    private static final TableSwap.Remainder NOTHING = (progress, timeout, most) -> TableSwap.Drained.of(List.of());
    private static final String ROLES = """
            DO $$ BEGIN
              IF to_regrole('"A clerk"') IS NULL THEN CREATE ROLE "A clerk"; END IF;
            END $$
            """;
    /** Ranges, lists, hashes and defaults; a partition made by itself; names that the server would not give. */
    private static final String EVERYTHING = """
            CREATE TABLE log (line text);
            CREATE FUNCTION written() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
              INSERT INTO public.log VALUES (TG_NAME || ' ' || TG_OP); RETURN NEW; END $$;
            CREATE TABLE "Events" (id bigserial, "At" timestamptz NOT NULL, region text COLLATE "C" NOT NULL DEFAULT 'eu',
              note varchar(40), amount numeric(10,2) CONSTRAINT positive CHECK (amount >= 0), legacy int DEFAULT 0,
              twice numeric GENERATED ALWAYS AS (id * 2) STORED, CONSTRAINT "the Key" PRIMARY KEY (id, "At", region))
              PARTITION BY RANGE ("At");
            CREATE TABLE "Events 2023" PARTITION OF "Events" FOR VALUES FROM (MINVALUE) TO ('2024-01-01+00');
            CREATE TABLE made_alone (LIKE "Events" INCLUDING ALL);
            ALTER TABLE made_alone ADD CONSTRAINT own_check CHECK (note <> 'never'), ALTER note SET DEFAULT 'own';
            ALTER TABLE "Events" ATTACH PARTITION made_alone FOR VALUES FROM ('2024-01-01+00') TO ('2025-01-01+00');
            CREATE TABLE later PARTITION OF "Events" FOR VALUES FROM ('2025-01-01+00') TO (MAXVALUE) PARTITION BY LIST (region);
            CREATE TABLE later_eu PARTITION OF later FOR VALUES IN ('eu', 'it''s') PARTITION BY HASH (id);
            CREATE TABLE later_eu_0 PARTITION OF later_eu FOR VALUES WITH (MODULUS 2, REMAINDER 0);
            CREATE TABLE later_eu_1 PARTITION OF later_eu FOR VALUES WITH (MODULUS 2, REMAINDER 1);
            CREATE TABLE later_rest PARTITION OF later DEFAULT;
            CREATE TABLE unknown PARTITION OF "Events" DEFAULT;
            CREATE INDEX by_note ON "Events" (note DESC, id) WHERE note IS NOT NULL;
            CREATE INDEX by_amount ON "Events" (amount) WITH (fillfactor = 80);
            CREATE UNIQUE INDEX once ON "Events" (note, region, id, "At");
            ALTER INDEX "Events 2023_note_id_idx" RENAME TO by_amount_2023;
            ALTER INDEX later_eu_0_amount_idx RENAME TO "Events 2023_note_id_idx";
            CREATE INDEX own_index ON later_rest (lower(note));
            CREATE INDEX later_only ON later (legacy);
            CREATE STATISTICS pairs ON region, note FROM later_rest;
            COMMENT ON INDEX by_amount_2023 IS 'a part of it';
            COMMENT ON TABLE later_eu_1 IS 'odd ones';
            COMMENT ON COLUMN unknown.note IS 'whatever';
            COMMENT ON TABLE "Events" IS 'all of them';
            COMMENT ON CONSTRAINT "the Key" ON "Events" IS 'by which they are told apart';
            ALTER TABLE later_eu_1 SET (fillfactor = 70, autovacuum_enabled = off);
            ALTER TABLE later_eu_1 ALTER note SET STATISTICS 500, ALTER amount SET (n_distinct = 7);
            ALTER TABLE unknown ALTER note SET STORAGE EXTERNAL;
            ALTER TABLE "Events 2023" CLUSTER ON "Events 2023_pkey";
            ALTER TABLE later_eu_0 SET TABLESPACE shoofly_elsewhere;
            ALTER INDEX later_rest_amount_idx SET TABLESPACE shoofly_elsewhere;
            ALTER TABLE later_rest OWNER TO "A clerk";
            GRANT SELECT ON "Events" TO "A clerk";
            GRANT UPDATE (note) ON unknown TO "A clerk";
            GRANT INSERT ON made_alone TO PUBLIC;
            CREATE TRIGGER "on Note" AFTER UPDATE OF note ON "Events" FOR EACH ROW EXECUTE FUNCTION written('a');
            CREATE TRIGGER asleep BEFORE DELETE ON "Events" FOR EACH ROW EXECUTE FUNCTION written();
            CREATE TRIGGER inserted AFTER INSERT ON "Events" FOR EACH STATEMENT EXECUTE FUNCTION written();
            ALTER TABLE "Events" DISABLE TRIGGER asleep, ENABLE ALWAYS TRIGGER "on Note";
            CREATE POLICY own ON "Events" FOR SELECT TO "A clerk" USING (note <> '?');
            ALTER TABLE "Events" ENABLE ROW LEVEL SECURITY;
            CREATE VIEW noted AS SELECT id, note FROM "Events" WHERE note <> '?';
            CREATE PUBLICATION "all of it" FOR TABLE "Events", log;
            INSERT INTO "Events" ("At", region, note, amount)
              SELECT '2023-06-01+00'::timestamptz + i * interval '9 days', (ARRAY['eu', 'us', 'it''s'])[1 + i %% 3], 'n' || i, i
              FROM generate_series(1, 150) i;
            TRUNCATE log
            """.replace("%%", "%");

    private Lab lab;

    @BeforeEach
    void open() throws SQLException {
        lab = Lab.open(TestServers.postgres(PostgresVersion.V17), point -> {});
    }

    @AfterEach
    void close() throws SQLException {
        lab.close();
    }

    /** What belongs to the whole server. */
    private static void makePlaces(Lab lab) {
        lab.run(ROLES);
        if (lab.rows("SELECT 1 FROM pg_tablespace WHERE spcname = 'shoofly_elsewhere'")
                .isEmpty()) {
            lab.run("SET allow_in_place_tablespaces = on", "CREATE TABLESPACE shoofly_elsewhere LOCATION ''");
        }
    }

    private static MigrationPlan ready(Lab lab, String table, String... alters) {
        MigrationPlan plan = lab.prepareWithLateIndexes(table, alters);
        lab.copyAll(plan, 40);
        lab.run("UPDATE shoofly.migrations SET state = 'READY' WHERE id = '" + plan.id() + "'");
        return plan;
    }

    private static void swap(Lab lab, MigrationPlan plan) {
        TableSwap swap = lab.database.swap(plan);
        assertThat(swap.attempt(SETTINGS, 1, NOTHING)).isInstanceOf(Outcome.Swapped.class);
        swap.finish();
    }

    @ParameterizedTest
    @EnumSource
    void theCatalogIsWhatTheServersOwnAlterMakesOfIt(PostgresVersion version) throws SQLException {
        try (Lab own = Lab.open(TestServers.postgres(version), point -> {});
                Lab ours = Lab.open(TestServers.postgres(version), point -> {})) {
            for (Lab each : List.of(own, ours)) {
                makePlaces(each);
                each.run(EVERYTHING);
            }
            List<String> untouched = described(own);
            own.run(
                    "ALTER TABLE \"Events\" ALTER amount TYPE numeric(14,4)",
                    "ALTER TABLE \"Events\" ADD COLUMN status varchar(10) NOT NULL DEFAULT 'new', DROP COLUMN legacy",
                    "ALTER TABLE \"Events\" RENAME COLUMN region TO place",
                    "CREATE INDEX by_status ON \"Events\" (status)",
                    "ALTER TABLE \"Events\" RENAME CONSTRAINT positive TO not_negative");
            MigrationPlan plan = ready(
                    ours,
                    "\"Events\"",
                    "ALTER amount TYPE numeric(14,4)",
                    "ADD COLUMN status varchar(10) NOT NULL DEFAULT 'new', DROP COLUMN legacy",
                    "RENAME COLUMN region TO place",
                    "CREATE INDEX by_status ON \"Events\" (status)",
                    "RENAME CONSTRAINT positive TO not_negative");
            swap(ours, plan);
            ours.run("DROP TABLE " + PostgresNames.quote(plan.old()));

            assertThat(described(own)).isNotEqualTo(untouched);
            assertThat(described(ours)).containsExactlyElementsOf(described(own));
            String rows = "SELECT tableoid::regclass, e.* FROM \"Events\" e ORDER BY id";
            assertThat(ours.rows(rows)).hasSize(150).containsExactlyElementsOf(own.rows(rows));
            assertThat(ours.rows("SELECT * FROM log"))
                    .as("nothing that we did fired anything")
                    .isEmpty();
            ours.run("INSERT INTO \"Events\" (\"At\", note) VALUES ('2026-01-01', 'next')");
            assertThat(ours.rows("SELECT id FROM \"Events\" WHERE note = 'next'"))
                    .as("the sequence goes on")
                    .containsExactly("(151)");
        }
    }

    @ParameterizedTest
    @EnumSource
    void broughtBackTheCatalogIsWhatItWas(PostgresVersion version) throws SQLException {
        try (Lab own = Lab.open(TestServers.postgres(version), point -> {})) {
            makePlaces(own);
            own.run(EVERYTHING);
            List<String> before = described(own);
            MigrationPlan plan = ready(own, "\"Events\"", "ADD COLUMN extra int", "DROP COLUMN legacy");
            swap(own, plan);
            MigrationPlan back = own.database.wayBack(plan, List.of()).open(1, Instant.EPOCH);
            // From one partition to another, and from there to a third.
            own.run(
                    "UPDATE \"Events\" SET \"At\" = '2023-01-01+00', note = 'moved' WHERE id = 100",
                    "UPDATE \"Events\" SET region = 'us', \"At\" = '2026-01-01+00' WHERE id = 7",
                    "DELETE FROM \"Events\" WHERE id = 8");
            List<String> rows = own.rows("SELECT id, \"At\", region, note FROM \"Events\" ORDER BY id");
            own.reconcile(back, keysOf(own, PostgresNames.quote(back.shadow())));
            own.reconcile(back, keysOf(own, PostgresNames.quote(back.source())));
            own.run("TRUNCATE log");

            TableSwap swap = own.database.swap(back, TableSwap.Direction.BACK);
            assertThat(swap.isSwapped()).isFalse();
            assertThat(swap.attempt(SETTINGS, 1, NOTHING)).isInstanceOf(Outcome.Swapped.class);
            swap.finish();
            assertThat(swap.isSwapped()).isTrue();
            own.run("DROP TABLE " + PostgresNames.quote(back.old()));
            assertThat(described(own)).containsExactlyElementsOf(before);
            assertThat(own.rows("SELECT id, \"At\", region, note FROM \"Events\" ORDER BY id"))
                    .containsExactlyElementsOf(rows);
            assertThat(own.rows("SELECT * FROM log")).isEmpty();
            own.run("INSERT INTO later_rest (id, \"At\", region) VALUES (1000, '2026-01-01', 'there')");
        }
    }

    private static List<RowKey> keysOf(Lab lab, String table) {
        return lab
                .rows(
                        "SELECT format('%s|%s|%s', id, to_char(\"At\" AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), region)"
                                + " FROM " + table)
                .stream()
                .map(row -> row.replaceAll("^\\(\"?|\"?\\)$", "").split("\\|"))
                .map(RowKey::of)
                .toList();
    }

    /** Everything in the schema that a user can see. */
    private static List<String> described(Lab lab) {
        return lab.rows("""
                WITH r AS (SELECT c.*, c.oid::regclass AS name FROM pg_class c
                           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v'))
                SELECT line FROM (
                SELECT concat_ws(' ', 'column', name, row_number() OVER (PARTITION BY r.oid ORDER BY attnum), a.attname,
                       format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attacl, a.attstorage, a.attislocal,
                       a.attinhcount, a.attstattarget, a.attoptions, a.attidentity, a.attgenerated,
                       col_description(r.oid, a.attnum), pg_get_expr(d.adbin, d.adrelid)) AS line
                FROM r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
                LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                UNION ALL SELECT concat_ws(' ', 'index', pg_get_indexdef(i.indexrelid), i.indisprimary, i.indisclustered,
                       i.indisvalid, (SELECT h.inhparent::regclass FROM pg_inherits h WHERE h.inhrelid = i.indexrelid),
                       obj_description(i.indexrelid, 'pg_class')) FROM r JOIN pg_index i ON i.indrelid = r.oid
                UNION ALL SELECT concat_ws(' ', 'constraint', name, conname, pg_get_constraintdef(c.oid), convalidated,
                       conislocal, coninhcount, conparentid <> 0, obj_description(c.oid, 'pg_constraint'))
                FROM r JOIN pg_constraint c ON c.conrelid = r.oid
                UNION ALL SELECT concat_ws(' ', 'trigger', name, pg_get_triggerdef(g.oid), g.tgenabled, g.tgparentid <> 0)
                FROM r JOIN pg_trigger g ON g.tgrelid = r.oid
                UNION ALL SELECT concat_ws(' ', 'policy', name, p.polname, p.polroles::regrole[]) FROM r
                JOIN pg_policy p ON p.polrelid = r.oid
                UNION ALL SELECT concat_ws(' ', 'rule', name, pg_get_ruledef(w.oid)) FROM r
                JOIN pg_rewrite w ON w.ev_class = r.oid
                UNION ALL SELECT concat_ws(' ', 'relation', name, relkind, relacl, reloptions, relowner::regrole,
                       relrowsecurity, relforcerowsecurity, relreplident, relispartition, reltablespace,
                       (SELECT amname FROM pg_am WHERE pg_am.oid = relam), pg_get_expr(relpartbound, oid),
                       CASE relkind WHEN 'p' THEN pg_get_partkeydef(oid) END,
                       (SELECT h.inhparent::regclass FROM pg_inherits h WHERE h.inhrelid = r.oid),
                       obj_description(r.oid, 'pg_class')) FROM r
                UNION ALL SELECT concat_ws(' ', 'statistics', pg_get_statisticsobjdef(s.oid)) FROM pg_statistic_ext s
                UNION ALL SELECT concat_ws(' ', 'sequence', s.relname, s.relacl, d.refobjid::regclass, d.refobjsubid > 0)
                FROM pg_class s LEFT JOIN pg_depend d ON d.objid = s.oid AND d.deptype IN ('a', 'i')
                  AND d.classid = 'pg_class'::regclass WHERE s.relkind = 'S' AND s.relnamespace = 'public'::regnamespace
                UNION ALL SELECT concat_ws(' ', 'published', p.*) FROM pg_publication_tables p
                ) lines ORDER BY line COLLATE "C"
                """);
    }

    /** Until PostgreSQL 17 a partition has no identity, and from then on its table's. */
    @ParameterizedTest
    @EnumSource
    void anIdentityGoesOnThereAndBack(PostgresVersion version) throws SQLException {
        try (Lab own = Lab.open(TestServers.postgres(version), point -> {})) {
            own.run(
                    "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v int) PARTITION BY RANGE (id)",
                    "CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (3)",
                    "CREATE TABLE p2 PARTITION OF t DEFAULT",
                    "INSERT INTO t (v) VALUES (1), (2), (3)");
            List<String> before = described(own);
            MigrationPlan plan = ready(own, "t", "ADD COLUMN w int");
            swap(own, plan);
            own.run("INSERT INTO t (v) VALUES (4)");
            MigrationPlan back = own.database.wayBack(plan, List.of()).open(1, Instant.EPOCH);
            own.run("INSERT INTO t (v) VALUES (5)");
            own.reconcile(back, RowKey.of("4"), RowKey.of("5"));
            assertThat(own.database.swap(back, TableSwap.Direction.BACK).attempt(SETTINGS, 1, NOTHING))
                    .isInstanceOf(Outcome.Swapped.class);
            own.run("DROP TABLE " + PostgresNames.quote(back.old()), "INSERT INTO t (v) VALUES (6)");
            assertThat(own.rows("SELECT id, v FROM t ORDER BY id"))
                    .containsExactly("(1,1)", "(2,2)", "(3,3)", "(4,4)", "(5,5)", "(6,6)");
            assertThat(described(own)).containsExactlyElementsOf(before);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ADD COLUMN w int DEFAULT 7 | INSTANT",
                "ALTER v TYPE bigint | shadow",
                "ADD CHECK (v > 0) | shadow",
                "ADD UNIQUE (id, v) | shadow",
                "CREATE INDEX by_v ON t (v) | shadow"
            })
    void whatTheServerDoesInAMomentItDoesForAllPartitions(String alter, String strategy) {
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY, v int) PARTITION BY RANGE (id)",
                "CREATE TABLE p1 PARTITION OF t DEFAULT",
                "INSERT INTO t VALUES (1, 1)");
        NativeAlter.Assessment assessment = lab.database
                .nativeAlter()
                .assess(MigrationId.random(new Random()), new TableName("public", "t"), List.of(alter));
        assertThat(assessment.plan().map(plan -> plan.strategy().name()).orElse("shadow"))
                .isEqualTo(strategy);
    }

    /** The server names the part of an index that it met, not the index. */
    @Test
    void aUniqueValueThatMovesWithinAPartitionArrives() {
        lab.run(
                "CREATE TABLE t (id int, day int, code text, PRIMARY KEY (id, day), CONSTRAINT one_code UNIQUE (day, code))"
                        + " PARTITION BY RANGE (day)",
                "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10)",
                "CREATE TABLE t2 PARTITION OF t DEFAULT",
                "INSERT INTO t VALUES (1, 5, 'a'), (2, 5, 'b'), (1, 50, 'a'), (2, 50, 'b')");
        MigrationPlan plan = ready(lab, "t", "ADD COLUMN w int");
        for (int day : new int[] {5, 50}) {
            lab.run(
                    "UPDATE t SET code = 'x' WHERE id = 1 AND day = " + day,
                    "UPDATE t SET code = 'a' WHERE id = 2 AND day = " + day);
            // The one that took the value comes first.
            lab.reconcile(plan, RowKey.of("2", String.valueOf(day)));
            lab.reconcile(plan, RowKey.of("1", String.valueOf(day)));
        }
        String rows = "SELECT id, day, code FROM %s ORDER BY day, id";
        assertThat(lab.rows(rows.formatted(Lab.shadow(plan)))).containsExactlyElementsOf(lab.rows(rows.formatted("t")));
    }

    /** Rows of different partitions may be in the same place of their files. */
    @Test
    void realDuplicatesAreFoundBesideRowsInTheSamePlaceOfAnotherPartition() {
        lab.run(
                "CREATE TABLE t (id int, day int, code text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day)",
                "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10)",
                "CREATE TABLE t2 PARTITION OF t DEFAULT",
                "INSERT INTO t VALUES (1, 5, 'x'), (2, 5, 'y'), (1, 50, 'a'), (2, 50, 'a')");
        MigrationPlan plan = lab.prepare("t", "ADD CONSTRAINT one_code UNIQUE (day, code)");
        List<RowKey> keys =
                List.of(RowKey.of("1", "5"), RowKey.of("2", "5"), RowKey.of("1", "50"), RowKey.of("2", "50"));
        assertThatThrownBy(() -> lab.database.reconciler(plan).apply(lab.batch(plan, 0, keys, Set.of())))
                .hasMessageContaining("\"one_code\"")
                .hasMessageContaining("50, a");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "CREATE TABLE p3 PARTITION OF t FOR VALUES FROM (20) TO (30) | new: partition public.p3",
                "CREATE TABLE p3 (LIKE t); ALTER TABLE t ATTACH PARTITION p3 FOR VALUES FROM (20) TO (30) | new: partition public.p3",
                "ALTER TABLE t DETACH PARTITION p1 | gone: partition public.p1",
                "ALTER TABLE t DETACH PARTITION p1; INSERT INTO p1 VALUES (5); ALTER TABLE t ATTACH PARTITION p1 FOR VALUES FROM (0) TO (10) | new: partition public.p1",
                "DROP TABLE p1 | gone: partition public.p1",
                "DROP TABLE s1; CREATE TABLE s1 PARTITION OF p2 FOR VALUES IN (1) | partition public.s1",
                "TRUNCATE p1 | partition public.p1: rows in file",
                "TRUNCATE t | partition public.p1: rows in file",
                "ALTER TABLE p1 RENAME TO p0 | new: partition public.p0",
                "CREATE INDEX own ON s1 (v) | new: partition public.s1: index CREATE INDEX own",
                "ALTER TABLE s1 REPLICA IDENTITY FULL | new: partition public.s1: replica identity f",
                "CREATE VIEW seen AS SELECT * FROM s1 | new: partition public.s1: view public.seen"
            })
    void whatBecomesOfAPartitionMeanwhileEndsTheMigration(String ddl, String said) throws SQLException {
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY, v int) PARTITION BY RANGE (id)",
                "CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)",
                "CREATE TABLE p2 PARTITION OF t FOR VALUES FROM (10) TO (20) PARTITION BY LIST (id)",
                "CREATE TABLE s1 PARTITION OF p2 DEFAULT");
        MigrationPlan plan = ready(lab, "t", "ADD COLUMN w int");
        assertThat(lab.database.sourceWatch(plan).change().orElse("")).contains("publication");
        lab.run(ddl.replace("FOR VALUES IN (1)", "FOR VALUES IN (11)"));
        assertThat(lab.database.sourceWatch(plan).change())
                .hasValueSatisfying(change -> assertThat(change).contains(said));
        assertThatThrownBy(() -> lab.database.swap(plan).attempt(SETTINGS, 1, NOTHING))
                .hasMessageContaining("was changed while migration")
                .hasMessageContaining("Nothing was renamed");
        assertThat(lab.rows("SELECT relname FROM pg_class WHERE relname LIKE '%old%' AND relkind IN ('r', 'p')"))
                .isEmpty();
    }

    @Test
    void itIsTriedAndMeasuredWithAllItsPartitions() {
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY, v int) PARTITION BY RANGE (id)",
                "CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (500)",
                "CREATE TABLE p2 PARTITION OF t DEFAULT",
                "INSERT INTO t SELECT i, i FROM generate_series(1, 1000) i");
        TableName source = new TableName("public", "t");
        ShadowTrial trial = lab.database
                .preparation()
                .tryShadow(MigrationId.random(new Random()), source, Lab.spec("t", "ALTER v TYPE text"), 700);
        assertThat(trial.rows()).isEqualTo(700);
        assertThat(lab.value("SELECT count(*) FROM pg_class WHERE relname LIKE '\\_%\\_new%'"))
                .isEqualTo("0");
        TableSize whole = lab.database.storage().measure(source);
        assertThat(whole.total())
                .isEqualTo(lab.database
                                .storage()
                                .measure(new TableName("public", "p1"))
                                .total()
                        + lab.database
                                .storage()
                                .measure(new TableName("public", "p2"))
                                .total())
                .isPositive();
        lab.run("ANALYZE t");
        assertThat(lab.database.preparation().estimateRows(source)).isEqualTo(1000);
    }

    @Test
    void aTableThatHasNoPartitionYetIsMigratedToo() {
        lab.run("CREATE TABLE t (id int PRIMARY KEY, v int) PARTITION BY HASH (id)");
        swap(lab, ready(lab, "t", "ALTER v TYPE bigint"));
        lab.run(
                "CREATE TABLE p1 PARTITION OF t FOR VALUES WITH (MODULUS 1, REMAINDER 0)",
                "INSERT INTO t VALUES (1, 5000000000)");
        assertThat(lab.rows("SELECT * FROM p1")).containsExactly("(1,5000000000)");
    }

    @Test
    void aPublicationThatSpeaksOfPartitionsIsFound() {
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY, v int) PARTITION BY RANGE (id)",
                "CREATE TABLE p1 PARTITION OF t DEFAULT");
        MigrationPlan plan = lab.prepare("t", "ADD COLUMN w int");
        lab.database.changeLog().open(plan);
        try {
            assertThat(lab.database.sourceWatch(plan).change()).isEmpty();
            lab.run("ALTER PUBLICATION " + ChangeLog.publication(plan.id())
                    + " SET (publish_via_partition_root = false)");
            assertThat(lab.database.sourceWatch(plan).change()).isPresent();
        } finally {
            lab.database.changeLog().close(plan.id(), plan.source());
        }
    }

    /** Whoever writes a partition by its own name holds no lock on the table. */
    @Test
    void whoHoldsAPartitionAloneIsNamedAndNotWaitedForLong() throws SQLException {
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY, v int) PARTITION BY RANGE (id)",
                "CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)",
                "CREATE TABLE p2 PARTITION OF t DEFAULT",
                "INSERT INTO t VALUES (1, 1)");
        MigrationPlan plan = ready(lab, "t", "ADD COLUMN w int");
        try (Connection holder = lab.connect();
                Statement statement = holder.createStatement()) {
            holder.setAutoCommit(false);
            statement.execute("UPDATE p1 SET v = 2");
            long begun = System.nanoTime();
            assertThat(lab.database.swap(plan).attempt(SETTINGS, 1, NOTHING))
                    .isInstanceOfSatisfying(
                            Outcome.NotSwapped.class,
                            not -> assertThat(not.reason()).contains("Holder: pid"));
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(2));
            assertThat(lab.database.swap(plan).blockingSessions("1")).hasSize(1);
        }
        lab.reconcile(plan, RowKey.of("1"));
        swap(lab, plan);
    }

    @Test
    void aMemberOfTheOwningRoleIsEnoughAndPartitionsKeepTheirOwners() {
        makePlaces(lab);
        lab.run(
                """
                DO $$ BEGIN
                  IF to_regrole('keeper') IS NULL THEN CREATE ROLE keeper; END IF;
                  IF to_regrole('part_keeper') IS NULL THEN CREATE ROLE part_keeper; END IF;
                  IF to_regrole('mover') IS NULL THEN CREATE ROLE mover LOGIN PASSWORD 'x' IN ROLE keeper; END IF;
                END $$
                """,
                "GRANT CREATE ON DATABASE " + lab.databaseName + " TO mover",
                "GRANT CREATE, USAGE ON SCHEMA public TO mover, keeper, part_keeper",
                "GRANT CREATE, USAGE ON SCHEMA shoofly TO mover",
                "GRANT ALL ON ALL TABLES IN SCHEMA shoofly TO mover",
                "CREATE TABLE t (id int PRIMARY KEY, v int) PARTITION BY RANGE (id)",
                "CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)",
                "CREATE TABLE p2 PARTITION OF t DEFAULT",
                "INSERT INTO t VALUES (1, 1), (20, 20)",
                "GRANT SELECT ON p1 TO \"A clerk\"",
                "ALTER TABLE t OWNER TO keeper",
                "ALTER TABLE p1 OWNER TO keeper",
                "ALTER TABLE p2 OWNER TO part_keeper");
        TableName source = new TableName("public", "t");
        String owners =
                "SELECT relname, relowner::regrole, relacl FROM pg_class WHERE relname IN ('t', 'p1', 'p2') ORDER BY 1";
        List<String> before = lab.rows(owners);
        try (Database poor = new PostgresDatabase(lab.profile("mover", "x"), 2, point -> {})) {
            assertThat(String.join("\n", poor.preparation().findings(source)))
                    .contains("its partition public.p2 belongs to part_keeper: GRANT part_keeper TO mover");
            lab.run("GRANT part_keeper TO mover");
            assertThat(String.join("\n", poor.preparation().findings(source))).doesNotContain("partition");
            MigrationPlan plan = lab.prepare("t", "ADD COLUMN w int");
            lab.database.preparation().dropShadow(plan.id(), source);
            // The same once more, by somebody who may do less.
            MigrationPlan poorPlan =
                    poor.preparation().createShadow(plan.id(), source, Lab.spec("t", "ADD COLUMN w int"));
            lab.copyAll(poorPlan, 100);
            lab.run("UPDATE shoofly.migrations SET state = 'READY' WHERE id = '" + plan.id() + "'");
            assertThat(poor.swap(poorPlan).attempt(SETTINGS, 1, NOTHING)).isInstanceOf(Outcome.Swapped.class);
        }
        assertThat(lab.rows(owners)).containsExactlyElementsOf(before);
        assertThat(lab.rows("SELECT * FROM t ORDER BY id")).containsExactly("(1,1,)", "(20,20,)");
        lab.run("REVOKE part_keeper FROM mover");
    }

    /** He has locked a partition, and waits for the table, which we have; we wait for the partition. */
    @Test
    void whoGoesOnFromAPartitionToTheTableIsNotEndedForOurSake() throws Exception {
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY, v int) PARTITION BY RANGE (id)",
                "CREATE TABLE p1 PARTITION OF t DEFAULT",
                "INSERT INTO t VALUES (1, 1)");
        MigrationPlan plan = ready(lab, "t", "ADD COLUMN w int");
        CutoverSettings patient =
                new CutoverSettings(CutoverMode.AUTO, Duration.ofSeconds(10), Duration.ofMillis(500), 1000, 1);
        try (Connection holder = lab.connect();
                Statement statement = holder.createStatement()) {
            holder.setAutoCommit(false);
            // A session's first statement on a partition reads the bounds off the table, and keeps a lock on it.
            statement.execute("UPDATE p1 SET v = 0");
            holder.commit();
            statement.execute("UPDATE p1 SET v = 2");
            CompletableFuture<Outcome> attempt =
                    CompletableFuture.supplyAsync(() -> lab.database.swap(plan).attempt(patient, 1, NOTHING));
            while (lab.value("SELECT count(*) FROM pg_locks WHERE relation = 't'::regclass AND granted"
                            + " AND mode = 'AccessExclusiveLock'")
                    .equals("0")) {
                assertThat(attempt).as("%s", attempt.getNow(null)).isNotDone();
                Thread.sleep(5);
            }
            // Longer than deadlock_timeout, when our own session would have looked, and have been the one that is
            // ended.
            Thread.sleep(1_200);
            statement.execute("UPDATE t SET v = 3");
            holder.commit();
            assertThat(attempt.get()).isInstanceOf(Outcome.NotSwapped.class);
        }
        assertThat(lab.value("SELECT v FROM t")).isEqualTo("3");
    }

    @Test
    void aWriterThatIsBoundToAnOldPartitionFailsLoudly() {
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY, v int) PARTITION BY RANGE (id)",
                "CREATE TABLE p1 PARTITION OF t DEFAULT",
                "INSERT INTO t VALUES (1, 1)");
        MigrationPlan plan = ready(lab, "t", "ADD COLUMN w int");
        String oldOne = "SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = '%s'::regclass";
        swap(lab, plan);
        String partition = lab.value(oldOne.formatted(PostgresNames.quote(plan.old())));
        assertThat(partition).isNotEqualTo("p1");
        assertThatThrownBy(() -> lab.run("INSERT INTO " + partition + " VALUES (2, 2)"))
                .hasMessageContaining("was replaced by a schema change");
        lab.run("INSERT INTO p1 VALUES (2, 2)");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ALTER id TYPE bigint | part of the partition key",
                "DETACH PARTITION p1 | detaches a partition",
                "ATTACH PARTITION other FOR VALUES FROM (50) TO (60) | detaches a partition",
                "ADD FOREIGN KEY (v) REFERENCES other | add it to each partition yourself",
                "ADD CONSTRAINT late UNIQUE (id, v) DEFERRABLE | deferrable unique constraints (late)",
                "DROP CONSTRAINT t_pkey | no unique key"
            })
    void anAlterationThatAPartitionedShadowCannotHaveIsRefused(String alter, String said) {
        lab.run(
                "CREATE TABLE other (id int PRIMARY KEY, v int)",
                "CREATE TABLE t (id int PRIMARY KEY, v int) PARTITION BY RANGE (id)",
                "CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)");
        assertThatThrownBy(() -> lab.prepare("t", alter))
                .hasMessageContaining(said)
                .hasMessageContaining("Nothing was changed");
        assertThat(lab.value("SELECT count(*) FROM pg_class WHERE relname LIKE '\\_%\\_new%'"))
                .isEqualTo("0");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "CREATE TRIGGER own AFTER INSERT ON p1 FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger() | triggers of their own, or have one of the table's enabled in another way than it is (own on public.p1)",
                "CREATE TRIGGER all_of AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger(); ALTER TABLE p1 DISABLE TRIGGER all_of | (all_of on public.p1)",
                "CREATE RULE r AS ON INSERT TO p1 DO ALSO NOTIFY x | rules, policies",
                "ALTER TABLE p1 ENABLE ROW LEVEL SECURITY | rules, policies",
                "CREATE VIEW seen AS SELECT * FROM p1 | objects name single partitions",
                "CREATE FUNCTION f(p1) RETURNS int LANGUAGE sql AS 'SELECT 1' | objects name single partitions",
                "CREATE TABLE other (x p1) | objects name single partitions",
                "CREATE PUBLICATION one FOR TABLE p1 | publications list single partitions (one: public.p1)",
                "CREATE SEQUENCE s OWNED BY p1.v | sequences of their own",
                "CREATE UNIQUE INDEX own ON p1 (v) | unique indexes of their own (public.own)",
                "ALTER TABLE p1 ADD CHECK (v > 0) NOT VALID | not validated (p1_v_check on public.p1)",
                "ALTER TABLE p1 REPLICA IDENTITY FULL | log another key",
                "CREATE SCHEMA away; ALTER TABLE p1 SET SCHEMA away | in another schema",
                "ALTER TABLE p1 SET UNLOGGED | UNLOGGED",
                "CREATE TABLE p9 (v int, id int NOT NULL); ALTER TABLE t ATTACH PARTITION p9 FOR VALUES FROM (90) TO (99) | another order than the table's (public.p9)",
                "CREATE FOREIGN DATA WRAPPER nothing; CREATE SERVER away FOREIGN DATA WRAPPER nothing; CREATE TABLE f (id int, v int) PARTITION BY RANGE (id); CREATE FOREIGN TABLE f1 PARTITION OF f DEFAULT SERVER away; DROP TABLE t; ALTER TABLE f RENAME TO t | foreign tables (public.f1)",
                "DO $$ BEGIN FOR i IN 1..501 LOOP EXECUTE format('CREATE TABLE n%s PARTITION OF t FOR VALUES FROM (%s) TO (%s)', i, i * 10, i * 10 + 10); END LOOP; END $$ | it has 502 partitions"
            })
    void whatIsNotCarriedOverIsRefusedBeforeTheStart(String ddl, String said) {
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY, v int) PARTITION BY RANGE (id)",
                "CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)");
        String found = String.join(
                "\n",
                lab.database.preparation().findings(lab.database.preparation().resolve("t")));
        assertThat(found).doesNotContain("table public.t");
        lab.run(ddl);
        found = String.join(
                "\n",
                lab.database.preparation().findings(lab.database.preparation().resolve("t")));
        assertThat(found).contains(said);
    }

    @Test
    void aPartitionAndATableOfAnInheritanceAreRefusedWithTheAlternative() {
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY, v int) PARTITION BY RANGE (id)",
                "CREATE TABLE p1 PARTITION OF t DEFAULT",
                "CREATE TABLE parent (id int PRIMARY KEY)",
                "CREATE TABLE child () INHERITS (parent)");
        assertThat(findings("p1")).contains("it is a partition of public.t").contains("migrate that table");
        assertThat(findings("parent")).contains("tables inherit from it (public.child)");
        assertThat(findings("child")).contains("it inherits from public.parent").contains("NO INHERIT");
    }

    private String findings(String table) {
        return String.join(
                "\n",
                lab.database.preparation().findings(lab.database.preparation().resolve(table)));
    }

    @Test
    void theOperatorIsToldBeforehandWhatMustNotBeDoneMeanwhile() {
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY, v int) PARTITION BY RANGE (id)",
                "CREATE TABLE p1 PARTITION OF t DEFAULT");
        assertThat(String.join(
                        "\n",
                        lab.database
                                .preparation()
                                .warnings(lab.database.preparation().resolve("t"))))
                .contains("it has 1 partitions")
                .contains("ends the migration");
    }
}
