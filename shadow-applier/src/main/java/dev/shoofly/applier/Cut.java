package dev.shoofly.applier;

import dev.shoofly.model.RowKey;
import java.util.List;
import java.util.Set;

/**
 * The front of the waiting changes, as one batch.
 *
 * @param records how many changes it takes
 * @param keys distinct by their texts. Two texts can still be one key to the database ('a' and 'A'): the reconcile
 *     statement tolerates that, and one text too few would be a lost row
 * @param marker greatest marker in it; 0: none
 * @param barrier whether the transactions are proved visible by a marker committed now, because the batch neither names
 *     them nor ends with a marker
 * @param oldestMicros commit time of the first change that has one; 0: none has
 * @param newestMicros commit time of the last change that has one; 0: none has
 */
record Cut(
        int records,
        List<RowKey> keys,
        Set<String> transactions,
        long nextOffset,
        long marker,
        boolean barrier,
        long oldestMicros,
        long newestMicros) {}
