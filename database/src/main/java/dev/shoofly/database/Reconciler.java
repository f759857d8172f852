package dev.shoofly.database;

import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.util.List;
import java.util.Set;

/** reconcile(keys) with awaitVisible and the conflict routine. One caller per partition at a time. */
public interface Reconciler {

    /**
     * Whether {@link Batch#transactions} suffice to wait for visibility. If not (MySQL without GTIDs), a batch must end
     * with a marker, given in {@link Batch#marker}, and waits until that is readable.
     */
    boolean waitsByTransaction();

    /**
     * Makes the shadow rows of the batch's keys equal to what the source holds now, and saves the partition's progress in
     * the same transaction. Waits first, holding no lock, until every transaction of the batch is visible. Repeats on
     * lock conflicts; clears unique values that moved.
     *
     * @throws ShooflyException SUPERSEDED when the partition's progress row has another epoch; DATA for a real duplicate
     *     under a unique key of the shadow, or a value that does not fit, naming constraint or column and keys; TRANSIENT
     *     when the connection is lost (nothing was applied, or all of it was: repeat)
     */
    Outcome apply(Batch batch);

    /**
     * @param partition of the changes topic
     * @param epoch got from claiming the partition ({@code ProgressRows.claim})
     * @param keys without duplicates; may be empty (only markers)
     * @param transactions to be visible before the read; see {@code ChangeRecord.DirtyKey}
     * @param nextOffset of the topic after this batch
     * @param marker greatest marker number in the batch; 0: none
     */
    record Batch(int partition, long epoch, List<RowKey> keys, Set<String> transactions, long nextOffset, long marker) {
        public Batch {
            keys = List.copyOf(keys);
            transactions = Set.copyOf(transactions);
        }
    }

    /**
     * @param retries rolled-back attempts
     * @param cleared shadow rows of other keys deleted because they held a value that had moved
     * @param contention what the rolled-back attempts had met
     */
    record Outcome(int keys, int retries, int cleared, Contention contention) {
        /** Of a call that met nothing. */
        public Outcome(int keys, int retries, int cleared) {
            this(keys, retries, cleared, Contention.NONE);
        }
    }
}
