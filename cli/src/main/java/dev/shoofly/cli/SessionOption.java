package dev.shoofly.cli;

import dev.shoofly.cli.input.Setting;
import dev.shoofly.cli.input.Settings;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How soon a lost applier is replaced. */
final class SessionOption {
    @Option(
            names = "--session-timeout",
            paramLabel = "DURATION",
            description = {
                "After this long without a sign of life an applier's partitions go to the others. It is a setting of"
                        + " the migration's group: the applier that starts last decides. Default: 4s"
            })
    private @Nullable String sessionTimeout;

    void addTo(Settings.Builder settings) {
        settings.put(Setting.SESSION_TIMEOUT, sessionTimeout);
    }
}
