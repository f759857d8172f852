package dev.shoofly.cli.input;

import dev.shoofly.model.DiskSettings;
import java.util.Optional;

/** What was typed about the disks. */
public final class DiskRequest {
    private static final String OFF = "off";

    private DiskRequest() {}

    /** @throws UsageException with all problems */
    public static DiskSettings.Change of(Settings settings) {
        Checks checks = new Checks(settings);
        DiskSettings.Change change = read(settings, checks);
        checks.throwIfAny();
        return change;
    }

    static DiskSettings.Change read(Settings settings, Checks checks) {
        Optional<String> query = settings.one(Setting.DISK_QUERY);
        if (query.filter(String::isBlank).isPresent()) {
            checks.problem("--disk-query must not be empty");
        }
        Optional<Long> reserve = settings.has(Setting.DISK_RESERVE)
                ? Optional.of(checks.size(Setting.DISK_RESERVE, OFF, DiskSettings.OFF))
                : Optional.empty();
        return new DiskSettings.Change(reserve, query);
    }
}
