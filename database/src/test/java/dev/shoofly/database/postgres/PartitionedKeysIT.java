package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.TableSwap;
import dev.shoofly.database.TableSwap.Outcome;
import dev.shoofly.database.WayBack;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Foreign keys with a partitioned table at one end or both are what the server's own ALTER makes of them, and hold for every
 * write from the swap on.
 */
class PartitionedKeysIT {
    private static final CutoverSettings SETTINGS =
            new CutoverSettings(CutoverMode.AUTO, Duration.ofMillis(300), Duration.ofMillis(500), 1000, 1);
    private static final TableSwap.Remainder NOTHING = (progress, timeout, most) -> TableSwap.Drained.of(List.of());
    /** In every direction; names that a partition had before it became one, at two levels. */
    private static final String EVERYTHING = """
            CREATE SCHEMA "Far";
            CREATE TABLE "Far".customers (id int PRIMARY KEY, code text UNIQUE);
            CREATE TABLE regions (name text PRIMARY KEY, n int) PARTITION BY LIST (name);
            CREATE TABLE regions_eu PARTITION OF regions FOR VALUES IN ('eu');
            CREATE TABLE regions_rest PARTITION OF regions DEFAULT;
            CREATE TABLE "Orders" (id int PRIMARY KEY, customer int, region text, follows int, note text, legacy int,
              CONSTRAINT "to Customer" FOREIGN KEY (customer) REFERENCES "Far".customers ON UPDATE CASCADE
                DEFERRABLE INITIALLY DEFERRED) PARTITION BY RANGE (id);
            CREATE TABLE low PARTITION OF "Orders" FOR VALUES FROM (0) TO (100);
            CREATE TABLE middle (LIKE "Orders" INCLUDING ALL,
              CONSTRAINT "middle's" FOREIGN KEY (customer) REFERENCES "Far".customers ON UPDATE CASCADE
                DEFERRABLE INITIALLY DEFERRED);
            ALTER TABLE "Orders" ATTACH PARTITION middle FOR VALUES FROM (100) TO (200);
            CREATE TABLE high (LIKE "Orders" INCLUDING ALL,
              CONSTRAINT "high's" FOREIGN KEY (customer) REFERENCES "Far".customers ON UPDATE CASCADE
                DEFERRABLE INITIALLY DEFERRED) PARTITION BY HASH (id);
            CREATE TABLE "high 0" PARTITION OF high FOR VALUES WITH (MODULUS 2, REMAINDER 0);
            CREATE TABLE "high 1" PARTITION OF high FOR VALUES WITH (MODULUS 2, REMAINDER 1);
            ALTER TABLE "Orders" ATTACH PARTITION high FOR VALUES FROM (200) TO (MAXVALUE);
            ALTER TABLE "Orders" ADD CONSTRAINT within FOREIGN KEY (region) REFERENCES regions ON DELETE SET NULL,
              ADD CONSTRAINT follows FOREIGN KEY (follows) REFERENCES "Orders";
            CREATE TABLE items (id int PRIMARY KEY, "order" int,
              CONSTRAINT of_order FOREIGN KEY ("order") REFERENCES "Orders" ON DELETE CASCADE);
            CREATE TABLE parcels (id int PRIMARY KEY, "order" int,
              CONSTRAINT packs FOREIGN KEY ("order") REFERENCES "Orders" ON DELETE CASCADE) PARTITION BY HASH (id);
            CREATE TABLE parcels_0 PARTITION OF parcels FOR VALUES WITH (MODULUS 2, REMAINDER 0);
            CREATE TABLE parcels_1 (LIKE parcels INCLUDING ALL,
              CONSTRAINT "packs, too" FOREIGN KEY ("order") REFERENCES "Orders" ON DELETE CASCADE);
            ALTER TABLE parcels ATTACH PARTITION parcels_1 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
            COMMENT ON CONSTRAINT "to Customer" ON "Orders" IS 'it''s theirs';
            COMMENT ON CONSTRAINT packs ON parcels IS 'what is sent';
            INSERT INTO "Far".customers SELECT i, i FROM generate_series(1, 9) i;
            INSERT INTO regions VALUES ('eu'), ('us');
            INSERT INTO "Orders" SELECT i, 1 + i % 9, CASE i % 3 WHEN 0 THEN 'eu' WHEN 1 THEN 'us' END,
              CASE WHEN i > 2 THEN i - 1 END FROM generate_series(2, 300) i;
            INSERT INTO items SELECT i, i FROM generate_series(2, 300) i;
            INSERT INTO parcels SELECT i, i FROM generate_series(2, 300) i
            """;

    private Lab lab;

    @BeforeEach
    void open() throws SQLException {
        lab = Lab.open(TestServers.postgres(PostgresVersion.V17), point -> {});
    }

    @AfterEach
    void close() throws SQLException {
        lab.close();
    }

    private void createWithParents() {
        lab.run(
                "CREATE TABLE parents (id int PRIMARY KEY)",
                "CREATE TABLE t (id int PRIMARY KEY, parent int, CONSTRAINT up FOREIGN KEY (parent) REFERENCES parents)"
                        + " PARTITION BY RANGE (id)",
                "CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)");
    }

    private static void makeEverything(Lab lab) {
        lab.run(EVERYTHING);
    }

    private static MigrationPlan ready(Lab lab, String table, String... alters) {
        MigrationPlan plan = lab.prepareWithLateIndexes(table, alters);
        lab.copyAll(plan, 100);
        lab.run("UPDATE shoofly.migrations SET state = 'READY' WHERE id = '" + plan.id() + "'");
        return plan;
    }

    private static TableSwap exchange(Lab lab, MigrationPlan plan) {
        TableSwap swap = lab.database.swap(plan);
        assertThat(swap.attempt(SETTINGS, 1, NOTHING)).isInstanceOf(Outcome.Swapped.class);
        return swap;
    }

    /**
     * Everything about foreign keys that is in the catalog. The parts by which the server knows the partitions that one points
     * to are named by it, and stay as not validated when the foreign key is.
     */
    private static List<String> described(Lab lab) {
        return lab.rows("""
                WITH k AS (
                  SELECT c.*, p.conname AS above, p.conrelid AS above_from, p.confrelid AS above_to,
                         coalesce(p.conrelid = c.conrelid, false) AS of_target
                  FROM pg_constraint c LEFT JOIN pg_constraint p ON p.oid = c.conparentid WHERE c.contype = 'f')
                SELECT line FROM (
                SELECT concat_ws(' ', 'constraint', conrelid::regclass, confrelid::regclass, conislocal, coninhcount,
                       CASE WHEN of_target THEN replace(pg_get_constraintdef(oid), ' NOT VALID', '')
                            ELSE concat_ws(' ', conname, convalidated, above, pg_get_constraintdef(oid)) END,
                       above_from::regclass, above_to::regclass, obj_description(oid, 'pg_constraint')) AS line FROM k
                UNION ALL
                SELECT concat_ws(' ', 'trigger', g.tgrelid::regclass, g.tgfoid::regproc, g.tgenabled, g.tgdeferrable,
                       g.tginitdeferred, g.tgconstrrelid::regclass, CASE WHEN NOT of_target THEN k.conname END,
                       k.conrelid::regclass, k.confrelid::regclass, p.tgrelid::regclass, p.tgfoid::regproc)
                FROM pg_trigger g JOIN k ON k.oid = g.tgconstraint
                LEFT JOIN pg_trigger p ON p.oid = g.tgparentid WHERE g.tgisinternal
                ) lines ORDER BY line COLLATE "C"
                """);
    }

    private static final String[] ALTERS = {
        "RENAME CONSTRAINT \"to Customer\" TO \"to Client\"",
        "RENAME COLUMN region TO place",
        "ALTER follows TYPE bigint, ADD COLUMN extra int, DROP COLUMN legacy"
    };

    @ParameterizedTest
    @EnumSource
    void theCatalogIsWhatTheServersOwnAlterMakesOfIt(PostgresVersion version) throws SQLException {
        try (Lab own = Lab.open(TestServers.postgres(version), point -> {});
                Lab ours = Lab.open(TestServers.postgres(version), point -> {})) {
            makeEverything(own);
            makeEverything(ours);
            List<String> untouched = described(own);
            for (String alter : ALTERS) {
                own.run("ALTER TABLE \"Orders\" " + alter);
            }
            MigrationPlan plan = ready(ours, "\"Orders\"", ALTERS);
            exchange(ours, plan).finish();
            ours.run("DROP TABLE " + PostgresNames.quote(plan.old()));

            assertThat(described(own)).isNotEqualTo(untouched);
            assertThat(described(ours)).containsExactlyElementsOf(described(own));
            String all = "SELECT * FROM \"Orders\" ORDER BY id";
            assertThat(ours.rows(all)).hasSize(299).containsExactlyElementsOf(own.rows(all));
            // It can be done once more.
            MigrationPlan again = ready(ours, "\"Orders\"", "ADD COLUMN more int");
            exchange(ours, again).finish();
            ours.run("DROP TABLE " + PostgresNames.quote(again.old()));
            assertThat(described(ours)).containsExactlyElementsOf(described(own));
        }
    }

    @ParameterizedTest
    @EnumSource
    void broughtBackTheCatalogIsWhatItWas(PostgresVersion version) throws SQLException {
        try (Lab own = Lab.open(TestServers.postgres(version), point -> {})) {
            makeEverything(own);
            List<String> before = described(own);
            MigrationPlan plan = ready(own, "\"Orders\"", ALTERS);
            exchange(own, plan).finish();
            MigrationPlan back = own.database.wayBack(plan, List.of()).open(1, Instant.EPOCH);
            own.run("UPDATE \"Orders\" SET note = 'changed', place = 'us' WHERE id = 50");
            own.reconcile(back, RowKey.of("50"));
            assertThat(own.database.sourceWatch(back).change().orElse("")).contains("publication");

            TableSwap swap = own.database.swap(back, TableSwap.Direction.BACK);
            assertThat(swap.attempt(SETTINGS, 1, NOTHING)).isInstanceOf(Outcome.Swapped.class);
            assertThatThrownBy(() -> own.run("INSERT INTO \"Orders\" (id, region) VALUES (1001, 'none')"))
                    .hasMessageContaining("within");
            swap.finish();
            own.run("DROP TABLE " + PostgresNames.quote(back.old()));
            assertThat(described(own)).containsExactlyElementsOf(before);
            assertThat(own.rows("SELECT note, region FROM \"Orders\" WHERE id = 50"))
                    .containsExactly("(changed,us)");
        }
    }

    @Test
    void whoComesTooLateLeavesNoSecondForeignKeyOnThePartitions() throws Exception {
        makeEverything(lab);
        MigrationPlan plan = ready(lab, "\"Orders\"", "ADD COLUMN extra int");
        TableSwap swap = exchange(lab, plan);
        Attached.PartitionedKey key =
                SwapState.of(plan).attached().partitioned().get(0);
        CompletableFuture<Void> late;
        try (Connection quicker = lab.connect();
                Statement statement = quicker.createStatement()) {
            quicker.setAutoCommit(false);
            statement.execute("SELECT count(*) FROM " + key.table());
            late = CompletableFuture.runAsync(swap::finish);
            Waits.until(() -> lab.value("SELECT count(*) > 0 FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                            + " AND query LIKE '%clock_timestamp() - interval%'")
                    .equals("t"));
            statement.execute("SET LOCAL search_path = " + key.path());
            statement.execute("ALTER TABLE " + key.table() + " ADD CONSTRAINT " + PostgresNames.quote(key.name()) + " "
                    + key.definition());
            quicker.commit();
        }
        late.get(60, TimeUnit.SECONDS);
        assertThat(lab.rows("SELECT conrelid::regclass, conname FROM pg_constraint JOIN pg_class c ON c.oid = conrelid"
                        + " WHERE contype = 'f' AND conparentid = 0 AND c.relispartition"))
                .isEmpty();
    }

    /** Whether the rows have been read or not. */
    @ParameterizedTest
    @EnumSource
    void aWriteThatViolatesOneIsRefusedFromTheSwapOn(PostgresVersion version) throws SQLException {
        try (Lab own = Lab.open(TestServers.postgres(version), point -> {})) {
            makeEverything(own);
            MigrationPlan plan = ready(own, "\"Orders\"", "ADD COLUMN extra int");
            TableSwap swap = exchange(own, plan);
            assertThat(own.rows("SELECT conname FROM pg_constraint WHERE contype = 'f' AND conparentid = 0"
                            + " AND conrelid = '\"Orders\"'::regclass"))
                    .as("nobody waits for that under the locks")
                    .isEmpty();
            assertThatEachHolds(own, 1);
            swap.finish();
            assertThatEachHolds(own, 2);
            own.run("DROP TABLE " + PostgresNames.quote(plan.old()));
            assertThatEachHolds(own, 3);
        }
    }

    private static void assertThatEachHolds(Lab lab, int round) {
        for (int id : new int[] {50, 150, 250, 251}) {
            String update = "UPDATE \"Orders\" SET %s WHERE id = " + id;
            refused(lab, update.formatted("customer = 99"), "violates foreign key constraint");
            refused(lab, update.formatted("region = 'none'"), "within");
            refused(lab, update.formatted("follows = 7777"), "follows");
        }
        refused(lab, "INSERT INTO \"Orders\" (id, customer) VALUES (1, 99)", "to Customer");
        refused(lab, "INSERT INTO \"Orders\" (id, customer) VALUES (1001, 99)", "high's");
        refused(lab, "UPDATE \"high 1\" SET region = 'none'", "within");
        refused(lab, "UPDATE high SET region = 'none' WHERE id = 250", "within");
        refused(lab, "INSERT INTO items VALUES (9000, 9999)", "of_order");
        refused(lab, "INSERT INTO parcels VALUES (9000, 9999)", "packs");
        refused(lab, "INSERT INTO parcels VALUES (9001, 9999)", "packs");
        refused(lab, "DELETE FROM \"Far\".customers WHERE id = 3", "violates foreign key constraint");
        // Nobody follows the last; what belongs to it goes with it.
        int last = 301 - round;
        lab.run("UPDATE \"Orders\" SET follows = NULL WHERE id = " + last);
        lab.run("DELETE FROM \"Orders\" WHERE id = " + last);
        assertThat(lab.rows("SELECT id FROM items WHERE id = " + last + " UNION ALL SELECT id FROM parcels WHERE id = "
                        + last))
                .isEmpty();
        refused(lab, "DELETE FROM \"Orders\" WHERE id = 99", "follows");
        // A cascade that reaches every partition.
        lab.run("UPDATE \"Far\".customers SET id = id + 100 * " + (round % 2 == 1 ? 1 : -1) + " WHERE code = '5'");
        assertThat(lab.value("SELECT count(*) FROM \"Orders\" o LEFT JOIN \"Far\".customers c ON c.id = o.customer"
                        + " WHERE c.id IS NULL"))
                .isEqualTo("0");
        lab.run(
                "INSERT INTO regions VALUES ('tmp')",
                "UPDATE \"Orders\" SET region = 'tmp' WHERE id IN (7, 150, 250)",
                "DELETE FROM regions WHERE name = 'tmp'");
        assertThat(lab.value("SELECT count(*) FROM \"Orders\" WHERE id IN (7, 150, 250) AND region IS NULL"))
                .isEqualTo("3");
    }

    private static void refused(Lab lab, String statement, String constraint) {
        assertThatThrownBy(() -> lab.run(statement)).as(statement).hasMessageContaining(constraint);
    }

    /** A row that breaks the foreign key, which the server would find if it looked. */
    @Test
    void noRowIsReadUnderTheLocksThatMakeItTheTables() {
        lab.run(
                "CREATE TABLE parents (id int PRIMARY KEY)",
                "CREATE TABLE t (id int PRIMARY KEY, parent int REFERENCES parents) PARTITION BY HASH (id)",
                "CREATE TABLE p0 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
                "CREATE TABLE p1 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
                "INSERT INTO parents VALUES (1)",
                "INSERT INTO t SELECT i, 1 FROM generate_series(1, 10) i");
        TableSwap swap = exchange(lab, ready(lab, "t", "ADD COLUMN extra int"));
        lab.run(
                "ALTER TABLE p0 VALIDATE CONSTRAINT t_parent_fkey",
                "ALTER TABLE p1 VALIDATE CONSTRAINT t_parent_fkey",
                "SET session_replication_role = replica; INSERT INTO t SELECT i, 99 FROM generate_series(100, 110) i");
        swap.finish();
        assertThat(lab.rows(
                        "SELECT conrelid::regclass, convalidated FROM pg_constraint WHERE contype = 'f' ORDER BY 1"))
                .containsExactly("(t,t)", "(p0,t)", "(p1,t)");
        swap.finish();
    }

    @Test
    void aRowThatBreaksItIsNamedAndCorrectedAfterTheSwap() {
        lab.run(
                "CREATE TABLE parents (id int PRIMARY KEY) PARTITION BY RANGE (id)",
                "CREATE TABLE parents_1 PARTITION OF parents DEFAULT",
                "CREATE TABLE t (id int PRIMARY KEY, parent int REFERENCES parents) PARTITION BY RANGE (id)",
                "CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)",
                "INSERT INTO parents VALUES (1)",
                "INSERT INTO t VALUES (1, 1)",
                "SET session_replication_role = replica; INSERT INTO t VALUES (2, 77)");
        TableSwap swap = exchange(lab, ready(lab, "t", "ADD COLUMN extra int"));
        assertThat(swap.finish())
                .singleElement()
                .asString()
                .contains(
                        "Key (parent)=(77) is not present",
                        "ALTER TABLE \"public\".\"p1\" VALIDATE CONSTRAINT",
                        "When that is mended, and the rollback window is over, run: ALTER TABLE \"public\".\"t\" ADD CONSTRAINT \"t_parent_fkey\"");
        refused(lab, "INSERT INTO t VALUES (3, 78)", "t_parent_fkey");
        lab.run("INSERT INTO parents VALUES (77)");
        swap.finish();
        assertThat(lab.rows("SELECT conrelid::regclass, confrelid::regclass FROM pg_constraint WHERE contype = 'f'"
                        + " AND conparentid = 0 AND convalidated"))
                .containsExactly("(t,parents)");
    }

    /** It has no foreign key yet; the table must not say that all its rows were looked at. */
    @Test
    void aPartitionThatIsMadeBeforeTheRowsWereReadIsReadToo() {
        createWithParents();
        TableSwap swap = exchange(lab, ready(lab, "t", "ADD COLUMN extra int"));
        lab.run(
                "CREATE TABLE p2 PARTITION OF t FOR VALUES FROM (10) TO (20) PARTITION BY LIST (id)",
                "CREATE TABLE s1 PARTITION OF p2 FOR VALUES IN (15)",
                "CREATE TABLE p3 PARTITION OF t (CONSTRAINT up CHECK (id > 0)) FOR VALUES FROM (20) TO (30)",
                "INSERT INTO t VALUES (15, 99)");
        assertThat(swap.finish()).singleElement().asString().contains("\"public\".\"s1\"", "(99) is not present");
        refused(lab, "UPDATE t SET parent = 98", "\"up\"");
        lab.run("DELETE FROM t");
        swap.finish();
        assertThat(lab.rows("SELECT conrelid::regclass FROM pg_constraint WHERE contype = 'f' AND convalidated"
                        + " ORDER BY 1"))
                .containsExactly("(t)", "(p1)", "(p2)", "(s1)", "(p3)");
        refused(lab, "INSERT INTO t VALUES (25, 1)", "foreign key");
    }

    @Test
    void aPartitionMoreOfATableThatPointsToItIsNoChange() {
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY)",
                "CREATE TABLE children (id int PRIMARY KEY, t int, CONSTRAINT up FOREIGN KEY (t) REFERENCES t)"
                        + " PARTITION BY RANGE (id)",
                "CREATE TABLE c1 PARTITION OF children FOR VALUES FROM (0) TO (10)",
                "INSERT INTO t VALUES (1)",
                "INSERT INTO children VALUES (1, 1)");
        MigrationPlan plan = ready(lab, "t", "ALTER id TYPE bigint");
        lab.run("CREATE TABLE c2 PARTITION OF children FOR VALUES FROM (10) TO (20)");
        TableSwap swap = exchange(lab, plan);
        refused(lab, "INSERT INTO children VALUES (2, 9)", "up");
        refused(lab, "INSERT INTO children VALUES (12, 9)", "up");
        refused(lab, "DELETE FROM t", "up");
        swap.finish();
        assertThat(lab.rows("SELECT conrelid::regclass, confrelid::regclass, convalidated FROM pg_constraint"
                        + " WHERE contype = 'f' ORDER BY 1"))
                .containsExactly("(children,t,t)", "(c1,t,t)", "(c2,t,t)");
    }

    @Test
    void whatSomebodyDropsMeanwhileIsNotMissed() {
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY)",
                "CREATE TABLE children (t int REFERENCES t) PARTITION BY LIST (t)",
                "CREATE TABLE c1 PARTITION OF children DEFAULT");
        TableSwap swap = exchange(lab, ready(lab, "t", "ADD COLUMN extra int"));
        lab.run("DROP TABLE children");
        swap.finish();
    }

    /** Under another name it would stay without its foreign key, and each partition made from then on, too. */
    @Test
    void aTableThatIsRenamedBeforeItHasItsForeignKeyAgainGetsItAllTheSame() {
        for (String renamed : List.of("t", "parents", "children")) {
            for (boolean another : new boolean[] {false, true}) {
                createWithParents();
                lab.run(
                        "CREATE TABLE children (t int, CONSTRAINT up FOREIGN KEY (t) REFERENCES t) PARTITION BY LIST (t)",
                        "CREATE TABLE c1 PARTITION OF children DEFAULT");
                MigrationPlan plan = ready(lab, "t", "ADD COLUMN extra int");
                lab.run("UPDATE shoofly.migrations SET rollback_verdict = 'SAFE' WHERE id = '" + plan.id() + "'");
                TableSwap swap = exchange(lab, plan);
                lab.run(
                        "CREATE SCHEMA aside",
                        "ALTER TABLE " + renamed + " SET SCHEMA aside",
                        "ALTER TABLE aside." + renamed + " RENAME TO other");
                if (another) {
                    lab.run("CREATE TABLE " + renamed + " (LIKE aside.other INCLUDING ALL) "
                            + (renamed.equals("parents")
                                    ? ""
                                    : "PARTITION BY LIST (" + (renamed.equals("t") ? "id" : "t") + ")"));
                }
                assertThat(swap.finish())
                        .as("%s, another: %s", renamed, another)
                        .isEmpty();
                List<String> keys = List.of(
                        "(t,parents,t)".replace(renamed, "aside.other"),
                        "(children,t,t)".replaceAll("\\b" + renamed + "\\b", "aside.other"));
                String found = "SELECT conrelid::regclass, confrelid::regclass, convalidated FROM pg_constraint"
                        + " WHERE contype = 'f' AND conparentid = 0";
                assertThat(lab.rows(found)).hasSize(2);
                if (!renamed.equals("t")) {
                    assertThat(lab.rows(found)).containsExactlyInAnyOrderElementsOf(keys);
                    bringBack(plan);
                    assertThat(lab.rows(found)).containsExactlyInAnyOrderElementsOf(keys);
                }
                lab.run(
                        "DROP TABLE IF EXISTS children, t, parents CASCADE",
                        "DROP SCHEMA aside CASCADE",
                        "DROP TABLE " + PostgresNames.quote(plan.old()));
            }
        }
    }

    /** Leaves it called as the old one was. */
    private void bringBack(MigrationPlan plan) {
        MigrationPlan back = lab.database.wayBack(plan, List.of()).open(1, Instant.EPOCH);
        TableSwap swap = lab.database.swap(back, TableSwap.Direction.BACK);
        assertThat(swap.attempt(SETTINGS, 1, NOTHING)).isInstanceOf(Outcome.Swapped.class);
        assertThat(swap.finish()).isEmpty();
        lab.run("ALTER TABLE " + PostgresNames.quote(back.old()) + " RENAME TO "
                + PostgresNames.quote(plan.old().table()));
    }

    /** The partitions have it, the table has not. */
    @Test
    void whatCouldNotBeMadeTheTablesOwnCostsNoWayBack() {
        createWithParents();
        lab.run("SET session_replication_role = replica; INSERT INTO t VALUES (2, 77)");
        MigrationPlan plan = ready(lab, "t", "ADD COLUMN extra int");
        lab.run("UPDATE shoofly.migrations SET rollback_verdict = 'SAFE' WHERE id = '" + plan.id() + "'");
        assertThat(exchange(lab, plan).finish()).singleElement().asString().contains("(77) is not present");
        lab.run("INSERT INTO parents VALUES (77)");
        bringBack(plan);
        assertThat(lab.rows("SELECT conrelid::regclass, confrelid::regclass, convalidated FROM pg_constraint"
                        + " WHERE contype = 'f' AND conparentid = 0"))
                .containsExactly("(t,parents,t)");
    }

    /** What an operator does who does not wait. */
    @Test
    void aForeignKeyThatSomebodyGivesToTheRenamedTableIsTaken() {
        createWithParents();
        TableSwap swap = exchange(lab, ready(lab, "t", "ADD COLUMN extra int"));
        lab.run(
                "ALTER TABLE t RENAME TO other",
                "ALTER TABLE other ADD CONSTRAINT up FOREIGN KEY (parent) REFERENCES parents");
        assertThat(swap.finish()).isEmpty();
    }

    /** Not the one that the plan was made with. */
    @Test
    void aTableThatIsMadeAnewBeforeTheSwapGetsItsForeignKey() {
        String children = "CREATE TABLE children (t int, CONSTRAINT up FOREIGN KEY (t) REFERENCES t)"
                + " PARTITION BY LIST (t); CREATE TABLE c1 PARTITION OF children DEFAULT";
        lab.run("CREATE TABLE t (id int PRIMARY KEY)", children);
        MigrationPlan plan = ready(lab, "t", "ADD COLUMN extra int");
        lab.run(
                "ALTER TABLE children RENAME TO earlier; ALTER TABLE c1 RENAME TO c0; ALTER TABLE earlier DROP CONSTRAINT up",
                children);
        exchange(lab, plan).finish();
        assertThat(lab.rows("SELECT conrelid::regclass, convalidated FROM pg_constraint WHERE contype = 'f'"
                        + " ORDER BY 1"))
                .containsExactlyInAnyOrder("(children,t)", "(c1,t)");
    }

    /** Whoever holds one end when the table is to get it; and nobody waits behind us for long. */
    @Test
    void whoHoldsTheOtherEndIsWaitedForWithoutHoldingUpOthers() throws Exception {
        lab.run(
                "CREATE TABLE parents (id int PRIMARY KEY, n int)",
                "CREATE TABLE t (id int PRIMARY KEY, parent int REFERENCES parents) PARTITION BY HASH (id)",
                "CREATE TABLE p0 PARTITION OF t FOR VALUES WITH (MODULUS 1, REMAINDER 0)",
                "INSERT INTO parents VALUES (1, 0)",
                "INSERT INTO t VALUES (1, 1)");
        TableSwap swap = exchange(lab, ready(lab, "t", "ADD COLUMN extra int"));
        try (Connection holder = lab.connect();
                Statement statement = holder.createStatement()) {
            holder.setAutoCommit(false);
            statement.execute("UPDATE parents SET n = n + 1");
            CompletableFuture<Void> finished = CompletableFuture.runAsync(swap::finish);
            Waits.until(() -> lab.value("SELECT convalidated FROM pg_constraint WHERE conrelid = 'p0'::regclass"
                            + " AND contype = 'f'")
                    .equals("t"));
            // Its own transaction would wait for ours, if ours waited for it.
            for (int i = 0; i < 5; i++) {
                lab.run("INSERT INTO t VALUES (" + (10 + i) + ", NULL)");
                statement.execute("INSERT INTO t VALUES (" + (20 + i) + ", 1)");
            }
            assertThat(finished).isNotDone();
            holder.commit();
            finished.join();
        }
        assertThat(lab.value("SELECT count(*) FROM t")).isEqualTo("11");
        assertThat(lab.rows("SELECT conparentid <> 0 FROM pg_constraint WHERE conrelid = 'p0'::regclass"
                        + " AND contype = 'f'"))
                .containsExactly("(t)");
    }

    /** Each order of locks that an application may have, against ours, with partitioned tables at both ends. */
    @Test
    void nobodyIsEndedWhoUsesTheTableTogetherWithThoseAtTheOtherEnds() throws Exception {
        lab.run(
                "CREATE TABLE parents (id int PRIMARY KEY, n int) PARTITION BY HASH (id)",
                "CREATE TABLE parents_0 PARTITION OF parents FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
                "CREATE TABLE parents_1 PARTITION OF parents FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
                "CREATE TABLE middle (id int PRIMARY KEY, parent int NOT NULL REFERENCES parents, n int)"
                        + " PARTITION BY HASH (id)",
                "CREATE TABLE middle_0 PARTITION OF middle FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
                "CREATE TABLE middle_1 PARTITION OF middle FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
                "CREATE TABLE children (id int PRIMARY KEY, middle int NOT NULL REFERENCES middle) PARTITION BY HASH (id)",
                "CREATE TABLE children_0 PARTITION OF children FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
                "CREATE TABLE children_1 PARTITION OF children FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
                "CREATE VIEW shown AS SELECT m.*, p.n AS more FROM middle m JOIN parents p ON p.id = m.parent",
                "INSERT INTO parents SELECT n, 0 FROM generate_series(0, 9) n",
                "INSERT INTO middle SELECT n, n, 0 FROM generate_series(0, 9) n");
        MigrationPlan plan = ready(lab, "middle", "ADD COLUMN extra int");
        TableSwap swap = lab.database.swap(plan);
        try (SharedUse use = new SharedUse(lab)) {
            use.awaitMore(100);
            CutoverSettings patient =
                    new CutoverSettings(CutoverMode.AUTO, Duration.ofSeconds(1), Duration.ofSeconds(1), 1_000_000, 1);
            Outcome outcome =
                    swap.attempt(patient, 1, (progress, timeout, most) -> TableSwap.Drained.of(use.touched()));
            for (int attempt = 2; attempt <= 30 && outcome instanceof Outcome.NotSwapped; attempt++) {
                use.awaitMore(20);
                outcome = swap.attempt(patient, 1, (progress, timeout, most) -> TableSwap.Drained.of(use.touched()));
            }
            assertThat(outcome).isInstanceOf(Outcome.Swapped.class);
            use.awaitMore(50);
            swap.finish();
            use.awaitMore(50);
            assertThat(use.stopAndFindLost()).isEmpty();
        }
        assertThat(lab.rows("SELECT conrelid::regclass, confrelid::regclass, convalidated FROM pg_constraint"
                        + " WHERE contype = 'f' AND conparentid = 0"))
                .containsExactlyInAnyOrder("(middle,parents,t)", "(children,middle,t)");
    }

    @ParameterizedTest
    @EnumSource
    void theyGoForwardAgainAfterARollbackAndBackOnceMore(PostgresVersion version) throws SQLException {
        try (Lab own = Lab.open(TestServers.postgres(version), point -> {})) {
            makeEverything(own);
            List<String> before = described(own);
            MigrationPlan plan = ready(own, "\"Orders\"", ALTERS);
            exchange(own, plan).finish();
            List<String> after = described(own);
            assertThat(after).isNotEqualTo(before);
            MigrationPlan back = back(own, plan);
            assertThat(described(own)).containsExactlyElementsOf(before);
            MigrationPlan next = forwardAgain(own, plan, back);
            own.run("UPDATE \"Orders\" SET note = 'between', region = 'us' WHERE id = 50");
            own.reconcile(next, RowKey.of("50"));
            assertThat(own.database.sourceWatch(next).change().orElse("")).contains("publication");

            TableSwap again = exchange(own, next);
            refused(own, "INSERT INTO \"Orders\" (id, place) VALUES (1001, 'none')", "within");
            refused(own, "INSERT INTO parcels VALUES (9000, 9999)", "packs");
            assertThat(again.finish()).isEmpty();
            assertThat(described(own)).containsExactlyElementsOf(after);
            assertThat(own.rows("SELECT note, place FROM \"Orders\" WHERE id = 50"))
                    .containsExactly("(between,us)");
            MigrationPlan backAgain = back(own, next);
            assertThat(described(own)).containsExactlyElementsOf(before);
            own.run("DROP TABLE " + PostgresNames.quote(backAgain.old()));
            assertThat(described(own)).containsExactlyElementsOf(before);
            assertThatEachHolds(own, 1);
        }
    }

    private static MigrationPlan back(Lab lab, MigrationPlan plan) {
        MigrationPlan back = lab.database.wayBack(plan, List.of()).open(1, Instant.EPOCH);
        TableSwap swap = lab.database.swap(back, TableSwap.Direction.BACK);
        assertThat(swap.attempt(SETTINGS, 1, NOTHING)).isInstanceOf(Outcome.Swapped.class);
        assertThat(swap.finish()).isEmpty();
        return back;
    }

    private static MigrationPlan forwardAgain(Lab lab, MigrationPlan plan, MigrationPlan back) {
        lab.database.wayBack(plan, List.of()).forwardAgain(back, 1, Instant.EPOCH);
        lab.run("UPDATE shoofly.migrations SET state = 'READY' WHERE id = '" + plan.id() + "'");
        return Objects.requireNonNull(lab.database
                .control()
                .migrations()
                .find(plan.id())
                .orElseThrow()
                .plan());
    }

    /** Neither with those of the table nor with those that point to it. */
    @Test
    void aRollbackThatIsToBeKeptSaysWhichAreInPiecesStillAndWhatToDoInstead() {
        createWithParents();
        lab.run(
                "CREATE TABLE u (id int PRIMARY KEY)",
                "CREATE TABLE children (u int, CONSTRAINT down FOREIGN KEY (u) REFERENCES u) PARTITION BY LIST (u)",
                "CREATE TABLE c1 PARTITION OF children DEFAULT",
                "INSERT INTO u VALUES (1)",
                "INSERT INTO children VALUES (1)",
                "SET session_replication_role = replica; INSERT INTO t VALUES (2, 77); INSERT INTO children VALUES (78)");
        for (String table : List.of("t", "u")) {
            MigrationPlan plan = ready(lab, table, "ADD COLUMN extra int");
            assertThat(exchange(lab, plan).finish()).hasSize(1);
            WayBack way = lab.database.wayBack(plan, List.of());
            MigrationPlan back = way.open(1, Instant.EPOCH);
            TableSwap swap = lab.database.swap(back, TableSwap.Direction.BACK);
            assertThat(swap.attempt(SETTINGS, 1, NOTHING)).isInstanceOf(Outcome.Swapped.class);
            assertThat(swap.finish()).hasSize(1);
            List<String> row = lab.rows("SELECT * FROM shoofly.migrations WHERE id = '" + plan.id() + "'");
            assertThatThrownBy(() -> way.forwardAgain(back, 1, Instant.EPOCH))
                    .isInstanceOfSatisfying(
                            ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                    .hasMessageContainingAll(
                            "public." + table + " cannot go forward again",
                            table.equals("t") ? "(up on \"public\".\"t\")" : "(down on \"public\".\"children\")",
                            "the table is what it was before the migration",
                            "start the migration again");
            assertThat(lab.rows("SELECT * FROM shoofly.migrations WHERE id = '" + plan.id() + "'"))
                    .as("nothing was changed")
                    .isEqualTo(row);
            lab.run("DROP TABLE " + PostgresNames.quote(back.old()));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ALTER TABLE p1 ADD CONSTRAINT own FOREIGN KEY (v) REFERENCES other | single partitions have foreign keys, or foreign keys point to single partitions (own on public.p1)",
                "CREATE TABLE more (id int CONSTRAINT own REFERENCES p1) | (own on public.more)",
                "ALTER TABLE t ADD CONSTRAINT moving FOREIGN KEY (id) REFERENCES other ON UPDATE CASCADE | change columns by which their table is partitioned (moving on public.t)",
                "CREATE TABLE more (id int, t int CONSTRAINT emptied REFERENCES t ON DELETE SET NULL) PARTITION BY LIST (t) | change columns by which their table is partitioned (emptied on public.more)",
                "ALTER TABLE t ADD CONSTRAINT asleep FOREIGN KEY (v) REFERENCES other; ALTER TABLE p1 DISABLE TRIGGER ALL | not in force on partitions, as their triggers are disabled there (asleep on public.t)",
                "ALTER TABLE t ADD FOREIGN KEY (v) REFERENCES other; DO $$ BEGIN FOR i IN 1..500 LOOP EXECUTE format('CREATE TABLE n%s PARTITION OF t FOR VALUES FROM (%s) TO (%s)', i, i * 10, i * 10 + 10); END LOOP; END $$ | concern 501 pairs of partitions (t_v_fkey on public.t)",
                "ALTER TABLE t ADD CONSTRAINT self FOREIGN KEY (v) REFERENCES t; DO $$ BEGIN FOR i IN 1..22 LOOP EXECUTE format('CREATE TABLE n%s PARTITION OF t FOR VALUES FROM (%s) TO (%s)', i, i * 10, i * 10 + 10); END LOOP; END $$ | concern 552 pairs of partitions (self on public.t)"
            })
    void whatIsNotCarriedOverIsRefusedBeforeTheStart(String ddl, String said) {
        lab.run(
                "CREATE TABLE other (id int PRIMARY KEY)",
                "CREATE TABLE t (id int PRIMARY KEY, v int) PARTITION BY RANGE (id)",
                "CREATE TABLE p1 PARTITION OF t FOR VALUES FROM (0) TO (10)",
                "ALTER TABLE t ADD CONSTRAINT harmless FOREIGN KEY (v) REFERENCES other ON UPDATE CASCADE");
        assertThat(findings()).doesNotContain("table public.t");
        lab.run("ALTER TABLE t DROP CONSTRAINT harmless", ddl);
        assertThat(findings()).contains(said);
    }

    private String findings() {
        return String.join(
                "\n",
                lab.database.preparation().findings(lab.database.preparation().resolve("t")));
    }

    @Test
    void whoIsConcernedIsSaidBefore() {
        makeEverything(lab);
        assertThat(lab.database
                        .preparation()
                        .warnings(lab.database.preparation().resolve("\"Orders\"")))
                .anyMatch(warning ->
                        warning.contains("also locks \"Far\".customers, public.items, public.parcels, public.regions,"))
                .anyMatch(warning -> warning.contains("packs on public.parcels")
                        && warning.contains("follows on public.\"Orders\"")
                        && warning.contains("in force from the swap on"));
    }

    /** A partition of a table that points to it may belong to somebody else. */
    @Test
    void aPartitionThatCannotBeAlteredIsNamedBefore() {
        lab.run(
                "DO $$ BEGIN IF to_regrole('key_mover') IS NULL THEN CREATE ROLE key_mover LOGIN PASSWORD 'x'; END IF;"
                        + " END $$",
                "CREATE TABLE t (id int PRIMARY KEY)",
                "CREATE TABLE children (t int REFERENCES t) PARTITION BY LIST (t)",
                "CREATE TABLE c1 PARTITION OF children DEFAULT",
                "ALTER TABLE t OWNER TO key_mover",
                "ALTER TABLE children OWNER TO key_mover");
        try (PostgresDatabase poor = new PostgresDatabase(lab.profile("key_mover", "x"), 2, point -> {})) {
            assertThat(String.join(
                            "\n", poor.preparation().findings(poor.preparation().resolve("t"))))
                    .contains("its partition public.c1 belongs to postgres: GRANT postgres TO key_mover")
                    .doesNotContain("partition public.children");
        }
    }
}
