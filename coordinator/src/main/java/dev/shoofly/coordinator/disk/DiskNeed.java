package dev.shoofly.coordinator.disk;

import dev.shoofly.database.disk.TableSize;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * Bytes that a migration is still going to fill, by what they are for. Estimates from the source, for nobody knows what the
 * new definition makes of its rows.
 *
 * @param data rows that the shadow lacks
 * @param indexes what the shadow's indexes lack of the source's
 * @param sorting files of an index build that sorts: the entries of all secondary indexes once more
 * @param log written by all that and not removed soon
 */
record DiskNeed(long data, long indexes, long sorting, long log) {
    /** While nothing is copied any more: changes are applied in place, which the reserve has to bear. */
    static final DiskNeed NOTHING = new DiskNeed(0, 0, 0, 0);

    /** Estimates drift; a copy under way is not stopped for a tenth. */
    private static final double WHILE_COPYING = 0.9;

    /** @param logBytes what the dialect expects of the log for a copy of that size */
    static DiskNeed beforeTheCopy(TableSize source, ToLongFunction<TableSize> logBytes) {
        return new DiskNeed(source.data(), source.indexes(), source.indexes(), logBytes.applyAsLong(source));
    }

    /** @param copied share of the rows that the shadow has, 0 to 1 */
    static DiskNeed whileCopying(
            TableSize source, TableSize shadow, double copied, ToLongFunction<TableSize> logBytes) {
        long data = Math.round(source.data() * (1 - Math.min(1, Math.max(0, copied))));
        long indexes = Math.max(0, source.indexes() - shadow.indexes());
        DiskNeed rest =
                new DiskNeed(data, indexes, source.indexes(), logBytes.applyAsLong(new TableSize(data, indexes)));
        return new DiskNeed(tolerant(rest.data), tolerant(rest.indexes), tolerant(rest.sorting), tolerant(rest.log));
    }

    private static long tolerant(long bytes) {
        return Math.round(bytes * WHILE_COPYING);
    }

    DiskNeed plus(DiskNeed other) {
        return new DiskNeed(data + other.data, indexes + other.indexes, sorting + other.sorting, log + other.log);
    }

    long total() {
        return data + indexes + sorting + log;
    }

    /** Only the parts that there are. */
    List<String> parts() {
        List<String> parts = new ArrayList<>();
        add(parts, "rows", data);
        add(parts, "indexes", indexes);
        add(parts, "sorting", sorting);
        add(parts, "log", log);
        return parts;
    }

    private static void add(List<String> parts, String what, long bytes) {
        if (bytes > 0) {
            parts.add(what + " " + Bytes.text(bytes));
        }
    }
}
