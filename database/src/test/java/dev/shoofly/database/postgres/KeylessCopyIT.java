package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.ChunkCopier;
import dev.shoofly.database.DeferredIndexes;
import dev.shoofly.database.DeferredIndexes.Result;
import dev.shoofly.database.DeferredIndexes.Writers;
import dev.shoofly.database.control.Segment;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A shadow that is copied without its primary key: what keeps a row from being doubled, lost, or brought back. */
@Timeout(120)
class KeylessCopyIT {
    /** Of the owner that prepared the shadow. */
    private static final long EPOCH = 1;

    private static final RowKey TEN = RowKey.of("10");
    private static final RowKey TWENTY = RowKey.of("20");
    private static final RowKey THIRTY = RowKey.of("30");

    private volatile Runnable beforeRead = () -> {};
    private Lab lab;

    @BeforeEach
    void open() throws Exception {
        lab = Lab.open(point -> {
            if (point.equals("reconcile.before-read")) {
                beforeRead.run();
            }
        });
        lab.run(
                "CREATE TABLE t (tenant int NOT NULL, id int, name text NOT NULL,"
                        + " CONSTRAINT \"the Key\" PRIMARY KEY (id) INCLUDE (name) WITH (fillfactor = 80))",
                "COMMENT ON INDEX \"the Key\" IS 'it''s used'",
                "CREATE INDEX by_tenant ON t (tenant)",
                "CLUSTER t USING \"the Key\"",
                "INSERT INTO t SELECT i % 7, i, 'name ' || i FROM generate_series(1, 30) i");
    }

    @AfterEach
    void close() throws Exception {
        lab.close();
    }

    @Test
    void anApplierThatHasNotHeardOfItWritesAndDeletesNothing() {
        MigrationPlan plan = keyless();
        ChunkCopier copier = lab.database.copier(plan);
        Segment segment = lab.claim(plan);
        copier.copy(segment, new KeyRange(null, TEN), false, keys -> {});
        lab.run("UPDATE t SET name = 'new' WHERE id = 5", "DELETE FROM t WHERE id IN (6, 15)");

        // A row that is copied and gone, which is a DELETE and nothing else; one that is not copied yet; one that
        // changed.
        List<CompletableFuture<Void>> waiting = Stream.of("6", "15", "5")
                .map(id -> CompletableFuture.runAsync(() -> lab.reconcile(plan, RowKey.of(id))))
                .toList();
        assertThat(lab.value("SELECT count(*) FROM " + Lab.shadow(plan) + " WHERE name <> 'new'"))
                .isEqualTo("10");

        copier.copy(segment, new KeyRange(TEN, THIRTY), true, keys -> {});
        assertThat(waiting).noneMatch(CompletableFuture::isDone);
        finish(plan);
        waiting.forEach(CompletableFuture::join);
        assertEqual(plan);
    }

    /** Stopped between its look and its transaction, for as long as it takes. */
    @Test
    void anApplierThatHadLookedBeforeTheKeyWentWritesNothing() {
        lab.run("DELETE FROM t WHERE id = 6");
        for (String id : List.of("5", "6")) {
            MigrationPlan plan = lab.prepareWithLateIndexes("t", "ALTER COLUMN tenant TYPE bigint");
            beforeRead = () -> assertThat(takeKeyAway(plan)).isTrue();
            assertThatThrownBy(() -> lab.reconcile(plan, RowKey.of(id)))
                    .isInstanceOfSatisfying(
                            ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.TRANSIENT))
                    .hasMessageContaining("without its primary key");
        }
    }

    /** What keeps the copy alone even from a process that does not ask. */
    @Test
    void theServerRefusesABatchWhileTheKeyIsMissing() throws Exception {
        MigrationPlan plan = keyless();
        lab.run("DELETE FROM t WHERE id = 6");
        for (String id : List.of("5", "6")) {
            try (Connection connection = lab.connect()) {
                connection.setAutoCommit(false);
                assertThatThrownBy(() -> new ReconcileStatements(plan).run(connection, List.of(RowKey.of(id))))
                        .isInstanceOfSatisfying(
                                SQLException.class,
                                e -> assertThat(e.getSQLState()).isEqualTo("42P10"));
            }
        }
    }

    @Test
    void takingItAwayCanBeRepeated() {
        MigrationPlan plan = keyless();
        assertThat(takeKeyAway(plan)).isTrue();
    }

    /** Held up between its look and its statement, for as long as its successor needs to copy, verify and get ready. */
    @Test
    void anOwnerThatWasSupersededEmptiesNothing() {
        MigrationPlan plan = lab.prepareWithLateIndexes("t", "ALTER COLUMN tenant TYPE bigint");
        DeferredIndexes indexes = lab.database.deferredIndexes(plan);
        lab.copyAll(plan, 10);
        lab.run("UPDATE shoofly.migrations SET state = 'COPYING' WHERE id = '" + plan.id() + "'");
        assertThat(indexes.takeKeyAway(EPOCH)).as("something is copied").isFalse();
        for (String later : List.of("state = 'READY'", "state = 'COPYING', epoch = epoch + 1")) {
            lab.run("UPDATE shoofly.migrations SET " + later + " WHERE id = '" + plan.id() + "'");
            assertThatThrownBy(() -> indexes.takeKeyAway(EPOCH))
                    .isInstanceOfSatisfying(
                            ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.SUPERSEDED));
        }
        assertEqual(plan);
        assertThat(indexes.isKeyMissing()).isFalse();
    }

    @Test
    void aReaderOfTheShadowKeepsTheKeyInItsPlace() throws Exception {
        MigrationPlan plan = lab.prepareWithLateIndexes("t", "ALTER COLUMN tenant TYPE bigint");
        DeferredIndexes indexes = lab.database.deferredIndexes(plan);
        try (Connection dump = lab.connect();
                Statement statement = dump.createStatement()) {
            dump.setAutoCommit(false);
            statement.execute("LOCK TABLE " + Lab.shadow(plan) + " IN ACCESS SHARE MODE");
            assertThat(takeKeyAway(plan)).isFalse();
        }
        assertThat(indexes.isKeyMissing()).isFalse();
    }

    @Test
    void aKeyStaysWhenOtherIndexesAreBuiltAlready() {
        MigrationPlan plan = lab.prepareWithLateIndexes("t", "ALTER COLUMN tenant TYPE bigint");
        finish(plan);
        assertThat(takeKeyAway(plan)).isFalse();
    }

    @Test
    void rowsThatShareAKeyAreSaidToAndNotWaitedFor() {
        MigrationPlan plan = keyless();
        lab.copyAll(plan, 10);
        lab.run("INSERT INTO " + Lab.shadow(plan) + " (tenant, id, name) VALUES (1, 5, 'twice')");
        assertThatThrownBy(() -> lab.database.deferredIndexes(plan).build(Writers.STANDING, 2, () -> true))
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContaining("share a value of its primary key the Key");
    }

    @Test
    void aChunkWhoseCommitWasNotHeardOfIsNotCopiedTwice() {
        MigrationPlan plan = keyless();
        ChunkCopier copier = lab.database.copier(plan);
        Segment segment = lab.claim(plan);
        assertThat(copier.copy(segment, new KeyRange(null, TEN), false, keys -> {})
                        .rows())
                .isEqualTo(10);
        assertThat(copier.copy(segment, new KeyRange(null, TEN), false, keys -> {})
                        .rows())
                .isZero();
        copier.copy(segment, new KeyRange(TEN, THIRTY), true, keys -> {});
        assertThatThrownBy(() -> copier.copy(segment, new KeyRange(TEN, THIRTY), true, keys -> {}))
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.SUPERSEDED));
        finish(plan);
        assertEqual(plan);
    }

    /** As after a failover to a standby that lacks the last chunk, or beside a successor that is further. */
    @Test
    void aChunkThatDoesNotBeginWhereTheSegmentStandsIsNotCopied() {
        MigrationPlan plan = keyless();
        ChunkCopier copier = lab.database.copier(plan);
        Segment segment = lab.claim(plan);
        copier.copy(segment, new KeyRange(null, TEN), false, keys -> {});
        lab.run(
                "DELETE FROM " + Lab.shadow(plan),
                "UPDATE shoofly.segments SET position_key = NULL, rows_copied = 0 WHERE migration_id = '" + plan.id()
                        + "'");
        assertThatThrownBy(() -> copier.copy(segment, new KeyRange(TEN, TWENTY), false, keys -> {}))
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.SUPERSEDED))
                .hasMessageContaining("is copied from there");
        assertThat(lab.value("SELECT count(*) FROM " + Lab.shadow(plan))).isEqualTo("0");
    }

    @Test
    void whatWasAppliedBeforeTheKeyWentIsCopied() {
        MigrationPlan plan = lab.prepareWithLateIndexes("t", "ALTER COLUMN tenant TYPE bigint");
        lab.run("INSERT INTO t VALUES (1, 31, 'late')", "UPDATE t SET name = 'new' WHERE id = 5");
        lab.reconcile(plan, RowKey.of("5"), RowKey.of("31"));
        // What was applied is behind the appliers: nobody would come to these keys again.
        assertThat(takeKeyAway(plan)).isTrue();
        lab.copyAll(plan, 10);
        finish(plan);
        assertEqual(plan);
    }

    @Test
    void theKeyComesBackAsItWas() {
        MigrationPlan never = lab.prepare("t", "ALTER COLUMN tenant TYPE bigint");
        List<String> wanted = keys(never);
        assertThat(wanted).hasSize(1);
        MigrationPlan plan = keyless();
        assertThat(keys(plan)).isEmpty();
        assertThat(lab.database.deferredIndexes(plan).missing()).contains("the Key", "by_tenant");
        lab.copyAll(plan, 7);
        finish(plan);
        assertThat(keys(plan)).isEqualTo(wanted);
        assertEqual(plan);
    }

    @Test
    void aDeathBetweenTheIndexAndItsConstraintIsMadeGood() throws Exception {
        MigrationPlan plan = keyless();
        lab.copyAll(plan, 10);
        finish(plan);
        String name = lab.value("SELECT conname FROM pg_constraint WHERE contype = 'p' AND conrelid = '"
                + Lab.shadow(plan) + "'::regclass");
        lab.run(
                "ALTER TABLE " + Lab.shadow(plan) + " DROP CONSTRAINT \"" + name + "\"",
                "CREATE UNIQUE INDEX \"" + name + "\" ON " + Lab.shadow(plan)
                        + " (id) INCLUDE (name) WITH (fillfactor = 80)");
        assertThat(lab.database.deferredIndexes(plan).isKeyMissing()).isTrue();
        assertThat(lab.database.deferredIndexes(plan).missing()).containsExactly("the Key");
        finish(plan);
        assertThat(keys(plan)).hasSize(1);
    }

    @Test
    void aKeyStaysWhereSomethingNeedsIt() {
        lab.run(
                "CREATE TABLE a (id int PRIMARY KEY, span int4range, EXCLUDE USING gist (span WITH &&))",
                "CREATE TABLE b (id int PRIMARY KEY DEFERRABLE)",
                "ALTER TABLE b REPLICA IDENTITY FULL",
                "CREATE TABLE c (id int NOT NULL UNIQUE)",
                "ALTER TABLE c REPLICA IDENTITY USING INDEX c_id_key",
                "CREATE TABLE d (id int PRIMARY KEY, n int NOT NULL)",
                "CREATE TABLE e (id int PRIMARY KEY)",
                "COMMENT ON CONSTRAINT e_pkey ON e IS 'x'");
        for (String table : List.of("a", "b", "c", "e")) {
            assertThat(mayLackKey(table, "ADD COLUMN w int")).as(table).isFalse();
        }
        // A new rule: rows that violate it are to be found by the copy.
        assertThat(mayLackKey("d", "ADD UNIQUE (n)")).isFalse();
        assertThat(mayLackKey("d", "ADD COLUMN w int", "CREATE INDEX ON d (w)")).isTrue();
        assertThat(mayLackKey("d", "ALTER COLUMN id TYPE bigint")).isTrue();
        assertThat(lab.database
                        .deferredIndexes(lab.prepare("d", "ADD COLUMN w int"))
                        .mayLackKey())
                .as("a small table, unless asked for")
                .isFalse();
    }

    private boolean mayLackKey(String table, String... alters) {
        return lab.database
                .deferredIndexes(lab.prepareWithLateIndexes(table, alters))
                .mayLackKey();
    }

    private MigrationPlan keyless() {
        MigrationPlan plan = lab.prepareWithLateIndexes("t", "ALTER COLUMN tenant TYPE bigint");
        DeferredIndexes indexes = lab.database.deferredIndexes(plan);
        assertThat(indexes.mayLackKey()).isTrue();
        assertThat(indexes.isKeyMissing()).isFalse();
        assertThat(takeKeyAway(plan)).isTrue();
        assertThat(indexes.isKeyMissing()).isTrue();
        return plan;
    }

    /** As the owner does before the copy: there are no segments yet. */
    private boolean takeKeyAway(MigrationPlan plan) {
        lab.run(
                "UPDATE shoofly.migrations SET state = 'COPYING' WHERE id = '" + plan.id() + "'",
                "DELETE FROM shoofly.segments WHERE migration_id = '" + plan.id() + "'");
        boolean gone = lab.database.deferredIndexes(plan).takeKeyAway(EPOCH);
        lab.database.control().segments().create(plan.id(), List.of(KeyRange.ALL));
        return gone;
    }

    private void finish(MigrationPlan plan) {
        DeferredIndexes indexes = lab.database.deferredIndexes(plan);
        assertThat(indexes.build(Writers.AT_WORK, 2, () -> true)).isEqualTo(Result.NEEDS_STANDSTILL);
        assertThat(indexes.build(Writers.STANDING, 2, () -> true)).isEqualTo(Result.COMPLETE);
        assertThat(indexes.missing()).isEmpty();
        assertThat(indexes.isKeyMissing()).isFalse();
    }

    /** Everything but the temporary name. */
    private List<String> keys(MigrationPlan plan) {
        return lab.rows("SELECT pg_get_constraintdef(c.oid), i.indisprimary, i.indisclustered, i.indimmediate,"
                + " k.reloptions, obj_description(i.indexrelid)"
                + " FROM pg_constraint c JOIN pg_index i ON i.indexrelid = c.conindid JOIN pg_class k ON k.oid = c.conindid"
                + " WHERE c.contype = 'p' AND c.conrelid = '" + Lab.shadow(plan) + "'::regclass");
    }

    private void assertEqual(MigrationPlan plan) {
        String rows = "SELECT tenant, id, name FROM ";
        assertThat(lab.rows(rows + Lab.shadow(plan) + " ORDER BY id")).isEqualTo(lab.rows(rows + "t ORDER BY id"));
    }
}
