package dev.shoofly.cli;

import dev.shoofly.cli.input.MigrateRequest;
import dev.shoofly.cli.input.RememberedConnection;
import dev.shoofly.cli.input.Setting;
import dev.shoofly.cli.input.Settings;
import dev.shoofly.cli.logging.LogSetup;
import dev.shoofly.cli.run.MigrationProcess;
import dev.shoofly.cli.screen.Screen;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Starts or continues a migration and runs it to its end. */
@Command(
        name = "migrate",
        header = "Change a table's schema while it is read and written.",
        description = {"The same command continues a migration that was interrupted."},
        footerHeading = "%nExamples:%n",
        footer = {
            "  shoofly migrate --url jdbc:mysql://127.0.0.1:3306/shop --user root --password-env PW \\",
            "      --table orders --alter \"MODIFY amount BIGINT NOT NULL, ADD INDEX (customer_id)\"",
            "  shoofly migrate --url jdbc:postgresql://127.0.0.1/shop --user admin --password-file ~/.pw \\",
            "      --table public.orders --alter \"ALTER COLUMN id TYPE bigint\" --cutover manual",
            "  shoofly migrate --table people --alter \"ADD COLUMN full_name text\" \\",
            "      --transform full_name=\"concat(first_name, ' ', last_name)\"",
            "  shoofly migrate --table orders --split --alter \"ADD COLUMN note text, ALTER COLUMN amount TYPE"
                    + " bigint\"",
            "  shoofly migrate --config orders.yaml --metrics-port 9464"
        })
final class MigrateCommand implements Callable<Integer> {
    private final Invocation invocation;

    @Mixin
    private final ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private final RunOptions run = new RunOptions();

    @Mixin
    private final ThrottleOptions throttle = new ThrottleOptions();

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Mixin
    private final AlterationOptions alteration = new AlterationOptions();

    @Mixin
    private final VerifyOptions verify = new VerifyOptions();

    @Mixin
    private final CutoverOptions conditions = new CutoverOptions();

    @Option(names = "--dry-run", description = "Only say what would be done, as 'shoofly explain' does.")
    private boolean dryRun;

    @Option(
            names = "--cutover",
            paramLabel = "auto|manual",
            description = {
                "When to swap: as soon as everything is verified, or when 'shoofly cutover' says so. Default: auto"
            })
    private @Nullable String cutover;

    @Option(
            names = "--detach",
            description = {
                "With --cutover manual: end as soon as the migration is ready; 'shoofly cutover' finishes it."
            })
    private boolean detach;

    @Option(
            names = "--lock-timeout",
            paramLabel = "DURATION",
            description = {"Longest wait for the table's lock in one cut-over attempt. Default: 1s"})
    private @Nullable String lockTimeout;

    @Option(
            names = "--drain-timeout",
            paramLabel = "DURATION",
            description = {"Longest time that the lock is held for the last changes to arrive. Default: 500ms"})
    private @Nullable String drainTimeout;

    @Option(
            names = "--drain-keys",
            paramLabel = "N",
            description = {
                "Most rows brought up to date under the lock; with more, the attempt is given up. Default: 2000"
            })
    private @Nullable String drainKeys;

    @Option(
            names = "--cutover-retries",
            paramLabel = "N",
            description = {"Cut-over attempts before the migration waits for you. Default: 60"})
    private @Nullable String cutoverRetries;

    @Option(
            names = "--rollback-window",
            paramLabel = "DURATION",
            description = {
                "How long after the swap the old table is kept up to date, so that 'shoofly rollback' brings it back"
                        + " without losing a write; 'shoofly complete' ends it earlier. 0s: not at all. Default: 5m"
            })
    private @Nullable String rollbackWindow;

    @Option(
            names = "--partitions",
            paramLabel = "N",
            description = {"Partitions of the changes topic, the most that can be applied in parallel. Default: 8"})
    private @Nullable String partitions;

    @Option(names = "--chunk-rows", paramLabel = "N", description = "Rows copied per chunk. Default: 10000")
    private @Nullable String chunkRows;

    @Option(
            names = "--on-duplicates",
            paramLabel = "fail|hold",
            description = {
                "When rows collide under a unique or exclusion constraint of the new definition: end as FAILED, or go"
                        + " to PAUSED and wait for 'shoofly resume', with the capture at work. Both can be resumed once"
                        + " the rows are corrected. Default: fail"
            })
    private @Nullable String onDuplicates;

    MigrateCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() {
        Screen screen = output.screen(invocation);
        LogSetup logs = output.logs(screen, invocation);
        Settings settings = settings();
        if (dryRun) {
            return ExplainCommand.explain(settings, false, invocation);
        }
        Settings remembered = new RememberedConnection(ConnectionOptions.dataDirectory(settings)).load();
        MigrateRequest request = MigrateRequest.of(settings, remembered);
        OutcomeReport report = new OutcomeReport(screen, invocation.mask());
        return new MigrationProcess(screen, logs, invocation.mask(), invocation.environment())
                .run(
                        request.run(),
                        runner -> request.split()
                                ? runner.startSplit(request.spec(), request.throttle())
                                : runner.start(request.spec(), request.throttle()),
                        report::show)
                .exitCode();
    }

    private Settings settings() {
        Settings.Builder typed = new Settings.Builder();
        connection.addTo(typed);
        run.addTo(typed);
        throttle.addTo(typed);
        alteration.addTo(typed);
        verify.addTo(typed);
        conditions.addTo(typed);
        typed.put(Setting.CUTOVER, cutover)
                .put(Setting.DETACH, detach ? "true" : null)
                .put(Setting.LOCK_TIMEOUT, lockTimeout)
                .put(Setting.DRAIN_TIMEOUT, drainTimeout)
                .put(Setting.DRAIN_KEYS, drainKeys)
                .put(Setting.CUTOVER_RETRIES, cutoverRetries)
                .put(Setting.ROLLBACK_WINDOW, rollbackWindow)
                .put(Setting.PARTITIONS, partitions)
                .put(Setting.CHUNK_ROWS, chunkRows)
                .put(Setting.ON_DUPLICATES, onDuplicates);
        return alteration.orFile(typed.build());
    }
}
