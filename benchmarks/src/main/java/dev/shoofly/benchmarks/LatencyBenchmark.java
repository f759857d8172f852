package dev.shoofly.benchmarks;

import dev.shoofly.database.Reconciler;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How long after an application's commit a change is in the shadow, at a fixed rate of one-row transactions, and what the
 * process needs of memory meanwhile. The clock of a change starts when its COMMIT is sent, so the commit itself is part of
 * the time; it stops when the batch that holds its key has committed.
 */
final class LatencyBenchmark {
    private static final Duration SETTLES_WITHIN = Duration.ofMinutes(2);
    private static final long GLANCE_MILLIS = 20;

    private final Bed bed;
    private final LatencyOptions options;
    private final AtomicLongArray committing;
    private final Map<String, Object> details = new LinkedHashMap<>();
    private volatile Durations applied = new Durations();

    LatencyBenchmark(Bed bed, LatencyOptions options) {
        this.bed = bed;
        this.options = options;
        this.committing = new AtomicLongArray(options.rows() + 1);
    }

    Report run() throws SQLException, InterruptedException {
        if ((long) options.rows() < 10L * options.rate()) {
            throw new BenchmarkFailure("too few rows: a row must not change again before its change is applied");
        }
        try (Connection connection = bed.connect()) {
            OrdersTable.of(bed.kind()).create(connection, OrdersTable.NAME, options.rows());
        }
        OpenLoad load = new OpenLoad(bed, SourceChanges.everyRowOnce(options.rows()), options.rate());
        Durations plain = new Durations();
        load.run(Math.max(1, options.plainSeconds() / 3), new Commits(new Durations(), false));
        details.putAll(observed("OfLimit", load, options.plainSeconds(), new Commits(plain, false)));
        try (Migrated migrated = Migrated.prepare(bed, options.partitions())) {
            fill(migrated.plan());
            bed.database().changeLog().open(migrated.plan());
            try {
                return measure(migrated, load, plain);
            } finally {
                bed.database()
                        .changeLog()
                        .close(migrated.plan().id(), migrated.plan().source());
            }
        }
    }

    /** As the copy leaves it. */
    private void fill(MigrationPlan plan) throws SQLException {
        String columns = String.join(", ", OrdersTable.COLUMNS);
        try (Connection connection = bed.connect()) {
            String quote = connection.getMetaData().getIdentifierQuoteString();
            ConnectionPool.execute(
                    connection,
                    "INSERT INTO " + quote + plan.shadow().table() + quote + " (" + columns + ") SELECT " + columns
                            + " FROM " + OrdersTable.NAME);
        }
        bed.tidy(OrdersTable.NAME, plan.shadow().table());
    }

    private Report measure(Migrated migrated, OpenLoad load, Durations plain)
            throws SQLException, InterruptedException {
        MigrationPlan plan = migrated.plan();
        Durations commits = new Durations();
        try (Pipeline pipeline = new Pipeline(
                bed, plan, options.threads(), new Clock(bed.database().reconciler(plan)))) {
            load.run(options.warmUpSeconds(), new Commits(new Durations(), true));
            settle(pipeline);
            applied = new Durations();
            details.put("reachableHeapMiBBefore", Memory.reachableMiB());
            try (Memory memory = new Memory(options.seconds())) {
                details.putAll(observed("", load, options.seconds(), new Commits(commits, true)));
                settle(pipeline);
                details.put("memory", memory.samples());
            }
            details.put("reachableHeapMiBAfter", Memory.reachableMiB());
        }
        requireAll(commits);
        migrated.requireEqual(options.rows());
        List<Comparison> found =
                List.of(compare(0.5, "p50", plain), compare(0.99, "p99", plain), compare(1, "max", plain));
        details.put("changes", applied.count());
        details.put("commitP50MillisMeanwhile", commits.millis(0.5));
        details.put("commitP99MillisMeanwhile", commits.millis(0.99));
        Map<String, Object> conditions = Conditions.of(bed);
        conditions.put("rows", options.rows());
        conditions.put("rate", options.rate());
        conditions.put("seconds", options.seconds());
        conditions.put("partitions", options.partitions());
        conditions.put("applierThreads", options.threads());
        return new Report(
                "latency",
                Main.name(bed.kind()),
                "the application's own COMMIT at the same rate without Shoofly; here a small ratio is good",
                found.get(1),
                found,
                details,
                conditions);
    }

    /** Runs the load and says how busy it kept the machine, and whether it kept to its rate. */
    private Map<String, Object> observed(String suffix, OpenLoad load, int seconds, Commits commits)
            throws SQLException, InterruptedException {
        Duration all = bed.cpuTime().used();
        Duration here = bed.cpuTime().usedHere();
        double stretch = load.run(seconds, commits);
        return Map.of(
                "timeTakenToPlanned" + suffix, Math.round(stretch * 100) / 100.0,
                "coresUsed" + suffix, cores(bed.cpuTime().used().minus(all), seconds),
                "coresUsedByThisProcess" + suffix,
                        cores(bed.cpuTime().usedHere().minus(here), seconds));
    }

    private static double cores(Duration used, int seconds) {
        return used.toMillis() / (10 * seconds) / 100.0;
    }

    private Comparison compare(double share, String name, Durations plain) {
        return Comparison.of("commit to applied, " + name, "ms", applied.millis(share), plain.millis(share));
    }

    private void requireAll(Durations commits) {
        if (applied.count() != commits.count()) {
            throw new BenchmarkFailure(commits.count() + " changes were committed, " + applied.count() + " applied");
        }
    }

    /** Waits until every committed change is applied. */
    private void settle(Pipeline pipeline) throws InterruptedException {
        long giveUpAt = System.nanoTime() + SETTLES_WITHIN.toNanos();
        for (int id = 1; id <= options.rows(); id++) {
            while (committing.get(id) != 0) {
                pipeline.check();
                if (System.nanoTime() > giveUpAt) {
                    throw new BenchmarkFailure("the change of row " + id + " was not applied");
                }
                TimeUnit.MILLISECONDS.sleep(GLANCE_MILLIS);
            }
        }
    }

    /** Starts the clock of a change, and times the commit itself. */
    private final class Commits implements OpenLoad.Listener {
        private final Durations commits;
        private final boolean awaited;
        private final ThreadLocal<Long> sent = ThreadLocal.withInitial(() -> 0L);

        /** @param awaited whether a pipeline runs that will apply the changes */
        Commits(Durations commits, boolean awaited) {
            this.commits = commits;
            this.awaited = awaited;
        }

        @Override
        public void committing(long id, long nanos) {
            sent.set(nanos);
            if (awaited && committing.getAndSet((int) id, nanos) != 0) {
                throw new BenchmarkFailure("row " + id + " changed again before its change was applied: too slow");
            }
        }

        @Override
        public void committed(long id, long nanos) {
            commits.add(nanos - sent.get());
        }
    }

    /** Stands before the product's reconciler and stops the clocks of what it has committed. */
    private final class Clock implements Reconciler {
        private final Reconciler product;

        Clock(Reconciler product) {
            this.product = product;
        }

        @Override
        public boolean waitsByTransaction() {
            return product.waitsByTransaction();
        }

        @Override
        public Outcome apply(Batch batch) {
            Outcome outcome = product.apply(batch);
            long now = System.nanoTime();
            for (RowKey key : batch.keys()) {
                long since = committing.getAndSet(Integer.parseInt(key.values().get(0)), 0);
                if (since != 0) {
                    applied.add(now - since);
                }
            }
            return outcome;
        }
    }
}
