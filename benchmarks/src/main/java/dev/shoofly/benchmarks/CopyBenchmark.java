package dev.shoofly.benchmarks;

import dev.shoofly.benchmarks.reference.Contents;
import dev.shoofly.benchmarks.reference.ReferenceTable;
import dev.shoofly.model.MigrationState;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * How long a migration takes to copy a table and build its indexes while nobody else uses the server, beside a plain copy.
 * The plain copy is made before the migration and again after it, in the opposite order, and the mean of both counts: a
 * machine that becomes slower or faster meanwhile does so for both sides.
 */
final class CopyBenchmark {
    private static final String UNIT = "s";

    private final MigrationBed bed;
    private final BenchmarkServer server;
    private final CopyOptions options;
    private final ReferenceTable table;

    CopyBenchmark(MigrationBed bed, CopyOptions options) {
        this.bed = bed;
        this.server = bed.server();
        this.options = options;
        this.table = ReferenceTable.of(server.kind());
    }

    Report run() throws SQLException, IOException, InterruptedException {
        table.create(server, options.rows());
        try (Connection connection = server.connect()) {
            // Also reads every row, so that neither side finds a colder cache.
            Contents source = table.contents(connection, ReferenceTable.NAME);
            if (source.rows() != options.rows()) {
                throw new BenchmarkFailure("the table was filled with " + source.rows() + " rows");
            }
            List<CopyLimit.Run> limits = new ArrayList<>(limits(options.connections(), source));
            server.settle();
            ShooflyRun.Result ours = new ShooflyRun(server, bed.directory("shoofly"), options.migrate()).run();
            requireMigrated(connection, source);
            table.analyze(connection, ReferenceTable.NAME);
            List<Integer> reversed = new ArrayList<>(options.connections());
            Collections.reverse(reversed);
            limits.addAll(limits(reversed, source));
            return report(ours, limits);
        }
    }

    private List<CopyLimit.Run> limits(List<Integer> connections, Contents source)
            throws SQLException, InterruptedException {
        List<CopyLimit.Run> runs = new ArrayList<>();
        for (int each : connections) {
            runs.add(new CopyLimit(server, options.rows()).run(ReferenceTable.NAME, source, each));
        }
        return runs;
    }

    private void requireMigrated(Connection connection, Contents source) throws SQLException {
        Contents found = table.contents(connection, ReferenceTable.NAME);
        long wrong = table.wrongRegions(connection, ReferenceTable.NAME);
        if (!found.equals(source) || wrong > 0) {
            throw new BenchmarkFailure("the migrated table is wrong: " + found + " instead of " + source + ", and "
                    + wrong + " rows without the new column's default");
        }
        if (!table.indexes(connection, ReferenceTable.NAME).equals(ReferenceTable.INDEXES)) {
            throw new BenchmarkFailure("the migrated table has the indexes "
                    + table.indexes(connection, ReferenceTable.NAME) + " instead of " + ReferenceTable.INDEXES);
        }
    }

    private Report report(ShooflyRun.Result ours, List<CopyLimit.Run> limits) throws SQLException {
        List<CopyLimit.Run> best = best(limits);
        double limit = mean(best, CopyLimit.Run::seconds);
        long began = ours.phases().enteredMillis(MigrationState.COPYING);
        long ended = copiedAndIndexedMillis(ours);
        Comparison copy = Comparison.of("copy and indexes", UNIT, (ended - began) / 1e3, limit);
        Comparison cpu = Comparison.of(
                "copy and indexes, processor time",
                UNIT,
                ours.cpu().between(began, ended).toMillis() / 1e3,
                mean(best, CopyLimit.Run::cpuSeconds));
        Comparison whole = Comparison.of("whole migration", UNIT, ours.seconds(), limit);
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("phaseSeconds", ours.phases().seconds());
        details.put("indexBuildSeconds", ours.buildingIndexes().toMillis() / 1e3);
        details.put("rowsPerSecond", Math.round(options.rows() / copy.figure()));
        details.put("rowsPerSecondOfLimit", Math.round(options.rows() / limit));
        details.put("cpuSecondsOfWholeMigration", ours.cpu().whole().toMillis() / 1e3);
        details.put("limitRuns", limits);
        details.put("peakResidentMiB", ours.peakResidentMiB());
        details.put("collector", ours.collector());
        Map<String, Object> conditions = bed.conditions();
        conditions.put("rows", options.rows());
        conditions.put("migrateOptions", options.migrate());
        return new Report(
                "copy",
                Main.name(server.kind()),
                "chunks of plain INSERT … SELECT without secondary indexes, then the indexes; here a small ratio is good",
                copy,
                List.of(copy, cpu, whole),
                details,
                conditions);
    }

    /** Both runs with the number of connections that was quicker on the whole. */
    private List<CopyLimit.Run> best(List<CopyLimit.Run> limits) {
        return options.connections().stream()
                .map(connections -> limits.stream()
                        .filter(run -> run.connections() == connections)
                        .toList())
                .min(Comparator.comparingDouble(runs -> mean(runs, CopyLimit.Run::seconds)))
                .orElseThrow();
    }

    private static double mean(List<CopyLimit.Run> runs, ToDoubleFunction<CopyLimit.Run> value) {
        return runs.stream().mapToDouble(value).average().orElseThrow();
    }

    /** When all rows and all indexes were there, whichever was later. */
    private static long copiedAndIndexedMillis(ShooflyRun.Result ours) {
        long copied = ours.phases().enteredMillis(MigrationState.SYNCHRONIZING);
        long indexed = ours.indexesMillis()
                // Too quick to be seen; before VALIDATING they must have been there.
                .orElseGet(() -> ours.phases().enteredMillis(MigrationState.VALIDATING));
        return Math.max(copied, indexed);
    }
}
