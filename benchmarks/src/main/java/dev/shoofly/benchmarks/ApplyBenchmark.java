package dev.shoofly.benchmarks;

import dev.shoofly.model.ChangeRecord;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How many keys the applier reconciles per second when changes never run out, beside what a plain program writes. For each
 * number of partitions twice: into an empty shadow, where every row is new, and into a full one, where every row is
 * there and changed. Product and limit take turns to be first, so that neither always finds the warmer caches.
 */
final class ApplyBenchmark {
    private static final String UNIT = "keys/s";
    /** Rows and rounds of first runs that are thrown away: they are the compiler's. */
    private static final int WARM_UP_ROWS = 50_000;

    private static final int WARM_UP_ROUNDS = 2;

    private final Bed bed;
    private final ApplyOptions options;
    private final List<Comparison> found = new ArrayList<>();
    private final Map<String, Object> details = new LinkedHashMap<>();
    private boolean productFirst;

    ApplyBenchmark(Bed bed, ApplyOptions options) {
        this.bed = bed;
        this.options = options;
    }

    Report run() throws SQLException, InterruptedException {
        try (Connection connection = bed.connect()) {
            OrdersTable.of(bed.kind()).create(connection, OrdersTable.NAME, options.rows());
        }
        warmUp();
        for (int partitions : options.partitions()) {
            try (Migrated ours = Migrated.prepare(bed, partitions);
                    Migrated theirs = Migrated.prepare(bed, partitions)) {
                for (String rows : List.of("new rows", "changed rows")) {
                    compare(rows + ", partitions " + partitions, ours, theirs);
                }
            }
        }
        return new Report(
                "apply",
                Main.name(bed.kind()),
                "the same rows upserted by a plain JDBC program, same batches, as many connections as partitions",
                found.get(found.size() - 1),
                found,
                details,
                options.conditions(bed));
    }

    private void warmUp() throws SQLException, InterruptedException {
        List<Long> ids = SourceChanges.everyRowOnce(Math.min(WARM_UP_ROWS, options.rows()));
        List<ChangeRecord> changes = SourceChanges.make(bed, ids);
        int partitions = options.partitions().get(options.partitions().size() - 1);
        try (Migrated migrated = Migrated.prepare(bed, partitions)) {
            for (int round = 0; round < WARM_UP_ROUNDS; round++) {
                new PlainUpserts(bed, options.batchKeys()).run(migrated, changes);
                new ApplierRun(bed, options.threads(), options.batchKeys()).run(migrated, changes, 1);
            }
        }
    }

    private void compare(String name, Migrated ours, Migrated theirs) throws SQLException, InterruptedException {
        List<ChangeRecord> changes = SourceChanges.make(bed, SourceChanges.everyRowOnce(options.rows()));
        bed.tidy(
                OrdersTable.NAME,
                ours.plan().shadow().table(),
                theirs.plan().shadow().table());
        ApplierRun product = new ApplierRun(bed, options.threads(), options.batchKeys());
        PlainUpserts plain = new PlainUpserts(bed, options.batchKeys());
        Work figure;
        Work limit;
        if (productFirst) {
            figure = product.run(ours, changes, 1);
            limit = plain.run(theirs, changes);
        } else {
            limit = plain.run(theirs, changes);
            figure = product.run(ours, changes, 1);
        }
        productFirst = !productFirst;
        ours.requireEqual(options.rows());
        theirs.requireEqual(options.rows());
        found.add(Comparison.of(name, UNIT, figure.keysPerSecond(), limit.keysPerSecond()));
        Map<String, Object> more = new LinkedHashMap<>();
        more.put("cpuMicrosPerKey", Math.round(figure.cpuMicrosPerKey()));
        more.put("cpuMicrosPerKeyOfLimit", Math.round(limit.cpuMicrosPerKey()));
        more.put("keysPerBatch", figure.keys() / figure.batches());
        more.put("attemptsRolledBack", figure.retries());
        details.put(name, more);
    }
}
