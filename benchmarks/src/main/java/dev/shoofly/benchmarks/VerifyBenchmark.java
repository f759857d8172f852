package dev.shoofly.benchmarks;

import dev.shoofly.benchmarks.RunningMigration.Verified;
import dev.shoofly.benchmarks.load.Ledger;
import dev.shoofly.benchmarks.load.LedgerCheck;
import dev.shoofly.benchmarks.load.Timings;
import dev.shoofly.benchmarks.load.Traffic;
import dev.shoofly.benchmarks.reference.ReferenceTable;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.MigrationState;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * How fast both sides are compared, beside the copy of the same run; whether a comparison under heavy writes ever calls a row
 * in flight a mismatch; whether each of some spoiled rows is found; and what the comparison costs the application.
 */
final class VerifyBenchmark {
    private static final String ROWS_PER_SECOND = "rows/s";
    /** Each of three kinds. */
    private static final int SPOILED = 20;

    private static final int DIFFER = 3;

    private final MigrationBed bed;
    private final BenchmarkServer server;
    private final VerifyOptions options;
    private final ReferenceTable table;
    private final Map<String, Object> details = new LinkedHashMap<>();

    VerifyBenchmark(MigrationBed bed, VerifyOptions options) {
        this.bed = bed;
        this.server = bed.server();
        this.options = options;
        this.table = ReferenceTable.of(server.kind());
    }

    /** Rows per second, on an idle server. */
    private record Speeds(double copy, double copyAndIndexes, double sweep, double onDemand) {}

    /** When what was measured; moments of the JVM's clock. */
    private record Times(long baseline, long verifying, long end) {}

    Report run() throws SQLException, IOException, InterruptedException {
        table.create(server, options.rows());
        server.settle();
        Ledger ledger = new Ledger(options.rows(), Traffic.WRITERS);
        try (RunningMigration migration = RunningMigration.start(server, bed.directory("shoofly"), options.migrate())) {
            Speeds speeds = speeds(migration);
            Traffic traffic = Traffic.start(server, options.rate(), ledger);
            Times times;
            try (traffic) {
                // As long thrown away: caches, and Java's compiler.
                sleep(options.baseline());
                long baseline = System.nanoTime();
                sleep(options.baseline());
                long verifying = System.nanoTime();
                compareUnderWrites(migration, verifying + options.underLoad().toNanos());
                times = new Times(baseline, verifying, System.nanoTime());
            }
            details.put("failedOperations", traffic.findings().failedCount());
            findSpoiledRows(migration);
            migration.cutOver();
            requireAsAcknowledged(ledger);
            return report(speeds, traffic, times);
        }
    }

    private static void sleep(Duration duration) throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(duration.toMillis());
    }

    private Speeds speeds(RunningMigration migration) throws SQLException, IOException, InterruptedException {
        try (ShadowWatch shadow = new ShadowWatch(server)) {
            migration.awaitState(MigrationState.READY);
            Phases phases = migration.phases();
            long copying = phases.enteredMillis(MigrationState.COPYING);
            long synchronizing = phases.enteredMillis(MigrationState.SYNCHRONIZING);
            long validating = phases.enteredMillis(MigrationState.VALIDATING);
            long ready = phases.enteredMillis(MigrationState.READY);
            long indexed = Math.max(synchronizing, shadow.completeSinceMillis().orElse(validating));
            Duration building = shadow.buildingSince(copying);
            Verified idle = verify(migration, "the idle table");
            details.put("phaseSeconds", phases.seconds());
            details.put("indexBuildSeconds", building.toMillis() / 1e3);
            return new Speeds(
                    perSecond(indexed - copying - building.toMillis()),
                    perSecond(indexed - copying),
                    perSecond(ready - validating),
                    idle.number("rowsPerSecond"));
        }
    }

    private double perSecond(long millis) {
        return options.rows() * 1e3 / Math.max(1, millis);
    }

    /** Once more, whoever writes: none may differ. */
    private static Verified verify(RunningMigration migration, String what) throws IOException, InterruptedException {
        Verified found = migration.verify("--full");
        if (found.exitCode() == DIFFER || found.number("mismatches") != 0 || found.number("unsettled") != 0) {
            throw new BenchmarkFailure(
                    "a comparison of " + what + " called rows mismatches that are none: " + found.view());
        }
        return found;
    }

    private void compareUnderWrites(RunningMigration migration, long until) throws IOException, InterruptedException {
        int comparisons = 0;
        long rows = 0;
        long lag = 0;
        long undecided = 0;
        double seconds = 0;
        int ready = 0;
        while (comparisons == 0 || System.nanoTime() < until) {
            Verified found = verify(migration, "the busy table");
            comparisons++;
            rows += found.number("rowsCompared");
            lag += found.number("equalAfterMarker");
            undecided += found.number("undecided");
            seconds += found.rows().path("seconds").asDouble();
            ready += found.exitCode() == 0 ? 1 : 0;
        }
        String repaired = migration.text("SELECT repaired FROM shoofly.verification");
        if (!repaired.equals("0")
                || !migration
                        .text("SELECT count(*) FROM shoofly.validation_details WHERE classification <> 'IN_FLIGHT'")
                        .equals("0")) {
            throw new BenchmarkFailure(
                    "the migration's own verification has called rows mismatches that are none; repaired: " + repaired);
        }
        details.put("comparisonsUnderWrites", comparisons);
        details.put("rowsComparedUnderWrites", rows);
        details.put("rowsPerSecondUnderWrites", Math.round(rows / seconds));
        details.put("falsePositives", 0);
        details.put("rowsInFlightSeenToDiffer", lag);
        details.put("rowsUndecided", undecided);
        details.put("comparisonsThatSaidReady", ready);
    }

    /** Past the log; the load has ended, so nobody but the comparison finds them. */
    private void findSpoiledRows(RunningMigration migration) throws SQLException, IOException, InterruptedException {
        // A row that the load wrote in the end is compared by the migration itself, which would mend it meanwhile.
        migration.awaitFollowed();
        String shadow = "_orders_" + migration.text("SELECT id FROM shoofly.migrations") + "_new";
        String some = "SELECT id FROM " + ReferenceTable.NAME + " ORDER BY id LIMIT " + SPOILED;
        try (Connection connection = server.connect()) {
            String ids = "(SELECT id FROM (" + some + " OFFSET ";
            ConnectionPool.execute(connection, "DELETE FROM " + shadow + " WHERE id IN " + ids + "0) s)");
            ConnectionPool.execute(
                    connection,
                    "UPDATE " + shadow + " SET amount_cents = amount_cents + 1 WHERE id IN " + ids + SPOILED + ") s)");
            ConnectionPool.execute(
                    connection,
                    "INSERT INTO " + shadow + " (" + ReferenceTable.COLUMNS
                            + ") SELECT -id, concat('X', id), customer_id,"
                            + " status, amount_cents, email, note, version, placed_at, changed_at FROM "
                            + ReferenceTable.NAME + " WHERE id IN " + ids + 2 * SPOILED + ") s)");
        }
        Verified found = migration.verify("--full");
        details.put("rowsSpoiled", DIFFER * SPOILED);
        details.put("rowsSpoiledFound", found.number("mismatches"));
        if (found.number("mismatches") != DIFFER * SPOILED || found.exitCode() != DIFFER) {
            throw new BenchmarkFailure("of " + DIFFER * SPOILED + " spoiled rows " + found.number("mismatches")
                    + " were found, exit code " + found.exitCode());
        }
        Verified repaired = migration.verify("--full", "--repair");
        if (repaired.number("repaired") != DIFFER * SPOILED) {
            throw new BenchmarkFailure("spoiled rows were not repaired: " + repaired.view());
        }
    }

    private void requireAsAcknowledged(Ledger ledger) throws SQLException {
        LedgerCheck.Result check = LedgerCheck.run(server, server.kind(), ledger);
        if (check.wrong() > 0) {
            throw new BenchmarkFailure(
                    check.wrong() + " of " + check.rows() + " rows are not as acknowledged: " + check.findings());
        }
        details.put("acknowledgedWrites", ledger.acknowledgedWrites());
        details.put("rowsChecked", check.rows());
    }

    private Report report(Speeds speeds, Traffic traffic, Times times) throws SQLException {
        Comparison sweep = Comparison.of("sweep beside copy", ROWS_PER_SECOND, speeds.sweep(), speeds.copy());
        Timings before = traffic.writes(times.baseline(), times.verifying());
        Timings meanwhile = traffic.writes(times.verifying(), times.end());
        List<Comparison> found = List.of(
                sweep,
                Comparison.of(
                        "sweep beside copy and indexes", ROWS_PER_SECOND, speeds.sweep(), speeds.copyAndIndexes()),
                Comparison.of("verify beside copy", ROWS_PER_SECOND, speeds.onDemand(), speeds.copy()),
                Comparison.of(
                        "write response beside verify, p50",
                        "ms",
                        meanwhile.responseMillis(0.5),
                        before.responseMillis(0.5)),
                Comparison.of(
                        "write response beside verify, p99",
                        "ms",
                        meanwhile.responseMillis(0.99),
                        before.responseMillis(0.99)));
        details.put("writesBaseline", before.summary());
        details.put("writesBesideVerify", meanwhile.summary());
        details.put("writesAchieved", Math.round(meanwhile.shareAchieved() * 1e4) / 1e4);
        Map<String, Object> conditions = bed.conditions();
        conditions.put("rows", options.rows());
        conditions.put("writesPerSecond", options.rate());
        conditions.put("readsPerSecond", options.rate());
        conditions.put("minutes", options.underLoad().toMillis() / 6e4);
        conditions.put("migrateOptions", options.migrate());
        return new Report(
                "verify",
                Main.name(server.kind()),
                "the copy of the same rows in the same run; of response times, the same load without a comparison",
                sweep,
                found,
                details,
                conditions);
    }
}
