package dev.shoofly.coordinator;

import dev.shoofly.coordinator.Explanation.Column;
import dev.shoofly.coordinator.Explanation.Lock;
import dev.shoofly.coordinator.Explanation.Range;
import dev.shoofly.coordinator.Explanation.Rollback;
import dev.shoofly.coordinator.Explanation.Step;
import dev.shoofly.coordinator.disk.CopyProgress;
import dev.shoofly.coordinator.disk.DiskCheck;
import dev.shoofly.coordinator.disk.DiskMeter;
import dev.shoofly.coordinator.disk.DiskView;
import dev.shoofly.database.Database;
import dev.shoofly.database.DatabaseKind;
import dev.shoofly.database.ReadSample;
import dev.shoofly.database.ShadowTrial;
import dev.shoofly.database.StepImpact;
import dev.shoofly.database.TableTies;
import dev.shoofly.database.disk.TableSize;
import dev.shoofly.model.ColumnMapping;
import dev.shoofly.model.DeferIndexes;
import dev.shoofly.model.DiskSettings;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.NativePlan;
import dev.shoofly.model.NativeStep;
import dev.shoofly.model.RollbackFeasibility;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.Strategy;
import dev.shoofly.model.TableName;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Says what a migration would do, without doing it. What it tries on the server is gone afterwards. Any thread. */
public final class Explainer {
    private static final int SAMPLE_ROWS = 20_000;
    private static final int LEAST_SAMPLE_ROWS = 10;
    private static final long SAMPLE_BYTES = 64L << 20;
    /** Of the sample's time a row: copying by several connections, on an idle server. */
    private static final double AT_BEST = 0.5;
    /** The same with indexes, verification, and a server that is busy. */
    private static final double AT_WORST = 4;
    /** Of the time that reading a row takes, with every value looked at: a check needs one value, and several work at it. */
    private static final double READING_AT_BEST = 0.1;
    /** Building an index twice over, on a server that is busy. */
    private static final double READING_AT_WORST = 6;
    /** Start, first marker, last look and cut-over. */
    private static final long FIXED_SECONDS = 5;

    private final Database database;
    private final DiskSettings disk;

    /** @param disk how the migration would look after the server's disks */
    public Explainer(Database database, DiskSettings disk) {
        this.database = database;
        this.disk = disk;
    }

    /**
     * Each of the parts that {@code migrate --split} would make of it, in their order; one, if it would not be split.
     *
     * @throws ShooflyException REFUSED: as below, or it cannot be split
     */
    public List<Explanation> explainParts(MigrationSpec spec) {
        TableName source = database.preparation().resolve(spec.table());
        MigrationId id = MigrationId.random(new SecureRandom());
        return new Splitter(database, id, source, spec)
                .split().stream().map(this::explain).toList();
    }

    /** @throws ShooflyException REFUSED: the server refuses the alteration, or the strategy cannot be had */
    public Explanation explain(MigrationSpec spec) {
        TableName source = database.preparation().resolve(spec.table());
        MigrationId id = MigrationId.random(new SecureRandom());
        Planner.Decision decision = new Planner(database).decide(id, source, spec);
        long rows = database.preparation().estimateRows(source);
        TableSize size = database.storage().measure(source);
        return decision.plan()
                .map(plan -> natively(source, spec, decision, plan, rows, size))
                .orElseGet(() -> byShadow(id, source, spec, decision, rows, size));
    }

    private Explanation natively(
            TableName source,
            MigrationSpec spec,
            Planner.Decision decision,
            NativePlan plan,
            long rows,
            TableSize size) {
        boolean instant = plan.strategy() == Strategy.INSTANT;
        boolean writes = decision.impacts().stream().anyMatch(StepImpact::writes);
        long needed = writes ? size.total() + size.indexes() : 0;
        DiskCheck check = new DiskCheck(database.storage(), source, DiskMeter.OF_THIS_HOST);
        List<String> obstacles = new ArrayList<>();
        if (needed > 0 && shortOf(check).isPresent()) {
            obstacles.add("there is too little disk for what the server makes beside the table: make room, or lower"
                    + " --disk-reserve");
        }
        return new Explanation(
                source.toString(),
                spec.alters(),
                plan.strategy(),
                decision.reasons(),
                steps(plan.steps(), decision.impacts()),
                List.of(),
                List.of("everything: it stays the same table"),
                rows,
                size.total(),
                needed,
                free(check),
                instant ? new Range(0, 1, "no row is touched") : expected(sample(source, rows, size), rows),
                new Rollback(
                        "SAFE: 'cancel' takes back what was begun",
                        "IMPOSSIBLE for Shoofly, which keeps no old table: another ALTER may undo the change, but brings no"
                                + " dropped value back"),
                decision.warnings(),
                obstacles);
    }

    private static List<Step> steps(List<NativeStep> planned, List<StepImpact> impacts) {
        List<Step> steps = new ArrayList<>();
        for (NativeStep step : planned) {
            StepImpact impact = impacts.get(steps.size());
            steps.add(new Step(
                    step.what(),
                    step.statements(),
                    impact.lock(),
                    step.kind() == NativeStep.Kind.BRIEF
                            ? "a moment, asked for in bursts of some ten milliseconds"
                            : "while it lasts; the application reads and writes",
                    locks(impact.others())));
        }
        return steps;
    }

    private static List<Lock> locks(List<StepImpact.TableLock> others) {
        return others.stream()
                .map(other -> new Lock(other.table().toString(), other.lock()))
                .toList();
    }

    private String whenBuiltAfterwards(DeferIndexes wish) {
        if (database.kind() == DatabaseKind.POSTGRES) {
            return ", if the table is neither small nor partitioned";
        }
        return wish == DeferIndexes.ALWAYS
                ? "; every replica applies nothing else for as long as that takes"
                : ", unless the table is small, the server has replicas (they would fall behind by as long as that takes)"
                        + " or others use it and it has fewer than four processors; otherwise the copy keeps them up to date";
    }

    private Explanation byShadow(
            MigrationId id,
            TableName source,
            MigrationSpec spec,
            Planner.Decision decision,
            long rows,
            TableSize size) {
        List<String> obstacles = new ArrayList<>(database.preparation().findings(source));
        List<String> warnings = new ArrayList<>(decision.warnings());
        Optional<ShadowTrial> trial = Optional.empty();
        try {
            trial = Optional.of(database.preparation().tryShadow(id, source, spec, sampleRows(rows, size)));
        } catch (ShooflyException e) {
            // With obstacles in the way it may well fail, and they say more.
            if (obstacles.isEmpty()) {
                throw e;
            }
        }
        DiskCheck check = new DiskCheck(database.storage(), source, DiskMeter.OF_THIS_HOST);
        shortOf(check).ifPresent(obstacles::add);
        TableTies ties = database.preparation().ties(source);
        trial.map(ShadowTrial::failure)
                .ifPresent(words -> obstacles.add("one of the first rows does not fit: " + words));
        return new Explanation(
                source.toString(),
                spec.alters(),
                Strategy.SHADOW,
                decision.reasons(),
                shadowSteps(source, spec, trial.map(ShadowTrial::plan).orElse(null), rows, ties.locked()),
                trial.map(tried -> columns(tried.plan())).orElse(List.of()),
                ties.carriedOver(),
                rows,
                size.total(),
                size.total() + size.indexes() + database.storage().logBytes(size),
                free(check),
                trial.map(tried -> expected(tried, rows)).orElse(null),
                new Rollback(
                        "SAFE: 'cancel' drops the shadow; the table is untouched until the cut-over",
                        afterwards(spec, trial.map(ShadowTrial::rollback))),
                warnings,
                obstacles);
    }

    private static String afterwards(MigrationSpec spec, Optional<RollbackFeasibility> found) {
        if (found.isEmpty()) {
            return "not known: see what must be cured first";
        }
        RollbackFeasibility rollback = found.get();
        String reasons = rollback.reasons().isEmpty() ? "" : " (" + String.join("; ", rollback.reasons()) + ")";
        if (rollback.verdict() == RollbackFeasibility.Verdict.IMPOSSIBLE) {
            return "IMPOSSIBLE" + reasons + ": the old table is kept as it was";
        }
        Duration window = spec.cutover().rollbackWindow();
        return rollback.verdict()
                + (window.isZero()
                        ? ", but not wanted (--rollback-window)"
                        : ": 'rollback' within " + window.toSeconds() + " s brings the old table back with all writes")
                + reasons;
    }

    /** So few that they are copied in a moment, however long they are. */
    private static int sampleRows(long rows, TableSize size) {
        long rowBytes = Math.max(1, size.data() / Math.max(1, rows));
        return (int) Math.max(LEAST_SAMPLE_ROWS, Math.min(SAMPLE_ROWS, SAMPLE_BYTES / rowBytes));
    }

    private List<Step> shadowSteps(
            TableName source,
            MigrationSpec spec,
            @Nullable MigrationPlan plan,
            long rows,
            List<StepImpact.TableLock> alsoLocked) {
        List<Step> steps = new ArrayList<>();
        String shadow = plan == null ? "the shadow" : plan.shadow().toString();
        steps.add(new Step(
                "create the empty table " + shadow + " and alter it",
                List.of(),
                "none that stops anybody",
                "a moment"));
        steps.add(new Step("follow the changes of " + source + " in the server's log", List.of(), "none", "–"));
        steps.add(new Step(
                String.format(Locale.ROOT, "copy about %,d rows in chunks, as fast as the server's load allows", rows),
                List.of(),
                "none on rows of " + source,
                "–"));
        if (spec.deferIndexes() != DeferIndexes.NEVER) {
            steps.add(new Step(
                    "build the secondary indexes of " + shadow + whenBuiltAfterwards(spec.deferIndexes()),
                    List.of(),
                    "none",
                    "–"));
        }
        steps.add(new Step("compare both tables, row by row", List.of(), "none", "–"));
        steps.add(new Step(
                "swap the names, the old table is kept" + (plan == null ? "" : " as " + plan.old()),
                List.of(),
                exclusive(),
                "usually 20 to 200 ms; an attempt that does not get it within --lock-timeout lets go",
                locks(alsoLocked)));
        return steps;
    }

    private static List<Column> columns(MigrationPlan plan) {
        List<Column> columns = new ArrayList<>();
        for (ColumnMapping mapping : plan.projection().columns()) {
            String from = mapping.sourceColumn();
            String how = mapping.computed()
                    ? "computed as " + mapping.expression()
                    : mapping.retyped() ? "converted" : "as it is";
            columns.add(new Column(mapping.shadowColumn(), from, mapping.shadowType(), how));
        }
        plan.projection().added().forEach(name -> columns.add(new Column(name, null, "", "filled by its default")));
        plan.projection().dropped().forEach(name -> columns.add(new Column(name, name, "", "dropped")));
        return columns;
    }

    private ReadSample sample(TableName source, long rows, TableSize size) {
        return database.preparation().read(source, sampleRows(rows, size));
    }

    /** Of what the server does by itself: reading all rows, perhaps twice, and perhaps sorting or writing them. */
    private static @Nullable Range expected(ReadSample sample, long rows) {
        if (sample.rows() == 0) {
            return null;
        }
        double perRow = sample.took().toNanos() / 1e9 / sample.rows();
        return new Range(
                Math.round(perRow * rows * READING_AT_BEST),
                FIXED_SECONDS + Math.round(perRow * rows * READING_AT_WORST),
                String.format(
                        Locale.ROOT,
                        "%,d rows of this table read in %.2f s by one connection",
                        sample.rows(),
                        sample.took().toNanos() / 1e9));
    }

    private static @Nullable Range expected(ShadowTrial trial, long rows) {
        if (trial.rows() == 0) {
            return null;
        }
        double perRow = trial.took().toNanos() / 1e9 / trial.rows();
        return new Range(
                FIXED_SECONDS + Math.round(perRow * rows * AT_BEST),
                FIXED_SECONDS + Math.round(perRow * rows * AT_WORST),
                String.format(
                        Locale.ROOT,
                        "%,d rows of this table copied in %.2f s by one connection",
                        trial.rows(),
                        trial.took().toNanos() / 1e9));
    }

    /** What is short, worded with its remedy; empty: nothing, or not known. */
    private Optional<String> shortOf(DiskCheck check) {
        return check.shortage(disk, CopyProgress.in(CopyProgress.Phase.BEFORE))
                .map(words -> words + ". Make room there, or lower --disk-reserve");
    }

    private static @Nullable Long free(DiskCheck check) {
        return check.latest().map(DiskView::availableBytes).orElse(null);
    }

    private String exclusive() {
        return database.kind() == DatabaseKind.MYSQL ? "exclusive metadata lock" : "ACCESS EXCLUSIVE";
    }
}
