package dev.shoofly.cli;

import dev.shoofly.cli.input.Setting;
import dev.shoofly.cli.input.Settings;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How both sides are compared before the swap. */
final class VerifyOptions {
    @Option(
            names = "--mismatch-payload",
            paramLabel = "redacted|full",
            description = {
                "Whether the mismatches topic holds the values of rows that differ, or only their keys and columns."
                        + " Default: redacted"
            })
    private @Nullable String mismatchPayload;

    void addTo(Settings.Builder typed) {
        typed.put(Setting.MISMATCH_PAYLOAD, mismatchPayload);
    }
}
