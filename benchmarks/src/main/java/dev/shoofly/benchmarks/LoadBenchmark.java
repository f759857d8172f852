package dev.shoofly.benchmarks;

import dev.shoofly.benchmarks.load.Findings;
import dev.shoofly.benchmarks.load.Ledger;
import dev.shoofly.benchmarks.load.LedgerCheck;
import dev.shoofly.benchmarks.load.Timings;
import dev.shoofly.benchmarks.load.Traffic;
import dev.shoofly.benchmarks.reference.ReferenceTable;
import dev.shoofly.model.MigrationState;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What an application that reads and writes at a fixed rate notices of a whole migration: the same load before it, during it
 * and after it. The load runs in this process, the migration in one of its own.
 */
final class LoadBenchmark {
    private static final String UNIT = "ms";
    private static final int REST_SECONDS = 10;

    private final MigrationBed bed;
    private final BenchmarkServer server;
    private final LoadOptions options;
    private final ReferenceTable table;
    private final WallClock clock = new WallClock();
    private final Map<String, Object> details = new LinkedHashMap<>();

    LoadBenchmark(MigrationBed bed, LoadOptions options) {
        this.bed = bed;
        this.server = bed.server();
        this.options = options;
        this.table = ReferenceTable.of(server.kind());
    }

    /** When what was measured; moments of the JVM's clock. */
    private record Times(
            long baselineFrom,
            long baselineTo,
            PacedCopy.Times plain,
            List<LogReaderCost.Windows> reader,
            long migrationFrom,
            long migrationTo,
            long end) {}

    Report run() throws SQLException, IOException, InterruptedException {
        table.create(server, options.rows());
        server.settle();
        Ledger ledger = new Ledger(options.rows(), Traffic.WRITERS);
        Traffic traffic = Traffic.start(server, options.rate(), ledger);
        ShooflyRun.Result migration;
        Times times;
        try (traffic) {
            TimeUnit.SECONDS.sleep(options.warmUpSeconds());
            List<LogReaderCost.Windows> reader = LogReaderCost.measure(server, options.readerPairs());
            long baseline = System.nanoTime();
            Duration cpu = server.cpuTime().used();
            TimeUnit.SECONDS.sleep(options.baselineSeconds());
            details.put("coresUsedBaseline", cores(server.cpuTime().used().minus(cpu), options.baselineSeconds()));
            long baselineTo = System.nanoTime();
            PacedCopy.Times plain = plainCopy();
            cpu = server.cpuTime().usedHere();
            migration = new ShooflyRun(server, bed.directory("shoofly"), options.migrate()).run();
            Duration load = server.cpuTime().usedHere().minus(cpu);
            details.put("coresUsedMigration", cores(load.plus(migration.cpu().whole()), migration.seconds()));
            TimeUnit.SECONDS.sleep(options.afterSeconds());
            times = new Times(
                    baseline,
                    baselineTo,
                    plain,
                    reader,
                    clock.nanos(migration.fromMillis()),
                    clock.nanos(migration.toMillis()),
                    System.nanoTime());
        }
        requireRight(ledger, traffic.findings());
        return report(traffic, migration, times);
    }

    private static double cores(Duration used, double seconds) {
        return Math.round(used.toMillis() / (10 * seconds)) / 100.0;
    }

    private void requireRight(Ledger ledger, Findings findings) throws SQLException {
        if (findings.wrongCount() > 0) {
            throw new BenchmarkFailure(findings.wrongCount() + " answers were wrong: " + findings.firstWrong());
        }
        LedgerCheck.Result check = LedgerCheck.run(server, server.kind(), ledger);
        if (check.wrong() > 0) {
            throw new BenchmarkFailure(
                    check.wrong() + " of " + check.rows() + " rows are not as acknowledged: " + check.findings());
        }
        try (Connection connection = server.connect()) {
            if (!table.indexes(connection, ReferenceTable.NAME).equals(ReferenceTable.INDEXES)) {
                throw new BenchmarkFailure("the migrated table has the indexes "
                        + table.indexes(connection, ReferenceTable.NAME) + " instead of " + ReferenceTable.INDEXES);
            }
        }
        details.put("acknowledgedWrites", ledger.acknowledgedWrites());
        details.put("rowsChecked", check.rows());
        details.put("failedOperations", findings.failedCount());
        details.put("firstFailed", findings.firstFailed());
    }

    private Report report(Traffic traffic, ShooflyRun.Result migration, Times times) throws SQLException {
        Timings writesBefore = traffic.writes(times.baselineFrom(), times.baselineTo());
        Timings writes = traffic.writes(times.migrationFrom(), times.migrationTo());
        Timings readsBefore = traffic.reads(times.baselineFrom(), times.baselineTo());
        Timings reads = traffic.reads(times.migrationFrom(), times.migrationTo());
        Comparison headline = compare("write response, p99", writes, writesBefore, 0.99);
        Comparison median = compare("write response, p50", writes, writesBefore, 0.5);
        List<Comparison> found = new ArrayList<>(List.of(
                headline,
                median,
                compare("write response, max", writes, writesBefore, 1),
                compare("read response, p99", reads, readsBefore, 0.99),
                compare("read response, p50", reads, readsBefore, 0.5),
                compare("read response, max", reads, readsBefore, 1)));
        if (options.plainCopySeconds() > 0) {
            found.addAll(besidePlainCopy(traffic, times.plain(), writes, reads));
        }
        if (!times.reader().isEmpty()) {
            LogReaderCost reader = LogReaderCost.of(times.reader(), traffic);
            found.add(Comparison.of(
                    "write response, p50, beside a bare reader of the log",
                    UNIT,
                    writes.responseMillis(0.5),
                    reader.p50()));
            details.put("bareLogReader", reader.summary());
        }
        details.put("migrationSeconds", migration.seconds());
        details.put("phaseSeconds", migration.phases().seconds());
        details.put("indexBuildSeconds", migration.buildingIndexes().toMillis() / 1e3);
        details.put("writeP50OverheadPercent", Math.round(1_000 * (median.ratio() - 1)) / 10.0);
        details.put("writesAchieved", rounded(writes.shareAchieved()));
        details.put("readsAchieved", rounded(reads.shareAchieved()));
        details.put("writesAchievedBaseline", rounded(writesBefore.shareAchieved()));
        gaps(traffic, migration, times);
        details.put("baseline", both(traffic, times.baselineFrom(), times.baselineTo()));
        details.put("migration", both(traffic, times.migrationFrom(), times.migrationTo()));
        details.put("after", both(traffic, times.migrationTo(), times.end()));
        details.put("byPhase", byPhase(traffic, migration.phases()));
        details.put("writeResponseMillisBySecond", bySecond(traffic, times.migrationFrom(), times.migrationTo()));
        details.put("peakResidentMiB", migration.peakResidentMiB());
        details.put("collector", migration.collector());
        return new Report(
                "load",
                Main.name(server.kind()),
                "the same load before the migration; here a ratio near 1 is good",
                headline,
                found,
                details,
                conditions());
    }

    /** Rests for a moment afterwards, so that what the plain copy leaves to write does not count for the migration. */
    private PacedCopy.Times plainCopy() throws SQLException, InterruptedException {
        if (options.plainCopySeconds() == 0) {
            return PacedCopy.Times.NONE;
        }
        PacedCopy.Times times =
                new PacedCopy(server, options.rows(), options.plainCopySeconds()).run(ReferenceTable.NAME);
        TimeUnit.SECONDS.sleep(REST_SECONDS);
        return times;
    }

    private List<Comparison> besidePlainCopy(Traffic traffic, PacedCopy.Times plain, Timings writes, Timings reads) {
        details.put("plainCopySeconds", plain.seconds());
        details.put("plainCopy", both(traffic, plain.from(), plain.to()));
        details.put("plainCopyWriteResponseMillisBySecond", bySecond(traffic, plain.from(), plain.to()));
        Timings writesBeside = traffic.writes(plain.from(), plain.to());
        Timings readsBeside = traffic.reads(plain.from(), plain.to());
        return List.of(
                compare("write response, p99, beside a plain copy", writes, writesBeside, 0.99),
                compare("write response, p50, beside a plain copy", writes, writesBeside, 0.5),
                compare("read response, p99, beside a plain copy", reads, readsBeside, 0.99));
    }

    private static Comparison compare(String name, Timings meanwhile, Timings before, double share) {
        return Comparison.of(name, UNIT, meanwhile.responseMillis(share), before.responseMillis(share));
    }

    private static double rounded(double share) {
        return Math.round(share * 1e4) / 1e4;
    }

    /** From READY, where the cut-over may be tried, until the last of it was cleaned up. */
    private void gaps(Traffic traffic, ShooflyRun.Result migration, Times times) {
        long from = clock.nanos(migration.phases().enteredMillis(MigrationState.READY));
        long to = clock.nanos(migration.phases().enteredMillis(MigrationState.COMPLETED));
        details.put("longestWriteGapMillisAtCutover", millis(traffic.longestWriteGap(from, to)));
        details.put("longestWriteMillisAtCutover", traffic.writes(from, to).serviceMillis(1));
        details.put(
                "longestWriteGapMillisBaseline",
                millis(traffic.longestWriteGap(times.baselineFrom(), times.baselineTo())));
    }

    private static double millis(Duration duration) {
        return Math.round(duration.toNanos() / 1e3) / 1e3;
    }

    private static Map<String, Object> both(Traffic traffic, long from, long to) {
        Map<String, Object> found = new LinkedHashMap<>();
        found.put("writes", traffic.writes(from, to).summary());
        found.put("reads", traffic.reads(from, to).summary());
        return found;
    }

    private Map<String, Object> byPhase(Traffic traffic, Phases phases) {
        Map<String, Object> found = new LinkedHashMap<>();
        for (Phases.Phase phase : phases.phases()) {
            Timings writes = traffic.writes(clock.nanos(phase.fromMillis()), clock.nanos(phase.toMillis()));
            Map<String, Double> times = new LinkedHashMap<>();
            times.put("seconds", phase.seconds());
            times.put("writeResponseP50Millis", writes.responseMillis(0.5));
            times.put("writeResponseP99Millis", writes.responseMillis(0.99));
            times.put("writeResponseMaxMillis", writes.responseMillis(1));
            found.put(phase.name() + (found.containsKey(phase.name()) ? " again" : ""), times);
        }
        return found;
    }

    /** Median and 99th percentile of the writes that were due in each second, one after the other. */
    private static List<List<Double>> bySecond(Traffic traffic, long begin, long end) {
        long second = TimeUnit.SECONDS.toNanos(1);
        List<List<Double>> found = new ArrayList<>();
        for (long from = begin; from < end; from += second) {
            Timings writes = traffic.writes(from, Math.min(from + second, end));
            found.add(List.of(writes.responseMillis(0.5), writes.responseMillis(0.99)));
        }
        return found;
    }

    private Map<String, Object> conditions() throws SQLException {
        Map<String, Object> conditions = bed.conditions();
        conditions.put("rows", options.rows());
        conditions.put("writesPerSecond", options.rate());
        conditions.put("readsPerSecond", options.rate());
        conditions.put("connections", Traffic.WRITERS + Traffic.READERS);
        conditions.put("migrateOptions", options.migrate());
        return conditions;
    }
}
