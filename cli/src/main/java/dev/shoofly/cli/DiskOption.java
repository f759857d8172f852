package dev.shoofly.cli;

import dev.shoofly.cli.input.Setting;
import dev.shoofly.cli.input.Settings;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What must stay free on the disks, and who tells how much is. */
final class DiskOption {
    @Option(
            names = "--disk-reserve",
            paramLabel = "SIZE|off",
            description = {
                "Pause before less than this would be free on a disk of the server (or half a GB, if that is less, on"
                        + " the disk of the broker in this process): a number with its unit, such as 500MB or 20GB. off"
                        + " checks nothing. Saved with the migration. Default: 1GB"
            })
    private @Nullable String reserve;

    @Option(
            names = "--disk-query",
            paramLabel = "SELECT",
            description = {
                "A query for the free bytes of the server's disk, where its directories cannot be seen from here. Saved"
                        + " with the migration."
            })
    private @Nullable String query;

    void addTo(Settings.Builder settings) {
        settings.put(Setting.DISK_RESERVE, reserve).put(Setting.DISK_QUERY, query);
    }
}
