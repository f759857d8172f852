package dev.shoofly.cli.throttle;

import dev.shoofly.cli.screen.ProgressText;
import dev.shoofly.database.control.Migration;
import dev.shoofly.database.control.ThrottleRows;
import dev.shoofly.database.control.ThrottleState;
import dev.shoofly.database.throttle.SignalKind;
import dev.shoofly.database.throttle.Words;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.throttle.LoadLimit;
import dev.shoofly.model.throttle.ReplicaLimits;
import dev.shoofly.model.throttle.ThrottleSettings;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A migration's throttle as {@code throttle --json} prints it and the API answers. Component names are the interface: add, never rename.
 *
 * @param fraction share of its time that a copying thread works, 0 to 1
 * @param heldBackBy null: nothing
 * @param throttledMillis for how long work would have had to stand still to lose what was lost so far
 * @param measuredMillisAgo null: never
 * @param settings what is in force, by the option's name, in the option's own form
 */
public record ThrottleView(
        String id,
        String table,
        MigrationState state,
        double fraction,
        @Nullable String heldBackBy,
        long throttledMillis,
        @Nullable Long measuredMillisAgo,
        List<Signal> signals,
        Map<String, String> settings) {

    /** @param pressure value divided by limit; null: cannot be measured */
    public record Signal(
            String signal, String name, @Nullable Double pressure, String words) {}

    static ThrottleView of(Migration migration, ThrottleRows.Row row) {
        ThrottleState state = row.state();
        Duration age = state.age();
        return new ThrottleView(
                migration.id().value(),
                migration.source().toString(),
                migration.state(),
                Math.round(state.fraction() * 1000) / 1000.0,
                state.heldBackBy(),
                state.throttledMillis(),
                age == null ? null : age.toMillis(),
                state.signals().stream().map(ThrottleView::signal).toList(),
                settings(row.settings()));
    }

    private static Signal signal(ThrottleState.Signal signal) {
        return new Signal(
                SignalKind.valueOf(signal.kind()).tag(),
                signal.name(),
                signal.pressure() < 0 ? null : Math.round(signal.pressure() * 100) / 100.0,
                signal.words());
    }

    private static Map<String, String> settings(ThrottleSettings settings) {
        Map<String, String> words = new LinkedHashMap<>();
        words.put("max-lag", lags(settings.replicas()));
        words.put(
                "replica",
                switch (settings.replicas().choice()) {
                    case AUTO -> "auto";
                    case NONE -> "none";
                    case NAMED -> String.join(" ", settings.replicas().urls());
                });
        words.put("max-load", limits(settings.load().maxLoad()));
        words.put("critical-load", limits(settings.load().criticalLoad()));
        words.put("critical-action", settings.load().criticalAction().name().toLowerCase(Locale.ROOT));
        Duration latency = settings.load().maxCommitLatency();
        words.put("max-commit-latency", latency == null ? "auto" : latency.isZero() ? "off" : typed(latency));
        long wal = settings.server().maxRetainedWal();
        words.put("max-wal", wal == 0 ? "off" : wal % (1 << 30) == 0 ? (wal >> 30) + "GB" : (wal >> 10) + "kB");
        words.put("max-checkpoints", orOff(settings.server().maxCheckpoints()));
        words.put("max-transaction-age", orOff(settings.server().maxTransactionAge()));
        words.put("max-bloat", orOff(settings.server().maxBloat()));
        words.put("max-history", orOff(settings.server().maxHistory()));
        String query = settings.outside().query();
        words.put("throttle-query", query == null ? "off" : query);
        String endpoint = settings.outside().endpoint();
        words.put("throttle-http", endpoint == null ? "off" : endpoint);
        List<String> files = settings.outside().flagFiles();
        words.put("throttle-flag-file", files.isEmpty() ? "none" : String.join(" ", files));
        words.put("throttle-io", String.valueOf(settings.pace().ioPercent()));
        int threads = settings.pace().copyThreads();
        words.put("copy-threads", threads == 0 ? "auto" : String.valueOf(threads));
        Duration chunkTime = settings.pace().chunkTime();
        words.put("chunk-time", chunkTime == null ? "auto" : typed(chunkTime));
        return words;
    }

    private static String lags(ReplicaLimits replicas) {
        return Stream.concat(
                        Stream.of(typed(replicas.maxLag())),
                        replicas.own().stream().map(each -> each.replica() + "=" + typed(each.maxLag())))
                .collect(Collectors.joining(" "));
    }

    private static String typed(Duration duration) {
        long millis = duration.toMillis();
        return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
    }

    private static String limits(List<LoadLimit> limits) {
        return limits.isEmpty()
                ? "off"
                : limits.stream().map(LoadLimit::toString).collect(Collectors.joining(","));
    }

    private static String orOff(long number) {
        return number == 0 ? "off" : String.valueOf(number);
    }

    /** For people. */
    public String text() {
        StringBuilder text = new StringBuilder();
        row(text, "migration", id + " of " + table + " (" + state + ")");
        row(text, "speed", ProgressText.speed(fraction, heldBackBy));
        row(text, "held back", ProgressText.millis(throttledMillis) + " so far");
        row(
                text,
                "measured",
                measuredMillisAgo == null
                        ? "not yet"
                        : Words.duration(Duration.ofSeconds(measuredMillisAgo / 1000)) + " ago");
        text.append("signals (pressure is value / limit: above 1 the work slows down)\n");
        for (Signal each : signals) {
            text.append(String.format(
                    Locale.ROOT,
                    "  %5s  %s %s%n",
                    each.pressure() == null ? "-" : String.format(Locale.ROOT, "%.2f", each.pressure()),
                    each.name(),
                    each.words()));
        }
        text.append("in force\n");
        settings.forEach((knob, value) -> text.append(String.format("  --%-20s %s%n", knob, value)));
        return text.toString().stripTrailing();
    }

    private static void row(StringBuilder text, String name, String value) {
        text.append(String.format("%-13s %s%n", name, value));
    }
}
