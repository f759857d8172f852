package dev.shoofly.benchmarks;

import dev.shoofly.capture.CaptureEngine;
import dev.shoofly.capture.CaptureSettings.Start;
import dev.shoofly.model.MigrationPlan;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * How many row events per second the capture takes from the log, through Debezium, into the topic; and how quickly it gets
 * past what is none of its business: other tables' rows and our own copy into the shadow. While it stands still the server
 * takes the changes as fast as it can, which is the limit: nobody can write faster than that, so a capture above it is
 * never the bottleneck. Then the capture resumes, and the time runs until a marker behind the changes comes through.
 */
final class CaptureBenchmark {
    private static final String UNIT = "row events/s";

    private final Bed bed;
    private final CaptureOptions options;
    private final List<Comparison> found = new ArrayList<>();

    CaptureBenchmark(Bed bed, CaptureOptions options) {
        this.bed = bed;
        this.options = options;
    }

    Report run() throws SQLException, InterruptedException {
        try (Connection connection = bed.connect()) {
            OrdersTable.of(bed.kind()).create(connection, OrdersTable.NAME, options.rows());
            OrdersTable.of(bed.kind()).create(connection, CaptureLoad.FOREIGN, options.rows());
        }
        try (Migrated migrated = Migrated.prepare(bed, options.partitions())) {
            MigrationPlan plan = migrated.plan();
            bed.database().changeLog().open(plan);
            try {
                Pipeline.capture(bed, plan, Start.FRESH).close();
                measureAll(plan);
            } finally {
                bed.database().changeLog().close(plan.id(), plan.source());
            }
        }
        Map<String, Object> conditions = Conditions.of(bed);
        conditions.put("rows", options.rows());
        conditions.put("partitions", options.partitions());
        conditions.put("connections", CaptureLoad.CONNECTIONS);
        return new Report(
                "capture",
                Main.name(bed.kind()),
                "the same changes as fast as the server takes them, while the capture stands still",
                found.get(0),
                found,
                Map.of(),
                conditions);
    }

    private void measureAll(MigrationPlan plan) throws SQLException, InterruptedException {
        CaptureLoad load = new CaptureLoad(bed, plan, options.rows());
        // Thrown away: the compiler's.
        measure(plan, "", () -> load.oneRowTransactions(OrdersTable.NAME), true);
        found.clear();
        measure(plan, "migrated table, 1 row per transaction", () -> load.oneRowTransactions(OrdersTable.NAME), true);
        measure(
                plan,
                "migrated table, " + CaptureLoad.BULK + " rows per transaction",
                () -> load.bulkTransactions(OrdersTable.NAME),
                true);
        measure(
                plan,
                "foreign table, " + CaptureLoad.BULK + " rows per transaction",
                () -> load.bulkTransactions(CaptureLoad.FOREIGN),
                false);
        measure(plan, "our own copy into the shadow", load::copy, false);
    }

    /** A way to change rows; returns how many. */
    @FunctionalInterface
    private interface Writes {
        long run() throws SQLException, InterruptedException;
    }

    /** @param wanted whether the changes belong into the topic */
    private void measure(MigrationPlan plan, String name, Writes writes, boolean wanted)
            throws SQLException, InterruptedException {
        bed.tidy(OrdersTable.NAME, CaptureLoad.FOREIGN);
        long sinceMicros = TimeUnit.MILLISECONDS.toMicros(InstantSource.system().millis());
        long began = System.nanoTime();
        long events = writes.run();
        double limit = events * 1e9 / (System.nanoTime() - began);
        try (MarkerWatch watch = new MarkerWatch(bed, plan, sinceMicros)) {
            long before = watch.keysInAll();
            long marker = bed.database().control().markers().next(plan.id());
            try (CaptureEngine engine = Pipeline.capture(bed, plan, Start.RESUME)) {
                long streaming = System.nanoTime();
                watch.await(marker, engine);
                long nanos = System.nanoTime() - streaming;
                found.add(Comparison.of(name, UNIT, events * 1e9 / nanos, limit));
            }
            require(name, events, wanted, watch.keysInAll() - before, watch.keysRead());
        }
    }

    /** A capture that has lost a change, or took one that is none of its business, has no rate. */
    private static void require(String name, long events, boolean wanted, long keysInAll, long keysRead) {
        if (wanted && keysInAll < events) {
            throw new BenchmarkFailure(name + ": only " + keysInAll + " of " + events + " changes are in the topic");
        }
        if (!wanted && keysRead > 0) {
            throw new BenchmarkFailure(name + ": " + keysRead + " keys in the topic that do not belong there");
        }
    }
}
