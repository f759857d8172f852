package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Reconciler;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationPlan;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One reconciler through batches with and without deleted rows, which it takes in another order. */
@Timeout(120)
class DeletesOrderIT {
    @Test
    void rowsThatAreGoneAreDeletedWhateverTheBatchBeforeWasLike() throws Exception {
        try (Lab lab = Lab.open()) {
            MigrationPlan plan = copied(lab, 20);
            Reconciler reconciler = lab.database.reconciler(plan);

            lab.run("UPDATE t SET v = v + 100 WHERE id <= 3");
            lab.apply(reconciler, plan, "1", "2", "3");
            lab.run("DELETE FROM t WHERE id = 4", "UPDATE t SET v = 105 WHERE id = 5");
            lab.apply(reconciler, plan, "4", "5");
            lab.run("DELETE FROM t WHERE id = 6", "UPDATE t SET v = 6 WHERE id = 7");
            lab.apply(reconciler, plan, "7", "6");
            lab.run("UPDATE t SET v = v + 100 WHERE id = 8");
            lab.apply(reconciler, plan, "8");
            lab.run("DELETE FROM t WHERE id = 9", "INSERT INTO t VALUES (30, 9)");
            lab.apply(reconciler, plan, "9", "30");
            lab.run("DELETE FROM t WHERE id IN (10, 11)");
            lab.apply(reconciler, plan, "10", "11");
            assertThat(lab.database.comparer(plan).compare(KeyRange.ALL).equal())
                    .isTrue();
        }
    }

    /** The deleted row's value is taken by another row of the same batch, before any delete was seen. */
    @Test
    void aDeletedRowsValueIsFreeForTheRowThatTookIt() throws Exception {
        try (Lab lab = Lab.open()) {
            MigrationPlan plan = copied(lab, 9);
            lab.run("DELETE FROM t WHERE id = 4", "UPDATE t SET v = 4 WHERE id = 5");
            lab.apply(lab.database.reconciler(plan), plan, "5", "4");
            assertThat(lab.database.comparer(plan).compare(KeyRange.ALL).equal())
                    .isTrue();
        }
    }

    /** Rows in the shadow that have their number as unique value. */
    private static MigrationPlan copied(Lab lab, int rows) {
        lab.run(
                "CREATE TABLE t (id int PRIMARY KEY, v int UNIQUE)",
                "INSERT INTO t SELECT i, i FROM generate_series(1, " + rows + ") i");
        MigrationPlan plan = lab.prepare("t", "ADD COLUMN w int");
        lab.copyAll(plan, 100);
        return plan;
    }
}
