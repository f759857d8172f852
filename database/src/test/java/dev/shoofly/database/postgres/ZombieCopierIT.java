package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.ChunkCopier.ChunkResult;
import dev.shoofly.database.control.Segment;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A superseded copier must not commit behind the new owner's sweep. */
class ZombieCopierIT {
    private static final KeyRange CHUNK = new KeyRange(null, RowKey.of("9"));

    @Test
    void theNewOwnerWaitsForTheOpenCopyAndTheOldOneThenStops() throws Exception {
        Stops stops = new Stops();
        try (Lab lab = Lab.open(stops)) {
            lab.run(
                    "CREATE TABLE t (id int PRIMARY KEY, n int)",
                    "INSERT INTO t SELECT i, i FROM generate_series(1, 9) i");
            MigrationPlan plan = lab.prepare("t", "ALTER n TYPE bigint");
            Segment zombie = lab.claim(plan);
            Stops.Stop beforeCommit = stops.arm("copy.before-commit");
            Stops.Stop beforeSweep = stops.arm("copy.before-sweep");
            CompletableFuture<ChunkResult> copy = CompletableFuture.supplyAsync(
                    () -> lab.database.copier(plan).copy(zombie, CHUNK, true, keys -> {}));
            beforeCommit.awaitReached();

            CompletableFuture<Void> fence = CompletableFuture.runAsync(
                    () -> lab.database.control().segments().fenceAll(plan.id()));
            Waits.until(() -> lab.value("SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                            + " AND datname = current_database()")
                    .equals("t"));
            beforeCommit.release();
            fence.get();
            beforeSweep.release();

            assertThatThrownBy(copy::get)
                    .cause()
                    .isInstanceOfSatisfying(
                            ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.SUPERSEDED));
            Segment heir = lab.claim(plan);
            assertThat(lab.database
                            .copier(plan)
                            .copy(heir, CHUNK, true, keys -> {})
                            .rows())
                    .isZero();
            assertThatThrownBy(() -> lab.database.copier(plan).copy(zombie, CHUNK, true, keys -> {}))
                    .hasMessageContaining("belongs to another worker");
        }
    }
}
