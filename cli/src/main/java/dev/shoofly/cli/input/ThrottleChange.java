package dev.shoofly.cli.input;

import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.throttle.CopyPace;
import dev.shoofly.model.throttle.CriticalAction;
import dev.shoofly.model.throttle.LoadLimit;
import dev.shoofly.model.throttle.LoadLimits;
import dev.shoofly.model.throttle.OutsideSignals;
import dev.shoofly.model.throttle.ReplicaLimits;
import dev.shoofly.model.throttle.ServerLimits;
import dev.shoofly.model.throttle.ThrottleSettings;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What somebody wants to be different in a migration's throttle. Knobs that are not given stay as they are. */
public record ThrottleChange(Settings given) {
    static final Set<Setting> KNOBS = Collections.unmodifiableSet(EnumSet.range(Setting.MAX_LAG, Setting.CHUNK_TIME));
    private static final Pattern SIZE = Pattern.compile("(\\d{1,12})\\s*(kB|MB|GB|TB)");
    private static final String OFF = "off";
    private static final String AUTO = "auto";
    private static final String NONE = "none";

    /** @throws UsageException with every value that no settings could have */
    public static ThrottleChange of(Settings given) {
        Checks checks = new Checks(given);
        read(given, ThrottleSettings.DEFAULT, checks);
        checks.throwIfAny();
        return new ThrottleChange(given);
    }

    public boolean isEmpty() {
        return KNOBS.stream().noneMatch(given::has);
    }

    /** The settings with what is given in the place of what was. */
    public ThrottleSettings applyTo(ThrottleSettings now) {
        return read(given, now, new Checks(given));
    }

    static ThrottleSettings read(Settings given, ThrottleSettings now, Checks checks) {
        ThrottleSettings next = new ThrottleSettings(
                replicas(given, now.replicas(), checks),
                load(now.load(), checks),
                server(now.server(), checks),
                outside(given, now.outside(), checks),
                pace(now.pace(), checks));
        next.problems().forEach(problem -> checks.problem("--" + problem));
        return next;
    }

    private static ReplicaLimits replicas(Settings given, ReplicaLimits now, Checks checks) {
        ReplicaLimits lags = LagChange.read(given.all(Setting.MAX_LAG), now, checks);
        List<String> words =
                given.all(Setting.REPLICA).stream().map(String::strip).toList();
        if (words.isEmpty()) {
            return lags;
        }
        if (words.equals(List.of(AUTO)) || words.equals(List.of(NONE))) {
            return new ReplicaLimits(
                    words.contains(AUTO) ? ReplicaLimits.Choice.AUTO : ReplicaLimits.Choice.NONE,
                    List.of(),
                    lags.maxLag(),
                    lags.own());
        }
        words.forEach(word -> url(word, checks));
        return new ReplicaLimits(ReplicaLimits.Choice.NAMED, words, lags.maxLag(), lags.own());
    }

    private static void url(String word, Checks checks) {
        if (word.equals(AUTO) || word.equals(NONE)) {
            checks.problem("--replica " + word + " stands alone");
            return;
        }
        try {
            new ConnectionProfile(word, "", new Secret("")).port();
        } catch (ShooflyException e) {
            checks.problem("--replica must be auto, none or a JDBC URL without credentials: " + e.getMessage());
        }
    }

    private static LoadLimits load(LoadLimits now, Checks checks) {
        return new LoadLimits(
                checks.parsed(Setting.MAX_LOAD, now.maxLoad(), ThrottleChange::limits),
                checks.parsed(Setting.CRITICAL_LOAD, now.criticalLoad(), ThrottleChange::limits),
                checks.choice(Setting.CRITICAL_ACTION, CriticalAction.class, now.criticalAction()),
                latency(now.maxCommitLatency(), checks));
    }

    private static List<LoadLimit> limits(String text) {
        return text.strip().equals(OFF)
                ? List.of()
                : Arrays.stream(text.split(",")).map(LoadLimit::parse).toList();
    }

    /** Null: chosen automatically. */
    private static @Nullable Duration latency(@Nullable Duration now, Checks checks) {
        Optional<Duration> next =
                checks.parsed(Setting.MAX_COMMIT_LATENCY, Optional.ofNullable(now), text -> switch (text.strip()) {
                    case AUTO -> Optional.empty();
                    case OFF -> Optional.of(Duration.ZERO);
                    default -> Optional.of(Durations.parse(text));
                });
        return next.orElse(null);
    }

    private static ServerLimits server(ServerLimits now, Checks checks) {
        return new ServerLimits(
                checks.parsed(Setting.MAX_WAL, now.maxRetainedWal(), orOff(ThrottleChange::size)),
                checks.parsed(
                        Setting.MAX_CHECKPOINTS,
                        now.maxCheckpoints(),
                        text -> Math.toIntExact(orOff(ThrottleChange::whole).apply(text))),
                checks.parsed(Setting.MAX_TRANSACTION_AGE, now.maxTransactionAge(), orOff(ThrottleChange::whole)),
                checks.parsed(
                        Setting.MAX_BLOAT,
                        now.maxBloat(),
                        text -> Math.toIntExact(orOff(ThrottleChange::whole).apply(text))),
                checks.parsed(Setting.MAX_HISTORY, now.maxHistory(), orOff(ThrottleChange::whole)));
    }

    private static Function<String, Long> orOff(Function<String, Long> parser) {
        return text -> text.strip().equals(OFF) ? Long.valueOf(0) : parser.apply(text);
    }

    /** 0 would be taken for "off". */
    private static long whole(String text) {
        String digits = text.strip().replace("_", "");
        if (!digits.matches("[1-9]\\d{0,8}") && !digits.matches("[1-9]\\d{0,14}")) {
            throw new IllegalArgumentException("must be a whole number above 0, or off");
        }
        return Long.parseLong(digits);
    }

    private static long size(String text) {
        Matcher matcher = SIZE.matcher(text.strip());
        if (!matcher.matches()) {
            throw new IllegalArgumentException("must be a size with its unit, such as 512MB or 16GB, or off");
        }
        int shift = switch (matcher.group(2).toUpperCase(Locale.ROOT)) {
            case "KB" -> 10;
            case "MB" -> 20;
            case "GB" -> 30;
            default -> 40;
        };
        return Math.multiplyExact(Long.parseLong(matcher.group(1)), 1L << shift);
    }

    private static OutsideSignals outside(Settings given, OutsideSignals now, Checks checks) {
        List<String> files = given.all(Setting.THROTTLE_FLAG_FILE);
        return new OutsideSignals(
                textOrOff(given, Setting.THROTTLE_QUERY, now.query()),
                textOrOff(given, Setting.THROTTLE_HTTP, now.endpoint()),
                files.isEmpty()
                        ? now.flagFiles()
                        : files.equals(List.of(NONE))
                                ? List.of()
                                : files.stream()
                                        .map(file -> absolute(file, checks))
                                        .toList());
    }

    private static @Nullable String textOrOff(Settings given, Setting setting, @Nullable String now) {
        Optional<String> text = given.one(setting).map(String::strip);
        return text.isEmpty() ? now : text.get().equals(OFF) ? null : text.get();
    }

    /** The process that looks for it may have been started elsewhere. */
    private static String absolute(String file, Checks checks) {
        try {
            return file.isBlank()
                    ? file
                    : Path.of(file).toAbsolutePath().normalize().toString();
        } catch (InvalidPathException e) {
            checks.problem("--throttle-flag-file is not a path: " + e.getReason());
            return file;
        }
    }

    private static CopyPace pace(CopyPace now, Checks checks) {
        return new CopyPace(
                checks.whole(Setting.THROTTLE_IO, now.ioPercent(), 1, 100),
                checks.parsed(Setting.COPY_THREADS, now.copyThreads(), ThrottleChange::threads),
                chunkTime(now.chunkTime(), checks));
    }

    /** Null: chosen automatically. */
    private static @Nullable Duration chunkTime(@Nullable Duration now, Checks checks) {
        Optional<Duration> next = checks.parsed(
                Setting.CHUNK_TIME,
                Optional.ofNullable(now),
                text -> text.strip().equals(AUTO) ? Optional.empty() : Optional.of(Durations.parse(text)));
        return next.orElse(null);
    }

    private static int threads(String text) {
        if (text.strip().equals(AUTO)) {
            return 0;
        }
        if (!text.strip().matches("[1-9]\\d?")) {
            throw new IllegalArgumentException("must be auto or from 1 to " + CopyPace.MOST_THREADS);
        }
        return Integer.parseInt(text.strip());
    }
}
