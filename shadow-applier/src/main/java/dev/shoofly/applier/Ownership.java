package dev.shoofly.applier;

import dev.shoofly.database.control.Progress;
import dev.shoofly.database.control.ProgressRows;
import dev.shoofly.model.MigrationId;
import java.time.Instant;

/** What a partition's task asks of the control tables. */
interface Ownership {

    /** See {@link ProgressRows#claim}. */
    Progress claim(int partition);

    /** Whether the partition is still claimed under this epoch. */
    boolean holds(int partition, long epoch);

    /** See {@link ProgressRows#barrier}. */
    void barrier();

    /** See {@link ProgressRows#now}. */
    Instant now();

    static Ownership of(ProgressRows rows, MigrationId id) {
        return new Ownership() {
            @Override
            public Progress claim(int partition) {
                return rows.claim(id, partition);
            }

            @Override
            public boolean holds(int partition, long epoch) {
                return rows.list(id).stream().anyMatch(row -> row.partition() == partition && row.epoch() == epoch);
            }

            @Override
            public void barrier() {
                rows.barrier(id);
            }

            @Override
            public Instant now() {
                return rows.now();
            }
        };
    }
}
