package dev.shoofly.cli.input;

import dev.shoofly.model.CutoverConditions;
import dev.shoofly.model.CutoverWindow;
import dev.shoofly.model.GateName;
import dev.shoofly.model.KillBlockers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What was typed about when the cut-over may begin. */
public final class CutoverRequest {
    private CutoverRequest() {}

    static CutoverConditions conditions(Checks checks) {
        CutoverConditions defaults = CutoverConditions.DEFAULT;
        return new CutoverConditions(
                text(
                        checks,
                        Setting.CUTOVER_WINDOW,
                        text -> CutoverWindow.parse(text).toString()),
                // Whoever continues it may stand in another directory.
                text(
                        checks,
                        Setting.POSTPONE_CUTOVER_FILE,
                        text -> Path.of(text).toAbsolutePath().toString()),
                checks.parsed(Setting.FORCE, List.of(), GateName::parseForced),
                checks.parsed(Setting.KILL_BLOCKERS, defaults.killBlockers(), KillBlockers::parse),
                checks.duration(
                        Setting.BLOCKER_PATIENCE,
                        defaults.blockerPatience(),
                        Duration.ofSeconds(1),
                        Duration.ofHours(24)));
    }

    private static @Nullable String text(Checks checks, Setting setting, Function<String, String> parser) {
        String none = "";
        String found = checks.parsed(setting, none, text -> {
            if (text.isBlank()) {
                throw new IllegalArgumentException("must not be empty");
            }
            return parser.apply(text);
        });
        return found.isEmpty() ? null : found;
    }

    /** @throws UsageException when they cannot be skipped */
    public static Set<GateName> forced(String text) {
        try {
            return EnumSet.copyOf(GateName.parseForced(text));
        } catch (IllegalArgumentException e) {
            throw new UsageException(List.of("--force " + e.getMessage() + ", not '" + text + "'"));
        }
    }
}
