package dev.shoofly.cli.input;

import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.DeferIndexes;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.MismatchPayload;
import dev.shoofly.model.OnDuplicates;
import dev.shoofly.model.RepairMode;
import dev.shoofly.model.StrategyChoice;
import dev.shoofly.model.Transform;
import dev.shoofly.model.VerifySettings;
import dev.shoofly.model.throttle.ThrottleSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A migration to run, and how.
 *
 * @param split whether it may be carried out in parts
 */
public record MigrateRequest(MigrationSpec spec, boolean split, ThrottleSettings throttle, RunRequest run) {
    private static final int MOST_PARTITIONS = 256;
    private static final int MOST_CHUNK_ROWS = 1_000_000;
    private static final int MOST_DRAIN_KEYS = 100_000;
    private static final int MOST_RETRIES = 10_000;
    private static final Duration DEFAULT_WINDOW = Duration.ofMinutes(5);
    private static final Duration LONGEST_WINDOW = Duration.ofDays(30);
    private static final Duration LONGEST_RETENTION = Duration.ofDays(365);
    private static final int MOST_REPAIRS = 10_000;

    /** @throws UsageException with all problems */
    public static MigrateRequest of(Settings settings, Settings remembered) {
        Checks checks = new Checks(settings);
        RunRequest run = RunRequest.read(settings, remembered, checks);
        String table = checks.required(Setting.TABLE, "the table to migrate, as 'table' or 'schema.table'");
        List<String> alters = settings.all(Setting.ALTER);
        List<String> texts = settings.all(Setting.TRANSFORM);
        // Columns that are there can be computed anew without any other change.
        boolean missing = alters.isEmpty() ? texts.isEmpty() : alters.stream().allMatch(String::isBlank);
        if (missing) {
            checks.problem("--alter is missing: what would follow ALTER TABLE name, such as \"ADD COLUMN note text\"");
        } else if (alters.stream().anyMatch(String::isBlank)) {
            checks.problem("--alter must not be empty");
        }
        CutoverSettings cutover = cutover(settings, checks);
        if (run.detach() && cutover.mode() == CutoverMode.AUTO) {
            checks.problem("--detach needs --cutover manual: an automatic cut-over has nothing to wait for");
        }
        MigrationSpec spec = new MigrationSpec(
                table,
                alters.stream().map(String::strip).toList(),
                checks.choice(Setting.STRATEGY, StrategyChoice.class, StrategyChoice.AUTO),
                checks.whole(Setting.PARTITIONS, MigrationSpec.DEFAULT_PARTITIONS, 1, MOST_PARTITIONS),
                checks.whole(Setting.CHUNK_ROWS, MigrationSpec.DEFAULT_CHUNK_ROWS, 1, MOST_CHUNK_ROWS),
                cutover,
                checks.choice(Setting.ON_DUPLICATES, OnDuplicates.class, OnDuplicates.FAIL),
                checks.choice(Setting.DEFER_INDEXES, DeferIndexes.class, DeferIndexes.AUTO),
                transforms(Setting.TRANSFORM, texts, checks),
                transforms(Setting.REVERSE, settings.all(Setting.REVERSE), checks),
                verify(checks),
                null);
        ThrottleSettings throttle = ThrottleChange.read(settings, ThrottleSettings.DEFAULT, checks);
        boolean split = checks.flag(Setting.SPLIT);
        if (split && spec.strategy() != StrategyChoice.AUTO) {
            checks.problem("--split chooses a strategy for each part: leave --strategy out");
        }
        if (split && !texts.isEmpty()) {
            checks.problem("--split does not go with --transform: compute the column in a migration of its own");
        }
        checks.throwIfAny();
        return new MigrateRequest(spec, split, throttle, run);
    }

    private static List<Transform> transforms(Setting setting, List<String> texts, Checks checks) {
        List<Transform> transforms = new ArrayList<>();
        for (String text : texts) {
            Transform.parse(text)
                    .ifPresentOrElse(
                            transforms::add,
                            () -> checks.problem(setting.option() + " must be column=expression, not '" + text + "'"));
        }
        return transforms;
    }

    private static VerifySettings verify(Checks checks) {
        VerifySettings defaults = VerifySettings.DEFAULT;
        return new VerifySettings(
                checks.choice(Setting.REPAIR, RepairMode.class, defaults.repair()),
                checks.whole(Setting.REPAIR_LIMIT, defaults.repairLimit(), 0, MOST_REPAIRS),
                checks.choice(Setting.MISMATCH_PAYLOAD, MismatchPayload.class, defaults.payload()));
    }

    private static CutoverSettings cutover(Settings settings, Checks checks) {
        CutoverSettings defaults = CutoverSettings.DEFAULT;
        return new CutoverSettings(
                checks.choice(Setting.CUTOVER, CutoverMode.class, defaults.mode()),
                checks.duration(
                        Setting.LOCK_TIMEOUT, defaults.lockTimeout(), Duration.ofMillis(10), Duration.ofMinutes(5)),
                checks.duration(
                        Setting.DRAIN_TIMEOUT, defaults.drainTimeout(), Duration.ofMillis(10), Duration.ofMinutes(5)),
                checks.whole(Setting.DRAIN_KEYS, defaults.drainKeys(), 0, MOST_DRAIN_KEYS),
                checks.whole(Setting.CUTOVER_RETRIES, defaults.retries(), 1, MOST_RETRIES),
                checks.duration(Setting.ROLLBACK_WINDOW, DEFAULT_WINDOW, Duration.ZERO, LONGEST_WINDOW),
                checks.duration(Setting.MAX_STALL, defaults.maxStall(), Duration.ofMillis(20), Duration.ofMinutes(10)),
                CutoverRequest.conditions(checks),
                checks.optionalDuration(Setting.RETAIN_OLD, Duration.ZERO, LONGEST_RETENTION),
                AutoRollbackRequest.read(settings, checks));
    }
}
