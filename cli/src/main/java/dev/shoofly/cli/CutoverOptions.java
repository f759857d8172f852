package dev.shoofly.cli;

import dev.shoofly.cli.input.Setting;
import dev.shoofly.cli.input.Settings;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** When the cut-over may begin, and how much of the application's time it may take. */
final class CutoverOptions {
    @Option(
            names = "--cutover-window",
            paramLabel = "\"[DAYS] HH:MM-HH:MM[, …] ZONE\"",
            description = {
                "No attempt to swap begins outside of these times, with --cutover manual neither: \"02:00-04:00"
                        + " Europe/Amsterdam\", \"Mon-Fri 22:00-05:00, Sat Sun 01:00-09:00 UTC\". Default: at any time"
            })
    private @Nullable String window;

    @Option(
            names = "--postpone-cutover-file",
            paramLabel = "PATH",
            description = {"No attempt to swap begins while this file exists on this host."})
    private @Nullable String postponeFile;

    @Option(
            names = "--force",
            paramLabel = "GATE[,GATE]",
            description = {
                "Gates of the cut-over that are not looked at: window, postpone, snapshots, holders, replicas, hot-rows, lag."
                        + " The others guard rows and cannot be skipped."
            })
    private @Nullable String force;

    @Option(
            names = "--max-stall",
            paramLabel = "DURATION",
            description = {
                "Longest time that one attempt to swap makes the application's statements wait, from the request that"
                        + " holds them up to the release; over it everything is released and tried again. Default: 500ms"
            })
    private @Nullable String maxStall;

    @Option(
            names = "--kill-blockers",
            paramLabel = "off|idle-in-transaction|all",
            description = {
                "End sessions of the application that hold what the swap needs, once they were waited for as long as"
                        + " --blocker-patience: those that do nothing in an open transaction, or all. At a rollback,"
                        + " too, including one by --auto-rollback. Each is named in the log. Default: off"
            })
    private @Nullable String killBlockers;

    @Option(
            names = "--blocker-patience",
            paramLabel = "DURATION",
            description = {"How long --kill-blockers waits for a session that is in the way. Default: 10s"})
    private @Nullable String blockerPatience;

    @Option(
            names = "--retain-old",
            paramLabel = "DURATION",
            description = {
                "Drop the old table so long after the migration is complete, without holding anybody up; this process"
                        + " stays until then, and 'shoofly resume' does it if it does not. Default: it is yours to drop"
            })
    private @Nullable String retainOld;

    @Option(
            names = "--auto-rollback",
            paramLabel = "\"CONDITION for DURATION\"",
            description = {
                "While the rollback window is open, bring the old table back as soon as this has held for so long:"
                        + " \"p99>500ms for 30s\" (p50, p95, p99, max of reads by key that Shoofly makes ten times a"
                        + " second), \"errors>5 for 10s\" (per cent of these), \"query>0 for 1m\", \"http for 30s\" (not"
                        + " 200). May be repeated: any one is enough. Default: never"
            })
    private List<String> autoRollback = List.of();

    @Option(
            names = "--auto-rollback-query",
            paramLabel = "SELECT",
            description = {"Its first value, once a second, is what the condition query is about."})
    private @Nullable String autoRollbackQuery;

    @Option(
            names = "--auto-rollback-http",
            paramLabel = "URL",
            description = {"An address that is asked once a second; saved with the migration."})
    private @Nullable String autoRollbackHttp;

    void addTo(Settings.Builder settings) {
        settings.put(Setting.CUTOVER_WINDOW, window)
                .put(Setting.POSTPONE_CUTOVER_FILE, postponeFile)
                .put(Setting.FORCE, force)
                .put(Setting.MAX_STALL, maxStall)
                .put(Setting.KILL_BLOCKERS, killBlockers)
                .put(Setting.BLOCKER_PATIENCE, blockerPatience)
                .put(Setting.RETAIN_OLD, retainOld)
                .put(Setting.AUTO_ROLLBACK, autoRollback)
                .put(Setting.AUTO_ROLLBACK_QUERY, autoRollbackQuery)
                .put(Setting.AUTO_ROLLBACK_HTTP, autoRollbackHttp);
    }
}
