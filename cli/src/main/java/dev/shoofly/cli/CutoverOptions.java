package dev.shoofly.cli;

import dev.shoofly.cli.input.Setting;
import dev.shoofly.cli.input.Settings;
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
                "Gates of the cut-over that are not looked at: window, postpone, snapshots, holders, hot-rows, lag."
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
                        + " --blocker-patience: those that do nothing in an open transaction, or all. Each is named in the"
                        + " log. Default: off"
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

    void addTo(Settings.Builder settings) {
        settings.put(Setting.CUTOVER_WINDOW, window)
                .put(Setting.POSTPONE_CUTOVER_FILE, postponeFile)
                .put(Setting.FORCE, force)
                .put(Setting.MAX_STALL, maxStall)
                .put(Setting.KILL_BLOCKERS, killBlockers)
                .put(Setting.BLOCKER_PATIENCE, blockerPatience)
                .put(Setting.RETAIN_OLD, retainOld);
    }
}
