package dev.shoofly.benchmarks;

import dev.shoofly.model.ChangeRecord;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What deduplication is worth: changes per second when one row in a hundred takes 99 of a hundred changes, beside the rate
 * when every row is hit alike. Rows are in the shadow in both cases.
 */
final class HotKeysBenchmark {
    /** Hot changes go so much quicker that they would be over before the rate is steady. */
    private static final int TIMES = 10;

    private final Bed bed;
    private final ApplyOptions options;

    HotKeysBenchmark(Bed bed, ApplyOptions options) {
        this.bed = bed;
        this.options = options;
    }

    Report run() throws SQLException, InterruptedException {
        try (Connection connection = bed.connect()) {
            OrdersTable.of(bed.kind()).create(connection, OrdersTable.NAME, options.rows());
        }
        List<Comparison> found = new ArrayList<>();
        Map<String, Object> details = new LinkedHashMap<>();
        for (int partitions : options.partitions()) {
            found.add(measure(partitions, details));
        }
        return new Report(
                "apply --hot",
                Main.name(bed.kind()),
                "the same applier when changes hit every row alike; here a ratio above 1 is the gain",
                found.get(found.size() - 1),
                found,
                details,
                options.conditions(bed));
    }

    private Comparison measure(int partitions, Map<String, Object> details) throws SQLException, InterruptedException {
        ApplierRun product = new ApplierRun(bed, options.threads(), options.batchKeys());
        try (Migrated migrated = Migrated.prepare(bed, partitions)) {
            product.run(migrated, SourceChanges.make(bed, SourceChanges.everyRowOnce(options.rows())), 1);
            List<ChangeRecord> uniform = SourceChanges.make(bed, SourceChanges.uniform(options.rows(), options.rows()));
            Work alike = product.run(migrated, uniform, 1);
            List<ChangeRecord> hot = SourceChanges.make(bed, SourceChanges.hot(options.rows(), options.rows()));
            Work skewed = product.run(migrated, hot, TIMES);
            migrated.requireEqual(options.rows());
            String name = "hot rows, partitions " + partitions;
            details.put(name + ", changes per key written", skewed.changes() / Math.max(1, skewed.keys()));
            return Comparison.of(name, "changes/s", skewed.changesPerSecond(), alike.changesPerSecond());
        }
    }
}
