package dev.shoofly.benchmarks;

import dev.shoofly.benchmarks.load.Ledger;
import dev.shoofly.benchmarks.load.LedgerCheck;
import dev.shoofly.benchmarks.load.Timings;
import dev.shoofly.benchmarks.load.Traffic;
import dev.shoofly.benchmarks.reference.ReferenceTable;
import dev.shoofly.database.connection.ConnectionPool;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** For how long an application stands still around each swap, beside what it is used to. */
final class CutoverBenchmark {
    private static final String UNIT = "ms";
    private static final long BETWEEN_SECONDS = 2;
    /** What is measured around a swap goes on for that long after it. */
    private static final long AFTER_MILLIS = 1_000;
    /** So many operations of each kind a second tell a stall of 10 ms and cost next to nothing. */
    private static final int QUIET_RATE = 100;

    private final MigrationBed bed;
    private final BenchmarkServer server;
    private final CutoverOptions options;
    private final ReferenceTable table;
    private final WallClock clock = new WallClock();
    private final List<Comparison> comparisons = new ArrayList<>();
    private final Map<String, Object> details = new LinkedHashMap<>();

    CutoverBenchmark(MigrationBed bed, CutoverOptions options) {
        this.bed = bed;
        this.server = bed.server();
        this.options = options;
        this.table = ReferenceTable.of(server.kind());
    }

    Report run() throws SQLException, IOException, InterruptedException {
        measure("quiet", QUIET_RATE);
        measure("load", options.rate());
        Map<String, Object> conditions = bed.conditions();
        conditions.put("rows", options.rows());
        conditions.put("quietRate", QUIET_RATE);
        conditions.put("rate", options.rate());
        conditions.put("repetitions", options.repetitions());
        conditions.put("migrateOptions", options.migrate());
        return new Report(
                "cutover",
                Main.name(server.kind()),
                "the longest response time within two seconds that is usual (median) without a migration",
                comparisons.stream()
                        .filter(each -> each.name().equals(name("load", "cut-over", "write", "median")))
                        .findFirst()
                        .orElseThrow(),
                comparisons,
                details,
                conditions);
    }

    private void measure(String mode, int rate) throws SQLException, IOException, InterruptedException {
        try (Connection connection = server.connect()) {
            ConnectionPool.execute(connection, "DROP TABLE IF EXISTS " + ReferenceTable.NAME);
        }
        table.create(server, options.rows());
        server.settle();
        Ledger ledger = new Ledger(options.rows(), Traffic.WRITERS);
        Traffic traffic = Traffic.start(server, rate, ledger);
        List<ThereAndBack.Moments> migrations = new ArrayList<>();
        long from;
        long to;
        try (traffic) {
            TimeUnit.SECONDS.sleep(options.warmUpSeconds());
            Duration cpu = server.cpuTime().used();
            from = System.nanoTime();
            TimeUnit.SECONDS.sleep(options.baselineSeconds());
            to = System.nanoTime();
            cpu = server.cpuTime().used().minus(cpu);
            details.put(mode + ", cores used without a migration", rounded(cpu.toNanos() / (double) (to - from)));
            for (int i = 1; i <= options.repetitions(); i++) {
                migrations.add(new ThereAndBack(server, bed.directory(mode + i), options.migrate()).run());
                TimeUnit.SECONDS.sleep(BETWEEN_SECONDS);
            }
        }
        require(traffic, ledger);
        details.put(mode + ", acknowledged writes", ledger.acknowledgedWrites());
        details.put(mode + ", failed operations", traffic.findings().failedCount());
        details.put(mode + ", first failed", traffic.findings().firstFailed());
        compare(mode, traffic, migrations, from, to);
    }

    private void require(Traffic traffic, Ledger ledger) throws SQLException {
        if (traffic.findings().wrongCount() > 0) {
            throw new BenchmarkFailure(traffic.findings().wrongCount() + " answers were wrong: "
                    + traffic.findings().firstWrong());
        }
        LedgerCheck.Result check = LedgerCheck.runBeforeMigration(server, server.kind(), ledger);
        if (check.wrong() > 0) {
            throw new BenchmarkFailure(
                    check.wrong() + " of " + check.rows() + " rows are not as acknowledged: " + check.findings());
        }
    }

    private void compare(
            String mode, Traffic traffic, List<ThereAndBack.Moments> migrations, long baselineFrom, long baselineTo) {
        for (String kind : List.of("write", "read")) {
            Stalls usual = new Stalls();
            long window = TimeUnit.SECONDS.toNanos(2);
            for (long from = baselineFrom; from + window <= baselineTo; from += window) {
                usual.add(longestNanos(traffic, kind, from, from + window));
            }
            Stalls there = new Stalls();
            Stalls between = new Stalls();
            Stalls back = new Stalls();
            for (ThereAndBack.Moments moments : migrations) {
                there.add(longest(traffic, kind, moments.readyMillis(), moments.swappedMillis()));
                between.add(longestNanos(
                        traffic,
                        kind,
                        clock.nanos(moments.swappedMillis() + AFTER_MILLIS),
                        clock.nanos(moments.askedMillis())));
                back.add(longest(traffic, kind, moments.askedMillis(), moments.swappedBackMillis()));
            }
            compare(mode, "cut-over", kind, there, usual);
            compare(mode, "rollback", kind, back, usual);
            details.put(mode + ", between them, longest " + kind + " of each", between.millis());
        }
    }

    private void compare(String mode, String swap, String kind, Stalls stalls, Stalls usual) {
        comparisons.add(
                Comparison.of(name(mode, swap, kind, "median"), UNIT, stalls.medianMillis(), usual.medianMillis()));
        comparisons.add(
                Comparison.of(name(mode, swap, kind, "max"), UNIT, stalls.longestMillis(), usual.longestMillis()));
        details.put(mode + ", " + swap + ", longest " + kind + " of each", stalls.millis());
    }

    private static String name(String mode, String swap, String kind, String share) {
        return mode + ", " + swap + ", " + kind + " stall, " + share;
    }

    private double longest(Traffic traffic, String kind, long fromMillis, long swappedMillis) {
        return longestNanos(traffic, kind, clock.nanos(fromMillis), clock.nanos(swappedMillis + AFTER_MILLIS));
    }

    private static double longestNanos(Traffic traffic, String kind, long fromNanos, long toNanos) {
        Timings timings = kind.equals("write") ? traffic.writes(fromNanos, toNanos) : traffic.reads(fromNanos, toNanos);
        return timings.responseMillis(1);
    }

    private static double rounded(double cores) {
        return Math.round(cores * 100) / 100.0;
    }
}
