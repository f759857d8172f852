package dev.shoofly.cli;

import dev.shoofly.cli.input.Setting;
import dev.shoofly.cli.input.Settings;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How both sides are compared before the swap. */
final class VerifyOptions {
    @Option(
            names = "--repair",
            paramLabel = "auto|off",
            description = {
                "What becomes of a row that certainly differs: write it anew from the original row and compare it again,"
                        + " or fail. Default: auto"
            })
    private @Nullable String repair;

    @Option(
            names = "--repair-limit",
            paramLabel = "N",
            description = {
                "Most rows that are repaired in one migration; with more it fails: something is wrong then, not just a row."
                        + " Default: 100"
            })
    private @Nullable String repairLimit;

    @Option(
            names = "--mismatch-payload",
            paramLabel = "redacted|full",
            description = {
                "Whether the mismatches topic holds the values of rows that differ, or only their keys and columns."
                        + " Default: redacted"
            })
    private @Nullable String mismatchPayload;

    void addTo(Settings.Builder typed) {
        typed.put(Setting.REPAIR, repair)
                .put(Setting.REPAIR_LIMIT, repairLimit)
                .put(Setting.MISMATCH_PAYLOAD, mismatchPayload);
    }
}
