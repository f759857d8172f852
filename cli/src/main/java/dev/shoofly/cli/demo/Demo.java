package dev.shoofly.cli.demo;

import dev.shoofly.cli.input.RunRequest;
import dev.shoofly.cli.run.FaultPointKill;
import dev.shoofly.cli.run.MigrationProcess;
import dev.shoofly.cli.run.ProcessKafka;
import dev.shoofly.cli.screen.ProgressDisplay;
import dev.shoofly.cli.screen.ProgressText;
import dev.shoofly.cli.screen.Screen;
import dev.shoofly.coordinator.MigrationOutcome;
import dev.shoofly.coordinator.MigrationRunner;
import dev.shoofly.coordinator.MigrationSnapshot;
import dev.shoofly.coordinator.RunnerSettings;
import dev.shoofly.database.Database;
import dev.shoofly.database.DatabaseKind;
import dev.shoofly.database.Databases;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.StrategyChoice;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One demo in a directory of its own. {@link #run} blocks on the caller's thread; {@link #stop} ends it from any other. */
public final class Demo {
    private static final int APPLIER_THREADS = 2;
    private static final double KEPT_UP = 0.95;
    private static final Duration BEFORE = Duration.ofSeconds(1);
    private static final Duration AFTER = Duration.ofSeconds(5);

    private final DemoOptions options;
    private final Path directory;
    private final Screen screen;
    private final FaultPoints faultPoints;
    private final CountDownLatch stop = new CountDownLatch(1);
    private volatile @Nullable MigrationRunner runner;

    public Demo(DemoOptions options, Path directory, Screen screen, Map<String, String> environment) {
        this.options = options;
        this.directory = directory;
        this.screen = screen;
        this.faultPoints = FaultPointKill.of(environment);
    }

    /** Ends the run soon; it closes everything on its way out. */
    public void stop() {
        stop.countDown();
        MigrationRunner running = runner;
        if (running != null) {
            running.interrupt();
        }
    }

    public boolean isStopped() {
        return stop.getCount() == 0;
    }

    /** @return empty when it was stopped */
    public Optional<DemoSummary> run() throws SQLException, InterruptedException {
        long begun = System.nanoTime();
        screen.say("starting " + DemoDatabase.name(options.database()) + " in " + directory);
        try (DemoDatabase database = DemoDatabase.start(options.database(), directory.resolve("database"))) {
            screen.say("filling table orders with " + ProgressText.count(options.rows()) + " rows");
            database.fill(options.rows(), screen, this::isStopped);
            Ledger ledger = new Ledger(options.rows());
            if (isStopped()) {
                return Optional.empty();
            }
            screen.say("running " + options.rate() + " operations/s on " + Workload.WRITERS + " writing and "
                    + Workload.READERS + " reading connections");
            Workload workload = Workload.start(database.profile(), options.rate(), ledger);
            Optional<Migrated> migrated;
            try (workload) {
                migrated = migrate(database);
            }
            if (migrated.isEmpty() || isStopped()) {
                return Optional.empty();
            }
            if (workload.shareDone() < KEPT_UP) {
                screen.warn(String.format(
                        Locale.ROOT,
                        "warning: this machine managed only %.0f %% of the scheduled %d operations/s",
                        100 * workload.shareDone(),
                        options.rate()));
            }
            screen.say("checking " + ProgressText.count(ledger.acknowledgedWrites())
                    + " acknowledged writes one by one against the new table");
            LedgerCheck.Result check = LedgerCheck.run(database.profile(), ledger);
            return Optional.of(summary(workload, ledger, migrated.get(), check, System.nanoTime() - begun));
        }
    }

    private record Migrated(MigrationSnapshot last, CutoverWindow window) {}

    private Optional<Migrated> migrate(DemoDatabase database) throws InterruptedException {
        RunnerSettings settings = new RunnerSettings(
                ProcessKafka.owner(),
                directory,
                APPLIER_THREADS,
                RunRequest.DEFAULT_SESSION_TIMEOUT,
                MigrationProcess.MARKER_INTERVAL,
                false);
        ProcessKafka kafka = new ProcessKafka(directory, Optional.empty());
        Migrated result;
        try (Database migrated =
                        Databases.open(database.profile(), MigrationProcess.connections(APPLIER_THREADS), faultPoints);
                MigrationRunner run =
                        new MigrationRunner(migrated, kafka, settings, MigrationMetrics.NONE, faultPoints);
                ProgressDisplay display = ProgressDisplay.start(screen, run::snapshot);
                CutoverWatch watch = CutoverWatch.start(run::snapshot)) {
            assert display != null;
            runner = run;
            pause(BEFORE);
            if (isStopped()) {
                return Optional.empty();
            }
            MigrationOutcome outcome = run.start(spec());
            Optional<MigrationSnapshot> last = run.snapshot();
            if (isStopped()) {
                return Optional.empty();
            }
            if (outcome != MigrationOutcome.COMPLETED || last.isEmpty()) {
                throw notCompleted(outcome, last);
            }
            result = new Migrated(last.get(), watch.window());
        } finally {
            runner = null;
        }
        screen.say("writing on for " + AFTER.toSeconds() + " s after the cut-over");
        pause(AFTER);
        return Optional.of(result);
    }

    private MigrationSpec spec() {
        return new MigrationSpec(
                OrdersTable.NAME,
                OrdersTable.of(options.database()).alters(),
                StrategyChoice.SHADOW,
                MigrationSpec.DEFAULT_PARTITIONS,
                MigrationSpec.DEFAULT_CHUNK_ROWS,
                CutoverSettings.DEFAULT);
    }

    private static ShooflyException notCompleted(MigrationOutcome outcome, Optional<MigrationSnapshot> last) {
        String reason =
                last.map(MigrationSnapshot::reason).map(text -> ": " + text).orElse("");
        return new ShooflyException(
                ErrorKind.DATA, "the demo's migration ended as " + outcome + reason + ". Its servers are stopped.");
    }

    private void pause(Duration duration) throws InterruptedException {
        if (stop.await(duration.toMillis(), TimeUnit.MILLISECONDS)) {
            screen.say("stopping");
        }
    }

    private DemoSummary summary(
            Workload workload, Ledger ledger, Migrated migrated, LedgerCheck.Result check, long nanos) {
        List<String> findings = new ArrayList<>(ledger.firstErrors());
        findings.addAll(check.findings());
        return new DemoSummary(
                options.database() == DatabaseKind.MYSQL ? "mysql" : "postgres",
                migrated.last().rowsCopied(),
                migrated.last().keysApplied(),
                migrated.last().mismatches() + check.differingRows(),
                ledger.acknowledgedWrites(),
                check.lostWrites(),
                ledger.clientErrors(),
                workload.longestWrite(migrated.window()).toMillis(),
                workload.longestRead(migrated.window()).toMillis(),
                Math.round(nanos / 1e8) / 10.0,
                findings);
    }
}
