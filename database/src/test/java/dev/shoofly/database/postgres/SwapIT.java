package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.TableSwap;
import dev.shoofly.database.TableSwap.Outcome;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The new table must be the old one in everything but what the ALTER says. */
class SwapIT {
    private static final CutoverSettings SETTINGS =
            new CutoverSettings(CutoverMode.AUTO, Duration.ofMillis(300), Duration.ofMillis(500), 1000, 1);
    private static final TableSwap.Remainder NOTHING = (progress, timeout, most) -> TableSwap.Drained.of(List.of());
    private static Lab lab;
    private static volatile FaultPoints atPoint = FaultPoints.NONE;

    @BeforeAll
    static void open() throws SQLException {
        lab = Lab.open(TestServers.postgres(PostgresVersion.V17), point -> atPoint.reach(point));
        lab.run("DROP ROLE IF EXISTS shoofly_reader", "CREATE ROLE shoofly_reader");
    }

    @AfterAll
    static void close() throws SQLException {
        lab.close();
        try (Lab admin = Lab.open(TestServers.postgres(PostgresVersion.V17), point -> {})) {
            admin.run("DROP ROLE IF EXISTS shoofly_reader");
        }
    }

    private static MigrationPlan ready(String table, String... alters) {
        MigrationPlan plan = lab.prepare(table, alters);
        lab.copyAll(plan, 100);
        lab.run("UPDATE shoofly.migrations SET state = 'READY' WHERE id = '" + plan.id() + "'");
        return plan;
    }

    private static Outcome swap(MigrationPlan plan) {
        return lab.database.swap(plan).attempt(SETTINGS, 1, NOTHING);
    }

    @Test
    void identitySerialNamesGrantsCommentsAndOptionsAreAsBefore() {
        lab.run("""
                CREATE TABLE full_dress (id int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME my_ids START 10) PRIMARY KEY,
                  serial_no serial, email text CONSTRAINT mail UNIQUE, price numeric(8,2), note text,
                  twice numeric GENERATED ALWAYS AS (price * 2) STORED, CONSTRAINT dear CHECK (price >= 0))
                """, """
                ALTER TABLE full_dress SET (fillfactor = 70, toast.autovacuum_enabled = false),
                  ALTER note SET STATISTICS 77, ALTER email SET (n_distinct = -0.5), ALTER note SET STORAGE EXTERNAL
                """, """
                CREATE INDEX "by Price" ON full_dress USING btree (price DESC NULLS LAST) INCLUDE (note) WHERE price > 1;
                CREATE INDEX lowered ON full_dress (lower(email)) WITH (fillfactor = 60);
                CREATE STATISTICS pair (ndistinct) ON price, email FROM full_dress;
                ALTER TABLE full_dress CLUSTER ON lowered;
                ALTER TABLE full_dress ADD CONSTRAINT late CHECK (note <> 'bad') NOT VALID;
                ALTER TABLE full_dress ADD CONSTRAINT dfr UNIQUE (serial_no) DEFERRABLE INITIALLY DEFERRED;
                COMMENT ON TABLE full_dress IS 'it''s';
                COMMENT ON COLUMN full_dress.price IS 'money';
                COMMENT ON INDEX lowered IS 'for logins';
                COMMENT ON CONSTRAINT mail ON full_dress IS 'one each';
                GRANT SELECT ON full_dress TO shoofly_reader;
                GRANT UPDATE (price) ON full_dress TO PUBLIC;
                ALTER TABLE full_dress DROP CONSTRAINT late;
                INSERT INTO full_dress (email, price, note) VALUES ('a', 1, 'x'), ('b', 2, 'bad');
                ALTER TABLE full_dress ADD CONSTRAINT late CHECK (note <> 'bad') NOT VALID
                """);
        List<String> before = catalog("full_dress");
        MigrationPlan plan = ready("full_dress", "ALTER serial_no TYPE bigint");
        lab.run("DELETE FROM full_dress WHERE id = 11");
        lab.reconcile(plan, RowKey.of("11"));

        assertThat(swap(plan)).isInstanceOf(Outcome.Swapped.class);

        assertThat(lab.database.swap(plan).isSwapped()).isTrue();
        assertThat(catalog("full_dress"))
                .isEqualTo(before.stream()
                        .map(line -> line.replace("serial_no integer", "serial_no bigint"))
                        .toList());
        lab.run("INSERT INTO full_dress (email, price) VALUES ('c', 3)");
        assertThat(lab.rows("SELECT id, serial_no, email, twice FROM full_dress ORDER BY id"))
                .containsExactly("(10,1,a,2.00)", "(12,3,c,6.00)");
        assertThatThrownBy(() -> lab.run("INSERT INTO full_dress (id, email) VALUES (99, 'no')"))
                .hasMessageContaining("cannot insert a non-DEFAULT value");
        lab.run("DROP TABLE " + PostgresNames.quote(plan.old()));
        lab.run("INSERT INTO full_dress (email, price) VALUES ('d', 3)");
    }

    /** Nothing would be read from that partition, and the rows changed there would be old in the new table. */
    @Test
    void aPartitionWithoutItsProgressRowStopsTheSwap() throws SQLException {
        lab.run("CREATE TABLE fewer (id int PRIMARY KEY, n int)", "INSERT INTO fewer VALUES (1, 1)");
        MigrationPlan plan = ready("fewer", "ADD COLUMN extra int");
        lab.run("DELETE FROM shoofly.apply_progress WHERE migration_id = '" + plan.id() + "' AND partition_number = 2");
        assertRefusedForProgress(plan);
        // With a snapshot that lasts the remainder is drained before the tables are locked.
        try (Connection reader = lab.connect();
                Statement statement = reader.createStatement()) {
            reader.setAutoCommit(false);
            reader.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            statement.execute("SELECT count(*) FROM pg_class");
            assertRefusedForProgress(plan);
        }
        assertThat(lab.database.swap(plan).isSwapped()).isFalse();
    }

    /** It would hold them while it waits for its own, and somebody who waits for the table would wait for it in turn. */
    @Test
    void aLookBeforeTheSwapLeavesNoLockOnWhatAViewReads() throws SQLException {
        lab.run(
                "CREATE TABLE looked_at (id int PRIMARY KEY, n int)",
                "INSERT INTO looked_at VALUES (1, 1)",
                "CREATE VIEW onlooker AS SELECT n FROM looked_at");
        String locks = "SELECT mode FROM pg_locks WHERE relation = 'looked_at'::regclass";
        MigrationPlan plan = ready("looked_at", "ADD COLUMN extra int");
        try (Connection describing = lab.connect();
                Statement statement = describing.createStatement()) {
            describing.setAutoCommit(false);
            statement.execute("SELECT pg_get_viewdef('onlooker'::regclass)");
            assertThat(lab.rows(locks)).as("kept by describing a view").containsExactly("(AccessShareLock)");
        }
        List<String> held = new ArrayList<>(List.of("not looked"));
        atPoint = point -> {
            if (point.equals("swap.progress-locked")) {
                held.clear();
                held.addAll(lab.rows(locks));
            }
        };
        try {
            assertThat(swap(plan)).isInstanceOf(Outcome.Swapped.class);
        } finally {
            atPoint = FaultPoints.NONE;
        }
        assertThat(held).isEmpty();
    }

    /** Without the locks it may meet half of somebody's change. */
    @Test
    void aRehearsalThatFailsLeavesItsTransactionToTheSwap() throws SQLException {
        lab.run("CREATE TABLE rehearsed (id int PRIMARY KEY, n int)", "INSERT INTO rehearsed VALUES (1, 1)");
        MigrationPlan plan = ready("rehearsed", "ADD COLUMN extra int");
        try (Connection connection = lab.connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("DROP TABLE " + PostgresNames.quote(plan.shadow()) + "; SAVEPOINT here");

            SwapRehearsal.run(connection, plan, TableSwap.Direction.FORWARD);

            statement.execute("ROLLBACK TO SAVEPOINT here");
            assertThat(statement.execute("SELECT n FROM rehearsed")).isTrue();
        }
        assertThat(swap(plan)).isInstanceOf(Outcome.Swapped.class);
    }

    private static void assertRefusedForProgress(MigrationPlan plan) {
        TableSwap swap = lab.database.swap(plan);
        assertThatThrownBy(() -> swap.attempt(SETTINGS, 1, (progress, timeout, most) -> {
                    throw new AssertionError("drained without a partition: " + progress);
                }))
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContainingAll("of 4 progress rows there are 3", "Nothing was renamed");
    }

    /** Everything about the table that a user can see, without its oid. */
    private static List<String> catalog(String table) {
        return lab.rows("""
                SELECT line FROM (
                SELECT 'column ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' '
                       || concat_ws(' ', a.attnotnull, a.attidentity, a.attgenerated, a.attstorage, a.attstattarget,
                                    a.attoptions, pg_get_expr(d.adbin, d.adrelid), a.attacl,
                                    col_description(a.attrelid, a.attnum)) AS line
                FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                WHERE a.attrelid = '%1$s'::regclass AND a.attnum > 0 AND NOT a.attisdropped
                UNION ALL SELECT 'index ' || concat_ws(' ', pg_get_indexdef(i.indexrelid), i.indisclustered,
                       i.indisprimary, i.indimmediate, obj_description(i.indexrelid, 'pg_class'))
                FROM pg_index i WHERE i.indrelid = '%1$s'::regclass
                UNION ALL SELECT 'constraint ' || concat_ws(' ', conname, pg_get_constraintdef(oid), convalidated,
                       obj_description(oid, 'pg_constraint')) FROM pg_constraint WHERE conrelid = '%1$s'::regclass
                UNION ALL SELECT 'statistics ' || pg_get_statisticsobjdef(oid) FROM pg_statistic_ext
                WHERE stxrelid = '%1$s'::regclass
                UNION ALL SELECT 'table ' || concat_ws(' ', c.relacl, c.reloptions, t.reloptions, c.relreplident,
                       c.relowner, obj_description(c.oid, 'pg_class'))
                FROM pg_class c LEFT JOIN pg_class t ON t.oid = c.reltoastrelid WHERE c.oid = '%1$s'::regclass
                UNION ALL SELECT 'sequence ' || concat_ws(' ', s.oid::regclass, a.attname, q.seqstart, q.seqincrement)
                FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
                JOIN pg_sequence q ON q.seqrelid = s.oid
                JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                WHERE d.refobjid = '%1$s'::regclass AND d.deptype IN ('a', 'i')) lines ORDER BY line
                """.formatted(table));
    }

    @Test
    void theRemainderIsDrainedUnderTheLockWithItsUniqueValuesSwapped() {
        lab.run(
                "CREATE TABLE drained (id int PRIMARY KEY, u int UNIQUE)",
                "INSERT INTO drained VALUES (1, 10), (2, 20), (3, 30)");
        MigrationPlan plan = ready("drained", "ALTER u TYPE bigint");
        lab.run(
                "UPDATE drained SET u = 0 WHERE id = 1",
                "UPDATE drained SET u = 10 WHERE id = 2",
                "UPDATE drained SET u = 20 WHERE id = 1",
                "DELETE FROM drained WHERE id = 3",
                "INSERT INTO drained VALUES (4, 30)");
        Outcome outcome = lab.database.swap(plan).attempt(SETTINGS, 1, (progress, timeout, most) -> {
            assertThat(progress).hasSize(Lab.PARTITIONS);
            return new TableSwap.Drained(
                    List.of(RowKey.of("1"), RowKey.of("2"), RowKey.of("3"), RowKey.of("4")), Map.of(), 9);
        });
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Outcome.Swapped.class,
                        swapped -> assertThat(swapped.drainedKeys()).isEqualTo(4));
        assertThat(lab.rows("SELECT * FROM drained ORDER BY id")).containsExactly("(1,20)", "(2,10)", "(4,30)");
        assertThat(swapMarkers(plan))
                .as("keys before it are passed over from now on")
                .containsExactly("(9)");
        assertThat(lab.value("SELECT state FROM shoofly.migrations WHERE id = '" + plan.id() + "'"))
                .isEqualTo("CUTOVER");
        assertThatThrownBy(() -> lab.reconcile(plan, RowKey.of("1"))).hasMessageContaining("gone");
    }

    @Test
    void aLockTimeOutNamesTheHolderAndChangesNothing() throws SQLException {
        lab.run("CREATE TABLE held (id int PRIMARY KEY)", "INSERT INTO held VALUES (1)");
        MigrationPlan plan = ready("held", "ADD COLUMN extra int");
        try (Connection holder = lab.connect();
                Statement statement = holder.createStatement()) {
            holder.setAutoCommit(false);
            statement.execute("LOCK TABLE held IN ACCESS SHARE MODE");
            String pid = lab.value("SELECT pid FROM pg_locks WHERE relation = 'held'::regclass AND pid IS NOT NULL");
            assertThat(swap(plan))
                    .isInstanceOfSatisfying(
                            Outcome.NotSwapped.class,
                            not -> assertThat(not.reason())
                                    .contains("pid " + pid)
                                    .contains("idle in transaction")
                                    .contains("300 ms"));
        }
        assertThat(lab.database.swap(plan).isSwapped()).isFalse();
        assertThat(swap(plan)).isInstanceOf(Outcome.Swapped.class);
    }

    @Test
    void rowsThatAnAlterRewroteWithoutATraceInTheLogStopTheSwap() {
        lab.run("CREATE TABLE rewritten (id int PRIMARY KEY, note text)", "INSERT INTO rewritten VALUES (1, 'a')");
        MigrationPlan plan = ready("rewritten", "ALTER id TYPE bigint");
        lab.run("ALTER TABLE rewritten ALTER note TYPE text USING upper(note)");
        assertThatThrownBy(() -> swap(plan)).hasMessageContaining("was changed while");
        assertThat(lab.value("SELECT note FROM rewritten")).isEqualTo("A");
    }

    /** As after a connection that was lost at the commit: the server is still at it. */
    @Test
    void theNamesMeanNothingBeforeTheSessionThatSwapsThemHasEnded() throws Exception {
        lab.run("CREATE TABLE pending (id int PRIMARY KEY)");
        MigrationPlan plan = ready("pending", "ALTER id TYPE bigint");
        TableSwap swap = lab.database.swap(plan);
        try (Connection swapping = lab.connect();
                Statement statement = swapping.createStatement()) {
            swapping.setAutoCommit(false);
            statement.execute("ALTER TABLE pending RENAME TO "
                    + PostgresNames.quote(plan.old().table()));
            statement.execute("ALTER TABLE " + Lab.shadow(plan) + " RENAME TO pending");
            CompletableFuture<Boolean> swapped = CompletableFuture.supplyAsync(swap::isSwapped);
            while (!swapped.isDone()
                    && lab.value("SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessShareLock'")
                            .equals("0")) {
                LockSupport.parkNanos(5_000_000);
            }
            swapping.commit();
            assertThat(swapped.get()).isTrue();
        }
    }

    @Test
    void aWriterBoundToTheOldTableByItsOidFailsLoudly() {
        lab.run("CREATE TABLE fenced (id int PRIMARY KEY)");
        MigrationPlan plan = ready("fenced", "ALTER id TYPE bigint");
        assertThat(swap(plan)).isInstanceOf(Outcome.Swapped.class);
        String old = PostgresNames.quote(plan.old());
        assertThatThrownBy(() -> lab.run("INSERT INTO " + old + " VALUES (1)"))
                .hasMessageContaining("was replaced by a schema change");
        assertThatThrownBy(() -> lab.run("TRUNCATE " + old)).hasMessageContaining("was replaced");
        lab.run("SET shoofly.writer = on", "INSERT INTO fenced VALUES (1)");
        lab.run("SET shoofly.writer = on; INSERT INTO " + old + " VALUES (1)");
    }

    /** It is no part of the table's definition, so nobody sees that it was made. */
    @Test
    void aFunctionMadeMeanwhileThatIsBoundToTheOldTableFailsLoudlyAndSoDoesAView() {
        lab.run("CREATE TABLE bound (id int PRIMARY KEY)");
        MigrationPlan plan = ready("bound", "ALTER id TYPE bigint");
        lab.run("CREATE FUNCTION note_bound(int) RETURNS void LANGUAGE sql"
                + " BEGIN ATOMIC INSERT INTO bound VALUES ($1); END");
        assertThat(swap(plan)).isInstanceOf(Outcome.Swapped.class);
        String old = PostgresNames.quote(plan.old());
        lab.run("CREATE VIEW bound_view AS SELECT * FROM " + old);
        for (String write : List.of("SELECT note_bound(1)", "INSERT INTO bound_view VALUES (2)")) {
            assertThatThrownBy(() -> lab.run(write))
                    .hasMessageContaining("was replaced by a schema change")
                    .hasMessageContaining("Create the view or function that holds it anew");
            lab.run("SET shoofly.writer = on; " + write);
        }
        assertThat(lab.value("SELECT string_agg(id::text, ' ' ORDER BY id) FROM " + old))
                .as("what both write to, where it is let through")
                .isEqualTo("1 2");
        assertThat(lab.value("SELECT count(*) FROM bound")).isEqualTo("0");
    }

    @Test
    void anIndexAddedMeanwhileStopsTheSwap() {
        lab.run("CREATE TABLE drifted (id int PRIMARY KEY, n int)");
        MigrationPlan plan = ready("drifted", "ALTER n TYPE bigint");
        lab.run("CREATE INDEX late_index ON drifted (n)");
        assertThatThrownBy(() -> swap(plan)).hasMessageContaining("was changed while migration");
        lab.run("DROP INDEX late_index");
        assertThat(swap(plan)).isInstanceOf(Outcome.Swapped.class);
    }

    @Test
    void theShadowIsPublishedFromTheSwapOn() {
        lab.run("CREATE TABLE published (id int PRIMARY KEY)");
        MigrationPlan plan = lab.prepare("published", "ALTER id TYPE bigint");
        lab.database.changeLog().open(plan);
        lab.run("UPDATE shoofly.migrations SET state = 'READY' WHERE id = '" + plan.id() + "'");
        assertThat(swap(plan)).isInstanceOf(Outcome.Swapped.class);
        assertThat(lab.rows("SELECT tablename FROM pg_publication_tables WHERE pubname = 'shoofly_" + plan.id()
                        + "' ORDER BY 1"))
                .as("what we write into the old table need not be decoded")
                .containsExactlyInAnyOrder("(published)", "(markers)");
        lab.database.changeLog().close(plan.id(), plan.source());
        assertThat(lab.value("SELECT count(*) FROM pg_replication_slots WHERE database = current_database()"))
                .isEqualTo("0");
    }

    @Test
    void rowsOfTheRemainderAreCommittedBeforeTheExclusiveLockWhereSnapshotsAreKept() throws SQLException {
        lab.run("CREATE TABLE kept (id int PRIMARY KEY, n int)", "INSERT INTO kept VALUES (1, 1), (2, 1)");
        MigrationPlan plan = ready("kept", "ALTER n TYPE bigint");
        lab.run("UPDATE kept SET n = 2 WHERE id = 1", "DELETE FROM kept WHERE id = 2");
        List<String> seen = new java.util.ArrayList<>();
        try (Connection reader = lab.connect();
                Statement statement = reader.createStatement()) {
            reader.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            reader.setAutoCommit(false);
            statement.execute("SELECT 1");
            Outcome outcome = lab.database.swap(plan).attempt(SETTINGS, 1, (progress, timeout, most) -> {
                seen.add(lab.value("SELECT string_agg(DISTINCT mode, ' ') FROM pg_locks WHERE granted AND relation = "
                        + "'kept'::regclass"));
                return new TableSwap.Drained(List.of(RowKey.of("1"), RowKey.of("2")), Map.of(), 40 + seen.size());
            });
            assertThat(outcome).isInstanceOf(Outcome.Swapped.class);
        }
        assertThat(seen)
                .as("drained once with readers let in, and once more under the lock")
                .hasSize(2)
                .startsWith("ShareRowExclusiveLock")
                .last()
                .asString()
                .contains("AccessExclusiveLock");
        assertThat(lab.rows("SELECT * FROM kept")).containsExactly("(1,2)");
        assertThat(swapMarkers(plan))
                .as("behind the first marker readers were still let in")
                .containsExactly("(42)");
    }

    private List<String> swapMarkers(MigrationPlan plan) {
        return lab.rows(
                "SELECT DISTINCT swap_marker FROM shoofly.apply_progress WHERE migration_id = '" + plan.id() + "'");
    }

    @Test
    void aReaderWithAnOldSnapshotIsNamedAsABlocker() throws SQLException {
        lab.run("CREATE TABLE snapped (id int PRIMARY KEY)");
        MigrationPlan plan = ready("snapped", "ALTER id TYPE bigint");
        TableSwap swap = lab.database.swap(plan);
        try (Connection reader = lab.connect();
                Statement statement = reader.createStatement()) {
            reader.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            reader.setAutoCommit(false);
            statement.execute("SELECT 1");
            String point = swap.completionPoint();
            assertThat(swap.blockers(point)).isNotEmpty().allMatch(blocker -> blocker.contains("snapshot from before"));
        }
        // The server notices some time later that the reader is gone.
        Waits.until(() -> swap.blockers(swap.completionPoint()).isEmpty());
    }
}
