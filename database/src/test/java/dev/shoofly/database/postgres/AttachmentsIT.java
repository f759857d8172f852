package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.TableSwap;
import dev.shoofly.database.TableSwap.Outcome;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.TableName;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever hangs on the table hangs on the new one afterwards, as if the server itself had altered the old one. */
class AttachmentsIT {
    private static final CutoverSettings SETTINGS =
            new CutoverSettings(CutoverMode.AUTO, Duration.ofMillis(300), Duration.ofMillis(500), 1000, 1);
    private static final TableSwap.Remainder NOTHING = (progress, timeout, most) -> TableSwap.Drained.of(List.of());
    private static final String ROLES = """
            DO $$ BEGIN
              IF to_regrole('"A clerk"') IS NULL THEN CREATE ROLE "A clerk"; END IF;
            END $$
            """;
    private static final String EVERYTHING = """
            CREATE SCHEMA "Sales";
            SET search_path = "Sales";
            CREATE TABLE customers (id int PRIMARY KEY, "E mail" text UNIQUE);
            CREATE TABLE log (line text);
            CREATE TABLE warehouses (id int PRIMARY KEY, busy_with int);
            CREATE TABLE "Orders" (id int PRIMARY KEY, "customer Id" int NOT NULL, note text, amount int, follows int,
              warehouse int, code text COLLATE "C" CONSTRAINT "one code" UNIQUE,
              CONSTRAINT "to customer" FOREIGN KEY ("customer Id") REFERENCES customers ON DELETE CASCADE
                DEFERRABLE INITIALLY DEFERRED,
              CONSTRAINT follows FOREIGN KEY (follows) REFERENCES "Orders" ON DELETE SET NULL,
              CONSTRAINT stored FOREIGN KEY (warehouse) REFERENCES warehouses);
            ALTER TABLE "Orders" ADD CONSTRAINT odd FOREIGN KEY (amount) REFERENCES warehouses MATCH FULL NOT VALID;
            ALTER TABLE warehouses ADD CONSTRAINT busy FOREIGN KEY (busy_with) REFERENCES "Orders" (id) ON UPDATE CASCADE;
            CREATE TABLE public.items (id int PRIMARY KEY, "order" int, code text COLLATE "C",
              CONSTRAINT of_order FOREIGN KEY ("order") REFERENCES "Orders" ON DELETE CASCADE,
              CONSTRAINT by_code FOREIGN KEY (code) REFERENCES "Orders" (code));
            COMMENT ON CONSTRAINT "to customer" ON "Orders" IS 'it''s theirs';
            COMMENT ON CONSTRAINT of_order ON public.items IS 'part of';
            CREATE VIEW "big Orders" WITH (security_barrier = true) AS
              SELECT "Orders".id AS "the Id", note, customers."E mail" FROM "Orders" JOIN customers ON customers.id = "customer Id";
            CREATE VIEW noted (key, words) AS SELECT id, note FROM "Orders" WHERE note <> '?' WITH LOCAL CHECK OPTION;
            CREATE VIEW upon AS SELECT count(*) AS n FROM "big Orders";
            CREATE VIEW public.aliased AS SELECT o.id + 1 AS next, o.* FROM "Sales"."Orders" o;
            COMMENT ON VIEW noted IS 'with words';
            GRANT SELECT ON noted TO "A clerk";
            GRANT UPDATE (words) ON noted TO PUBLIC;
            ALTER VIEW noted ALTER words SET DEFAULT 'none';
            CREATE FUNCTION written() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
              INSERT INTO "Sales".log VALUES (TG_NAME || ' ' || TG_OP); RETURN NEW; END $$;
            CREATE TRIGGER "on Note" BEFORE UPDATE OF note ON "Orders" FOR EACH ROW
              WHEN (OLD.note IS DISTINCT FROM NEW.note) EXECUTE FUNCTION written('a', 'b''c');
            CREATE TRIGGER inserted AFTER INSERT ON "Orders" FOR EACH STATEMENT EXECUTE FUNCTION written();
            CREATE TRIGGER asleep BEFORE DELETE ON "Orders" FOR EACH ROW EXECUTE FUNCTION written();
            CREATE CONSTRAINT TRIGGER checked AFTER UPDATE ON "Orders" FROM customers DEFERRABLE INITIALLY DEFERRED
              FOR EACH ROW EXECUTE FUNCTION written();
            ALTER TABLE "Orders" DISABLE TRIGGER asleep, ENABLE ALWAYS TRIGGER inserted;
            COMMENT ON TRIGGER "on Note" ON "Orders" IS 'says so';
            CREATE TRIGGER instead INSTEAD OF INSERT ON "big Orders" FOR EACH ROW EXECUTE FUNCTION written();
            CREATE RULE kept AS ON DELETE TO "Orders" WHERE OLD.note = 'kept; really'
              DO ALSO (INSERT INTO log VALUES ('rule ' || OLD.note); INSERT INTO log SELECT OLD.note);
            COMMENT ON RULE kept ON "Orders" IS 'a rule';
            CREATE POLICY own ON "Orders" AS PERMISSIVE FOR SELECT TO "A clerk", PUBLIC
              USING (note <> ALL (SELECT line FROM log));
            CREATE POLICY strict ON "Orders" AS RESTRICTIVE FOR UPDATE TO "A clerk" USING (id > 0) WITH CHECK (amount >= 0);
            COMMENT ON POLICY own ON "Orders" IS 'own ones';
            ALTER TABLE "Orders" ENABLE ROW LEVEL SECURITY;
            CREATE PUBLICATION "all of it" FOR TABLE "Orders", log;
            CREATE PUBLICATION "some of it" FOR TABLE "Orders" (id, note);
            INSERT INTO customers VALUES (1, 'a'), (2, 'b');
            INSERT INTO "Orders" (id, "customer Id", note, code) VALUES (1, 1, 'one', 'x'), (2, 2, 'two', 'y');
            UPDATE "Orders" SET follows = 1 WHERE id = 2;
            INSERT INTO warehouses VALUES (7, 2);
            INSERT INTO public.items VALUES (1, 2, 'x')
            """;
    /** After the commit, at which a deferred trigger fired. */
    private static final String FORGET = "TRUNCATE \"Sales\".log";

    private Lab lab;

    @BeforeEach
    void open() throws SQLException {
        lab = Lab.open(TestServers.postgres(PostgresVersion.V17), point -> {});
        lab.run(ROLES);
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
                each.run(ROLES, EVERYTHING, FORGET);
            }
            List<String> untouched = described(own);
            String[] alters = {
                "RENAME COLUMN id TO \"Order Id\"",
                "RENAME CONSTRAINT stored TO stored_in",
                "ALTER \"customer Id\" SET DEFAULT 1, ADD COLUMN extra int",
                "DROP CONSTRAINT odd"
            };
            for (String alter : alters) {
                own.run("ALTER TABLE \"Sales\".\"Orders\" " + alter);
            }
            MigrationPlan plan = ready(ours, "\"Sales\".\"Orders\"", alters);
            swap(ours, plan);
            ours.run("DROP TABLE " + PostgresNames.quote(plan.old()));

            assertThat(described(own)).isNotEqualTo(untouched);
            assertThat(described(ours)).containsExactlyElementsOf(described(own));
            assertThat(ours.rows("SELECT * FROM \"Sales\".log"))
                    .as("nothing that we did fired anything")
                    .isEmpty();
        }
    }

    @Test
    void broughtBackTheCatalogIsWhatItWas() throws SQLException {
        lab.run(EVERYTHING, FORGET, "DROP RULE kept ON \"Sales\".\"Orders\"");
        List<String> before = described(lab);
        MigrationPlan plan = ready(
                lab,
                "\"Sales\".\"Orders\"",
                "RENAME COLUMN id TO \"Order Id\"",
                "RENAME CONSTRAINT stored TO stored_in",
                "ALTER \"customer Id\" SET DEFAULT 1, ADD COLUMN extra int",
                "DROP CONSTRAINT odd");
        swap(lab, plan);
        MigrationPlan back = lab.database.wayBack(plan, List.of()).open(1, Instant.EPOCH);
        lab.run("UPDATE \"Sales\".\"Orders\" SET note = 'changed', extra = 1 WHERE \"Order Id\" = 1", FORGET);
        lab.reconcile(back, RowKey.of("1"));
        assertThat(lab.rows("SELECT * FROM \"Sales\".log"))
                .as("nothing that we write fires anything")
                .isEmpty();

        TableSwap swap = lab.database.swap(back, TableSwap.Direction.BACK);
        assertThat(swap.isSwapped()).isFalse();
        assertThat(swap.attempt(SETTINGS, 1, NOTHING)).isInstanceOf(Outcome.Swapped.class);
        swap.finish();
        assertThat(swap.isSwapped()).isTrue();
        lab.run("DROP TABLE " + PostgresNames.quote(back.old()));
        assertThat(described(lab)).containsExactlyElementsOf(before);
        assertThat(lab.rows("SELECT note FROM \"Sales\".\"Orders\" WHERE id = 1"))
                .containsExactly("(changed)");
        lab.run("UPDATE \"Sales\".\"Orders\" SET note = 'again' WHERE id = 1");
        assertThat(lab.rows("SELECT * FROM \"Sales\".log"))
                .containsExactlyInAnyOrder("(\"on Note UPDATE\")", "(\"checked UPDATE\")");
    }

    /** Or another has got its name by the time its rows are read. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void tablesAtTheOtherEndsThatAreRenamedRightAfterTheSwapCostNeitherTheValidationNorTheWayBack(boolean another) {
        lab.run(
                "CREATE TABLE parents (id int PRIMARY KEY)",
                "CREATE TABLE t (id int PRIMARY KEY, parent int CONSTRAINT up REFERENCES parents)",
                "CREATE TABLE children (id int PRIMARY KEY, t int CONSTRAINT down REFERENCES t)",
                "CREATE TABLE more (id int PRIMARY KEY, t int CONSTRAINT down REFERENCES t)",
                "COMMENT ON CONSTRAINT down ON children IS 'theirs'",
                "INSERT INTO parents VALUES (1)",
                "INSERT INTO t VALUES (1, 1)",
                "INSERT INTO children VALUES (1, 1)",
                "INSERT INTO more VALUES (1, 1)");
        MigrationPlan plan = ready(lab, "t", "ADD COLUMN extra int");
        lab.run("UPDATE shoofly.migrations SET rollback_verdict = 'SAFE' WHERE id = '" + plan.id() + "'");
        TableSwap swap = lab.database.swap(plan);
        assertThat(swap.attempt(SETTINGS, 1, NOTHING)).isInstanceOf(Outcome.Swapped.class);
        lab.run(
                "CREATE SCHEMA \"A side\"",
                "ALTER TABLE parents SET SCHEMA \"A side\"",
                "ALTER TABLE \"A side\".parents RENAME TO \"the Elders\"",
                "ALTER TABLE children RENAME TO kids");
        if (another) {
            lab.run("CREATE TABLE parents (id int PRIMARY KEY)", "CREATE TABLE children (id int PRIMARY KEY, t int)");
        }
        assertThat(swap.finish()).isEmpty();
        List<String> keys = lab.rows(FOREIGN_KEYS);
        assertThat(keys)
                .containsExactlyInAnyOrder(
                        "(t,\"\"\"A side\"\".\"\"the Elders\"\"\",up,t,)",
                        "(kids,t,down,t,theirs)",
                        "(more,t,down,t,)");

        MigrationPlan back = lab.database.wayBack(plan, List.of()).open(1, Instant.EPOCH);
        TableSwap there = lab.database.swap(back, TableSwap.Direction.BACK);
        assertThat(there.attempt(SETTINGS, 1, NOTHING)).isInstanceOf(Outcome.Swapped.class);
        assertThat(there.finish()).isEmpty();
        assertThat(lab.rows(FOREIGN_KEYS)).containsExactlyInAnyOrderElementsOf(keys);
        lab.run("DROP TABLE " + PostgresNames.quote(back.old()));
    }

    /** Somebody's VACUUM or index build lasts for longer than anybody waits. */
    @Test
    void whatCouldNotBeReadInTimeIsToldWithItsStatementAndTheOthersAreRead() throws SQLException {
        lab.run(
                "CREATE TABLE parents (id int PRIMARY KEY)",
                "CREATE TABLE t (id int PRIMARY KEY, parent int CONSTRAINT up REFERENCES parents)",
                "CREATE TABLE \"the Kids\" (id int PRIMARY KEY, t int CONSTRAINT \"Down \"\"1\" REFERENCES t)",
                "INSERT INTO t VALUES (1, NULL)");
        MigrationPlan plan = ready(lab, "t", "ADD COLUMN extra int");
        assertThat(lab.database.swap(plan).attempt(SETTINGS, 1, NOTHING)).isInstanceOf(Outcome.Swapped.class);
        // Two attempts, of which each waits for the lock as long as a session of ours does.
        Retry twice = new Retry(Duration.ofSeconds(4), Duration.ofMillis(10), Duration.ofMillis(10), error -> {});
        String statement = "ALTER TABLE \"public\".\"the Kids\" VALIDATE CONSTRAINT \"Down \"\"1\"";
        try (Connection vacuum = PostgresSession.connect(lab.database.profile())) {
            ConnectionPool.execute(vacuum, "SET idle_in_transaction_session_timeout = 0");
            vacuum.setAutoCommit(false);
            ConnectionPool.execute(vacuum, "LOCK TABLE \"the Kids\" IN SHARE UPDATE EXCLUSIVE MODE");
            assertThat(LateValidation.run(lab.database.profile(), plan, Duration.ofMillis(500), twice))
                    .singleElement()
                    .asString()
                    .contains("\"Down \"1\" of \"public\".\"the Kids\"", "stays NOT VALID", "lock timeout")
                    .endsWith(statement);
            vacuum.rollback();
        }
        assertThat(lab.rows("SELECT conname FROM pg_constraint WHERE contype = 'f' AND NOT convalidated"))
                .singleElement()
                .asString()
                .contains("Down");
        lab.run(statement);
    }

    private static final String FOREIGN_KEYS = "SELECT conrelid::regclass, confrelid::regclass, conname, convalidated,"
            + " obj_description(oid, 'pg_constraint') FROM pg_constraint WHERE contype = 'f'";

    @Test
    void aRowThatBreaksAForeignKeyIsToldWithTheStatementThatValidatesItAndCostsNoWayBack() {
        lab.run(
                "CREATE TABLE parents (id int PRIMARY KEY)",
                "CREATE TABLE t (id int PRIMARY KEY, parent int CONSTRAINT up REFERENCES parents)",
                "CREATE TABLE children (id int PRIMARY KEY, t int CONSTRAINT down REFERENCES t)",
                "INSERT INTO children VALUES (1, NULL)",
                "SET session_replication_role = replica; INSERT INTO t VALUES (2, 77)");
        MigrationPlan plan = ready(lab, "t", "ADD COLUMN extra int");
        lab.run("UPDATE shoofly.migrations SET rollback_verdict = 'SAFE' WHERE id = '" + plan.id() + "'");
        TableSwap swap = lab.database.swap(plan);
        assertThat(swap.attempt(SETTINGS, 1, NOTHING)).isInstanceOf(Outcome.Swapped.class);
        lab.run("DROP TABLE children");
        String statement = "ALTER TABLE \"public\".\"t\" VALIDATE CONSTRAINT \"up\"";
        assertThat(swap.finish())
                .singleElement()
                .asString()
                .contains("\"up\" of \"public\".\"t\"", "stays NOT VALID", "Key (parent)=(77) is not present")
                .endsWith(statement);
        assertThatThrownBy(() -> lab.run("INSERT INTO t VALUES (3, 78)")).hasMessageContaining("\"up\"");
        assertThat(lab.rows("SELECT conname, convalidated FROM pg_constraint WHERE contype = 'f'"))
                .containsExactly("(up,f)");
        lab.run("INSERT INTO parents VALUES (77)", statement);
    }

    /** Everything in the two schemas that a user can see. */
    private static List<String> described(Lab lab) {
        return lab.rows("""
                WITH r AS (SELECT c.*, c.oid::regclass AS name FROM pg_class c
                           WHERE c.relnamespace IN ('public'::regnamespace, '"Sales"'::regnamespace)
                             AND c.relkind IN ('r', 'v'))
                SELECT line FROM (
                SELECT concat_ws(' ', 'column', name, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                       a.attacl, pg_get_expr(d.adbin, d.adrelid)) AS line
                FROM r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
                LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                UNION ALL SELECT concat_ws(' ', 'index', pg_get_indexdef(i.indexrelid), i.indisprimary)
                FROM r JOIN pg_index i ON i.indrelid = r.oid
                UNION ALL SELECT concat_ws(' ', 'constraint', name, conname, pg_get_constraintdef(c.oid), convalidated,
                       obj_description(c.oid, 'pg_constraint')) FROM r JOIN pg_constraint c ON c.conrelid = r.oid
                UNION ALL SELECT concat_ws(' ', 'trigger', name, pg_get_triggerdef(g.oid), g.tgenabled,
                       obj_description(g.oid, 'pg_trigger')) FROM r JOIN pg_trigger g ON g.tgrelid = r.oid
                WHERE NOT g.tgisinternal
                UNION ALL SELECT concat_ws(' ', 'rule', name, pg_get_ruledef(w.oid), w.ev_enabled,
                       obj_description(w.oid, 'pg_rewrite')) FROM r JOIN pg_rewrite w ON w.ev_class = r.oid
                UNION ALL SELECT concat_ws(' ', 'policy', name, p.polname, p.polcmd, p.polpermissive, p.polroles::regrole[],
                       pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid),
                       obj_description(p.oid, 'pg_policy')) FROM r JOIN pg_policy p ON p.polrelid = r.oid
                UNION ALL SELECT concat_ws(' ', 'relation', name, relkind, relacl, reloptions, relowner::regrole,
                       relrowsecurity, relforcerowsecurity, relreplident, obj_description(r.oid, 'pg_class')) FROM r
                UNION ALL SELECT concat_ws(' ', 'published', p.*) FROM pg_publication_tables p
                ) lines ORDER BY line COLLATE "C"
                """);
    }

    @Test
    void whatHangsOnItWorksOnTheNewTableAndNotOnTheOldOne() {
        lab.run(EVERYTHING, FORGET);
        MigrationPlan plan = ready(lab, "\"Sales\".\"Orders\"", "ADD COLUMN extra int");
        swap(lab, plan);
        lab.run("SET search_path = \"Sales\"; UPDATE \"Orders\" SET note = 'changed' WHERE id = 1");
        assertThat(lab.rows("SELECT * FROM \"Sales\".log"))
                .containsExactlyInAnyOrder("(\"on Note UPDATE\")", "(\"checked UPDATE\")");
        assertThat(lab.rows("SELECT words FROM \"Sales\".noted WHERE key = 1")).containsExactly("(changed)");
        assertThatThrownBy(() -> lab.run("INSERT INTO public.items VALUES (2, 99)"))
                .hasMessageContaining("of_order");
        assertThatThrownBy(() -> lab.run("INSERT INTO \"Sales\".\"Orders\" (id, \"customer Id\") VALUES (3, 99)"))
                .hasMessageContaining("to customer");
        // Rows of the old table still point to it.
        lab.run("UPDATE \"Sales\".warehouses SET busy_with = NULL", "DELETE FROM \"Sales\".customers WHERE id = 2");
        assertThat(lab.rows("SELECT id FROM \"Sales\".\"Orders\"")).containsExactly("(1)");
        assertThat(lab.rows("SELECT id FROM public.items")).isEmpty();
    }

    /** The server makes a foreign key anew when a column of it gets another type. */
    @Test
    void bothSidesOfAReferenceMayBeWidened() {
        lab.run(
                "CREATE TABLE parents (id int PRIMARY KEY)",
                "CREATE TABLE t (id int PRIMARY KEY, parent int, CONSTRAINT up FOREIGN KEY (parent) REFERENCES parents)",
                "CREATE TABLE child (t int, CONSTRAINT down FOREIGN KEY (t) REFERENCES t)",
                "INSERT INTO parents VALUES (1)",
                "INSERT INTO t VALUES (1, 1)",
                "INSERT INTO child VALUES (1)");
        swap(lab, ready(lab, "t", "ALTER id TYPE bigint, ALTER parent TYPE bigint"));
        assertThat(lab.rows("SELECT conname, convalidated FROM pg_constraint WHERE contype = 'f' ORDER BY conname"))
                .containsExactly("(down,t)", "(up,t)");
        assertThatThrownBy(() -> lab.run("DELETE FROM t")).hasMessageContaining("\"down\"");
        assertThatThrownBy(() -> lab.run("INSERT INTO t VALUES (2, 2)")).hasMessageContaining("\"up\"");
    }

    /** What the copy lags behind must not hinder the application. */
    @Test
    void aRowWhoseChildrenAreGoneFromTheTableButNotYetFromTheShadowMayBeDeleted() {
        lab.run(
                "CREATE TABLE parents (id int PRIMARY KEY)",
                "CREATE TABLE children (id int PRIMARY KEY, parent int REFERENCES parents)",
                "INSERT INTO parents VALUES (1)",
                "INSERT INTO children VALUES (1, 1)");
        MigrationPlan plan = ready(lab, "children", "ADD COLUMN extra int");
        lab.run("DELETE FROM children", "DELETE FROM parents");
        lab.reconcile(plan, RowKey.of("1"));
        swap(lab, plan);
    }

    /** The new table, and with it the trigger, must not see the copy; a parent must not be locked for it. */
    @Test
    void theOtherEndsMayBeLockedWhileTheShadowIsMadeAndFilled() throws SQLException {
        lab.run(
                "CREATE TABLE parents (id int PRIMARY KEY)",
                "CREATE TABLE middle (id int PRIMARY KEY, parent int REFERENCES parents)",
                "CREATE TABLE children (id int PRIMARY KEY, middle int REFERENCES middle)",
                "CREATE VIEW shown AS SELECT * FROM middle",
                "INSERT INTO parents VALUES (1)",
                "INSERT INTO middle VALUES (1, 1)");
        try (Connection holder = lab.connect();
                Statement statement = holder.createStatement()) {
            holder.setAutoCommit(false);
            statement.execute("LOCK TABLE parents, children IN ACCESS EXCLUSIVE MODE");
            MigrationPlan plan = ready(lab, "middle", "ADD COLUMN extra int");
            assertThat(lab.database.swap(plan).attempt(SETTINGS, 1, NOTHING))
                    .isInstanceOfSatisfying(
                            Outcome.NotSwapped.class,
                            not -> assertThat(not.reason())
                                    .contains(
                                            "\"public\".\"children\", which hangs on public.middle, could not be locked")
                                    .contains("idle in transaction"));
            holder.rollback();
            swap(lab, plan);
        }
        assertThat(lab.rows("SELECT * FROM shown")).containsExactly("(1,1)");
    }

    /** Each order of locks that an application may have, against ours. */
    @Test
    void nobodyIsEndedWhoUsesTheTableTogetherWithWhatHangsOnIt() throws Exception {
        lab.run(
                "CREATE TABLE parents (id int PRIMARY KEY, n int)",
                "CREATE TABLE middle (id int PRIMARY KEY, parent int NOT NULL REFERENCES parents, n int)",
                "CREATE TABLE children (id int PRIMARY KEY, middle int NOT NULL REFERENCES middle)",
                "CREATE VIEW shown AS SELECT m.*, p.n AS more FROM middle m JOIN parents p ON p.id = m.parent",
                "INSERT INTO parents SELECT n, 0 FROM generate_series(0, 9) n",
                "INSERT INTO middle SELECT n, n, 0 FROM generate_series(0, 9) n");
        MigrationPlan plan = ready(lab, "middle", "ADD COLUMN extra int");
        TableSwap swap = lab.database.swap(plan);
        try (SharedUse use = new SharedUse(lab)) {
            use.awaitMore(200);
            CutoverSettings patient =
                    new CutoverSettings(CutoverMode.AUTO, Duration.ofSeconds(1), Duration.ofSeconds(1), 1_000_000, 1);
            Outcome outcome =
                    swap.attempt(patient, 1, (progress, timeout, most) -> TableSwap.Drained.of(use.touched()));
            for (int attempt = 2; attempt <= 30 && outcome instanceof Outcome.NotSwapped; attempt++) {
                use.awaitMore(20);
                outcome = swap.attempt(patient, 1, (progress, timeout, most) -> TableSwap.Drained.of(use.touched()));
            }
            assertThat(outcome).isInstanceOf(Outcome.Swapped.class);
            use.awaitMore(200);
            swap.finish();
            assertThat(use.stopAndFindLost()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ALTER note TYPE varchar(9) | used by a view",
                "DROP COLUMN note | depend on it",
                "ALTER other TYPE bigint | would have other types",
                "ADD FOREIGN KEY (b) REFERENCES others | in a migration of its own",
                "DROP CONSTRAINT t_pkey | depend on it",
                "ALTER price TYPE numeric(9,1) | may change values of column \"price\"",
                "ADD FOREIGN KEY (b) REFERENCES t | in a migration of its own",
                "VALIDATE CONSTRAINT unchecked | in a migration of its own",
                "ALTER id TYPE int USING id + 1 | may change values of column \"id\"",
            })
    void whatTheServerWouldRefuseForTheirSakeIsRefused(String alter, String why) {
        lab.run(
                "CREATE TABLE others (id int PRIMARY KEY)",
                "CREATE TABLE prices (price numeric(9,2) PRIMARY KEY)",
                "CREATE TABLE t (id int PRIMARY KEY, note text, b int, other int, price numeric(9,2) REFERENCES prices)",
                "ALTER TABLE t ADD CONSTRAINT unchecked FOREIGN KEY (b) REFERENCES others NOT VALID",
                "CREATE TABLE child (t int REFERENCES t)",
                "CREATE VIEW v AS SELECT note FROM t",
                "CREATE VIEW whole AS SELECT t FROM t");
        assertThatThrownBy(() -> lab.prepare("t", alter))
                .hasMessageContaining(why)
                .as("of stand-ins nobody knows")
                .hasMessageNotContaining("shoofly_");
        assertThat(lab.rows("SELECT relname FROM pg_class WHERE relname LIKE '\\_t\\_%'"))
                .isEmpty();
        assertThat(lab.rows("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'shoofly\\_%'"))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ALTER TABLE t DISABLE TRIGGER g",
                "CREATE OR REPLACE VIEW v AS SELECT id, id AS twice FROM t",
                "ALTER POLICY p ON t USING (false)",
                "ALTER PUBLICATION pub DROP TABLE t",
                "CREATE TABLE child (t int REFERENCES t)",
                "CREATE OR REPLACE RULE r AS ON DELETE TO t DO ALSO NOTHING",
                "ALTER VIEW v SET (security_barrier = true)",
                "ALTER TABLE held RENAME TO renamed",
                "DROP TABLE held",
                "ALTER TABLE held DISABLE TRIGGER ALL",
            })
    void aChangeOfItMeanwhileStopsTheSwap(String change) {
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY)",
                "CREATE TABLE held (t int REFERENCES t)",
                "CREATE VIEW v AS SELECT id FROM t",
                "CREATE TRIGGER g BEFORE UPDATE ON t EXECUTE FUNCTION suppress_redundant_updates_trigger()",
                "CREATE POLICY p ON t USING (true)",
                "CREATE RULE r AS ON DELETE TO t DO ALSO SELECT 1",
                "CREATE PUBLICATION pub FOR TABLE t");
        MigrationPlan plan = ready(lab, "t", "ADD COLUMN extra int");
        lab.run(change);
        assertThatThrownBy(() -> swap(lab, plan)).hasMessageContaining("was changed while migration");
        lab.run("INSERT INTO t VALUES (1)");
    }

    /** Each is something that the server's own ALTER would take, or refuse at once. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION suppress_redundant_updates_trigger() | ADD COLUMN twice int GENERATED ALWAYS AS (n * 2) STORED | cannot hang on the altered table",
                "CREATE RULE r AS ON INSERT TO t DO INSTEAD INSERT INTO alike VALUES (NEW.*) RETURNING alike.* | ADD COLUMN extra int | cannot hang on the altered table",
                "CREATE VIEW v AS WITH t AS (SELECT id, note FROM t) SELECT id, note FROM t | RENAME COLUMN note TO words | a subquery of the table's own name",
                "CREATE POLICY p ON t USING (id IN (WITH t AS (SELECT id FROM t) SELECT id FROM t)) | ADD COLUMN extra int | a subquery of the table's own name",
                "CREATE PUBLICATION p FOR TABLE t WHERE (n > 5) | ALTER n TYPE text | a row filter",
            })
    void whatCouldNotBeMadeInTheSwapIsRefusedBefore(String hang, String alter, String why) {
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY, note text, n int)",
                "ALTER TABLE t REPLICA IDENTITY FULL",
                "CREATE TABLE alike (LIKE t)",
                hang);
        assertThatThrownBy(() -> lab.prepare("t", alter)).hasMessageContaining(why);
    }

    @Test
    void whatIsHungOnItWhileTheShadowIsMadeGoesOverToo() throws Exception {
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY)",
                "CREATE TABLE log (line text)",
                "CREATE FUNCTION slow() RETURNS int STABLE LANGUAGE plpgsql AS 'BEGIN"
                        + " WHILE NOT pg_try_advisory_lock(7) LOOP PERFORM pg_sleep(0.02); END LOOP;"
                        + " PERFORM pg_advisory_unlock(7); RETURN 1; END'",
                "CREATE FUNCTION written() RETURNS trigger LANGUAGE plpgsql AS"
                        + " 'BEGIN INSERT INTO log VALUES (TG_NAME); RETURN NEW; END'");
        try (Connection other = lab.connect();
                Statement statement = other.createStatement()) {
            statement.execute("SELECT pg_advisory_lock(7)");
            CompletableFuture<MigrationPlan> made =
                    CompletableFuture.supplyAsync(() -> ready(lab, "t", "ADD COLUMN extra int DEFAULT slow()"));
            Waits.until(() -> !lab.rows("SELECT 1 FROM pg_stat_activity WHERE query LIKE 'ALTER TABLE%slow%'"
                            + " AND state = 'active'")
                    .isEmpty());
            statement.execute("CREATE TRIGGER late BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION written()");
            statement.execute("CREATE VIEW v AS SELECT id FROM t");
            statement.execute("SELECT pg_advisory_unlock(7)");
            swap(lab, made.get());
        }
        lab.run("INSERT INTO t VALUES (1)");
        assertThat(lab.rows("SELECT * FROM log")).containsExactly("(late)");
        assertThat(lab.rows("SELECT * FROM v")).containsExactly("(1)");
    }

    /** With the names' order, the check would come before the cascade. */
    @Test
    void foreignKeysActInTheOrderInWhichTheyWereMade() {
        String[] rows = {"INSERT INTO t VALUES (1)", "INSERT INTO child VALUES (1, 1)"};
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY)",
                "CREATE TABLE child (one int, two int)",
                "ALTER TABLE child ADD CONSTRAINT z_cascade FOREIGN KEY (one) REFERENCES t ON DELETE CASCADE",
                "ALTER TABLE child ADD CONSTRAINT a_check FOREIGN KEY (two) REFERENCES t");
        lab.run(rows);
        lab.run("DELETE FROM t");
        lab.run(rows);
        swap(lab, ready(lab, "t", "ADD COLUMN extra int"));
        lab.run("DELETE FROM t");
        assertThat(lab.rows("SELECT * FROM child")).isEmpty();
    }

    /** What a rule writes to is locked by making the rule, and nobody may wait for us as long as deadlock_timeout. */
    @Test
    void aTableThatARuleNamesIsWaitedForNoLongerThanAMoment() throws SQLException {
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY)",
                "CREATE TABLE log (id int)",
                "CREATE RULE r AS ON INSERT TO t DO ALSO INSERT INTO log VALUES (NEW.id)");
        MigrationPlan plan = ready(lab, "t", "ADD COLUMN extra int");
        try (Connection holder = lab.connect();
                Statement statement = holder.createStatement()) {
            holder.setAutoCommit(false);
            statement.execute("LOCK TABLE log IN EXCLUSIVE MODE");
            CutoverSettings patient =
                    new CutoverSettings(CutoverMode.AUTO, Duration.ofSeconds(30), Duration.ofMillis(500), 1000, 1);
            assertThat(lab.database.swap(plan).attempt(patient, 1, NOTHING))
                    .isInstanceOfSatisfying(
                            Outcome.NotSwapped.class,
                            not -> assertThat(not.reason()).contains("55P03"));
        }
        swap(lab, plan);
    }

    @Test
    void aPartitionMoreOfAParentIsNoChange() {
        lab.run(
                "CREATE TABLE parents (id int PRIMARY KEY) PARTITION BY RANGE (id)",
                "CREATE TABLE parents_1 PARTITION OF parents FOR VALUES FROM (0) TO (10)",
                "INSERT INTO parents VALUES (1)",
                "CREATE TABLE t (id int PRIMARY KEY, p int REFERENCES parents)",
                "INSERT INTO t VALUES (1, 1)");
        MigrationPlan plan = ready(lab, "t", "ADD COLUMN extra int");
        lab.run("CREATE TABLE parents_2 PARTITION OF parents FOR VALUES FROM (10) TO (20)");
        swap(lab, plan);
        assertThatThrownBy(() -> lab.run("INSERT INTO t VALUES (2, 5)")).hasMessageContaining("t_p_fkey");
    }

    @Test
    void asMuchPatienceIsHadAsTransactionsLast() throws Exception {
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY, n int)",
                "CREATE TABLE child (t int REFERENCES t)",
                "INSERT INTO t SELECT n, 0 FROM generate_series(1, 8) n");
        MigrationPlan plan = ready(lab, "t", "ADD COLUMN extra int");
        AtomicBoolean stop = new AtomicBoolean();
        List<CompletableFuture<Void>> users = new ArrayList<>();
        for (int user = 1; user <= 6; user++) {
            String statement = "UPDATE t SET n = n + 1 WHERE id = " + user + "; SELECT pg_sleep(0.1)";
            users.add(CompletableFuture.runAsync(() -> {
                while (!stop.get()) {
                    lab.run("BEGIN; " + statement + "; COMMIT");
                }
            }));
        }
        CutoverSettings usual =
                new CutoverSettings(CutoverMode.AUTO, Duration.ofSeconds(1), Duration.ofSeconds(1), 1000, 1);
        TableSwap.Remainder all = (progress, timeout, most) -> TableSwap.Drained.of(IntStream.rangeClosed(1, 8)
                .mapToObj(id -> RowKey.of(String.valueOf(id)))
                .toList());
        try {
            Outcome outcome = lab.database.swap(plan).attempt(usual, 1, all);
            for (int attempt = 2; attempt <= 10 && outcome instanceof Outcome.NotSwapped; attempt++) {
                outcome = lab.database.swap(plan).attempt(usual, 1, all);
            }
            assertThat(outcome).isInstanceOf(Outcome.Swapped.class);
        } finally {
            stop.set(true);
        }
        for (CompletableFuture<Void> user : users) {
            user.get();
        }
    }

    @Test
    void aSubscriptionThatWouldStopAtTheShadowIsFoundBefore() {
        lab.run("CREATE TABLE t (id int PRIMARY KEY)", "CREATE PUBLICATION whole FOR ALL TABLES");
        TableName table = new TableName("public", "t");
        assertThat(lab.database.preparation().findings(table)).noneMatch(found -> found.contains("subscription"));
        lab.run("SELECT pg_create_logical_replication_slot('sub', 'pgoutput')");
        try {
            assertThat(lab.database.preparation().findings(table))
                    .anyMatch(found -> found.contains("a subscription by the slot sub would stop at it"));
        } finally {
            lab.run("SELECT pg_drop_replication_slot('sub')");
        }
    }

    /** A vacuum of a large table lasts for hours, and ends only for somebody who waits as long as deadlock_timeout. */
    @Test
    void autovacuumGivesWay() throws Exception {
        try (DatabaseServer server = TestServers.dedicatedPostgres(
                        PostgresVersion.V17, Map.of("wal_level", "logical", "autovacuum_naptime", "5s"));
                Lab vacuumed = Lab.open(server, point -> {})) {
            vacuumed.run(
                    "CREATE TABLE t (id int PRIMARY KEY)",
                    "CREATE TABLE child (t int REFERENCES t, filler text) WITH (autovacuum_vacuum_threshold = 1,"
                            + " autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_insert_threshold = -1,"
                            + " autovacuum_analyze_threshold = 2000000000, autovacuum_vacuum_cost_delay = 100,"
                            + " autovacuum_vacuum_cost_limit = 1)",
                    "INSERT INTO t VALUES (1)",
                    "INSERT INTO child SELECT 1, repeat('x', 500) FROM generate_series(1, 20000)");
            MigrationPlan plan = ready(vacuumed, "t", "ADD COLUMN extra int");
            vacuumed.run("UPDATE child SET filler = 'y'");
            Waits.until(() -> !vacuumed.rows(
                            "SELECT 1 FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.granted"
                                    + " AND a.backend_type = 'autovacuum worker' AND l.relation = 'child'::regclass")
                    .isEmpty());
            TableSwap swap = vacuumed.database.swap(plan);
            Outcome outcome = swap.attempt(SETTINGS, 1, NOTHING);
            for (int attempt = 2; attempt <= 5 && outcome instanceof Outcome.NotSwapped; attempt++) {
                // A new one had begun.
                outcome = swap.attempt(SETTINGS, 1, NOTHING);
            }
            assertThat(outcome).isInstanceOf(Outcome.Swapped.class);
        }
    }

    @Test
    void aComputedColumnUnderAForeignKeyIsRefused() {
        lab.run(
                "CREATE TABLE parents (id int PRIMARY KEY)",
                "CREATE TABLE t (id int PRIMARY KEY, parent int REFERENCES parents, n int)");
        assertThatThrownBy(() -> lab.prepareComputing(List.of("parent=parent + 1"), "t", "ADD COLUMN extra int"))
                .hasMessageContaining("may change values of column \"parent\"");
        lab.prepareComputing(List.of("extra=n + 1"), "t", "ADD COLUMN extra int");
    }

    @Test
    void whoIsConcernedIsSaidBefore() {
        lab.run(
                EVERYTHING,
                "CREATE PUBLICATION whole FOR ALL TABLES",
                "CREATE PUBLICATION ours FOR TABLES IN SCHEMA \"Sales\"");
        assertThat(lab.database.preparation().warnings(new TableName("Sales", "Orders")))
                .hasSize(3)
                .anyMatch(warning -> warning.contains("also locks \"Sales\".\"big Orders\", \"Sales\".customers"))
                .anyMatch(warning -> warning.contains("whole is FOR ALL TABLES"))
                .anyMatch(warning -> warning.contains("ours publishes all tables of the schema"));
    }
}
