package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.DeferredIndexes;
import dev.shoofly.database.DeferredIndexes.Result;
import dev.shoofly.database.DeferredIndexes.Writers;
import dev.shoofly.database.Reconciler;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Unique indexes that the shadow gets after the copy. */
@Timeout(120)
class DeferredUniqueIT {
    @Test
    void onlyThoseArePutOffWhoseValuesTheSourceKeepsApartItself() throws Exception {
        try (Lab lab = Lab.open()) {
            lab.run(
                    "CREATE TABLE t (id int PRIMARY KEY, a text, b text CONSTRAINT one_b UNIQUE, c varchar(9), d int, e text,"
                            + " f int NOT NULL, g text)",
                    "CREATE UNIQUE INDEX by_a ON t (a DESC)",
                    "CREATE UNIQUE INDEX retyped ON t (c)",
                    "CREATE UNIQUE INDEX partial ON t (d) WHERE d > 0",
                    "CREATE UNIQUE INDEX computed ON t (lower(e))",
                    "CREATE UNIQUE INDEX collated ON t (e COLLATE \"C\")",
                    "CREATE UNIQUE INDEX using_computed ON t (g)",
                    "INSERT INTO t SELECT i, 'a' || i, 'b' || i, i, i, 'e' || i, i, 'g' || i FROM generate_series(1, 9) i");
            MigrationPlan plan = lab.prepareWithLateIndexes(
                    "t",
                    "ALTER c TYPE text",
                    "ALTER g TYPE text USING left(g, 1)",
                    "CREATE UNIQUE INDEX wider ON t (f, a)",
                    "CREATE UNIQUE INDEX fresh ON t (f)");
            assertThat(lab.database.deferredIndexes(plan).missing())
                    .containsExactlyInAnyOrder("by_a", "one_b", "wider");
        }
    }

    @Test
    void theSharedKeysIndexStays() throws Exception {
        try (Lab lab = Lab.open()) {
            lab.run(
                    "CREATE TABLE t (id int NOT NULL, code text NOT NULL UNIQUE, CONSTRAINT one_id UNIQUE (id))",
                    "ALTER TABLE t REPLICA IDENTITY FULL",
                    "INSERT INTO t SELECT i, 'c' || i FROM generate_series(1, 9) i");
            MigrationPlan plan = lab.prepareWithLateIndexes("t", "ADD COLUMN w int");
            List<String> late = lab.database.deferredIndexes(plan).missing();
            assertThat(late).hasSize(1).doesNotContain(plan.key().sourceIndex());
            lab.copyAll(plan, 4);
            assertThat(lab.database.comparer(plan).compare(KeyRange.ALL).equal())
                    .isTrue();
        }
    }

    /** One row has given its value up and is not brought up to date yet; the one that took it is. */
    @Test
    void rowsThatShareAValueAreBroughtUpToDateBeforeTheBuild() throws Exception {
        try (Lab lab = Lab.open()) {
            lab.run(
                    "CREATE TABLE t (id int PRIMARY KEY, v text UNIQUE)",
                    "INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 3000) i",
                    "INSERT INTO t SELECT i FROM generate_series(3001, 3010) i");
            MigrationPlan plan = lab.prepareWithLateIndexes("t", "ADD COLUMN w int");
            lab.copyAll(plan, 1000);
            // Half of the rows move on to other values, the other half take theirs; every taker is applied.
            lab.run(
                    "UPDATE t SET v = 'gone' || id WHERE id <= 1500",
                    "UPDATE t SET v = 'v' || id - 1500 WHERE id > 1500 AND id <= 3000",
                    "DELETE FROM t WHERE id = 7");
            lab.reconcile(plan, RowKey.of("1501"), RowKey.of("1507"), RowKey.of("2999"));
            DeferredIndexes indexes = lab.database.deferredIndexes(plan);
            assertThat(indexes.build(Writers.STANDING, 2, () -> true)).isEqualTo(Result.COMPLETE);
            assertThat(indexes.missing()).isEmpty();
            assertThat(lab.value("SELECT count(*) FROM " + Lab.shadow(plan) + " WHERE id IN (1, 7, 1499)"
                            + " AND v NOT LIKE 'gone%'"))
                    .isEqualTo("0");
        }
    }

    /** A reconciler that was at work before the index was there. */
    @Test
    void valuesThatMoveLaterFindTheIndexAndGetRoom() throws Exception {
        try (Lab lab = Lab.open()) {
            lab.run(
                    "CREATE TABLE t (id int PRIMARY KEY, v text UNIQUE)",
                    "INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 9) i");
            MigrationPlan plan = lab.prepareWithLateIndexes("t", "ADD COLUMN w int");
            lab.copyAll(plan, 4);
            Reconciler reconciler = lab.database.reconciler(plan);
            lab.apply(reconciler, plan, "5");
            assertThat(lab.database.deferredIndexes(plan).build(Writers.STANDING, 1, () -> true))
                    .isEqualTo(Result.COMPLETE);
            lab.run("UPDATE t SET v = 'new' WHERE id = 1", "UPDATE t SET v = 'v1' WHERE id = 2");
            lab.apply(reconciler, plan, "2");
            lab.apply(reconciler, plan, "1");
            assertThat(lab.database.comparer(plan).compare(KeyRange.ALL).equal())
                    .isTrue();
        }
    }
}
