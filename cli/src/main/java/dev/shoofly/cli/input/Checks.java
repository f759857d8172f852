package dev.shoofly.cli.input;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads single values out of {@link Settings} and collects what is wrong with them. One use, one thread. */
final class Checks {
    private final Settings settings;
    private final List<String> problems = new ArrayList<>();

    Checks(Settings settings) {
        this.settings = settings;
    }

    void problem(String text) {
        problems.add(text);
    }

    /** @throws UsageException when there was any problem */
    void throwIfAny() {
        if (!problems.isEmpty()) {
            throw new UsageException(problems);
        }
    }

    /** The value, or a problem and an empty text. */
    String required(Setting setting, String hint) {
        Optional<String> value = settings.one(setting).filter(text -> !text.isBlank());
        if (value.isEmpty()) {
            problem(setting.option() + " is missing: " + hint);
        }
        return value.orElse("");
    }

    int whole(Setting setting, int fallback, int least, int most) {
        return parsed(setting, fallback, text -> {
            int number;
            try {
                number = Integer.parseInt(text.strip().replace("_", ""));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("must be a whole number", e);
            }
            if (number < least || number > most) {
                throw new IllegalArgumentException("must be from " + least + " to " + most);
            }
            return number;
        });
    }

    @Nullable
    Duration optionalDuration(Setting setting, Duration least, Duration most) {
        return settings.has(setting) ? duration(setting, least, least, most) : null;
    }

    Duration duration(Setting setting, Duration fallback, Duration least, Duration most) {
        return parsed(setting, fallback, text -> {
            Duration duration = Durations.parse(text);
            if (duration.compareTo(least) < 0 || duration.compareTo(most) > 0) {
                throw new IllegalArgumentException(
                        "must be from " + least.toMillis() + "ms to " + most.toMillis() + "ms");
            }
            return duration;
        });
    }

    <E extends Enum<E>> E choice(Setting setting, Class<E> type, E fallback) {
        return parsed(
                setting,
                fallback,
                text -> Stream.of(type.getEnumConstants())
                        .filter(constant -> word(constant).equals(text.strip()))
                        .findFirst()
                        .orElseThrow(() -> new IllegalArgumentException("must be "
                                + Stream.of(type.getEnumConstants())
                                        .map(Checks::word)
                                        .collect(Collectors.joining(" or ")))));
    }

    /** Bytes; or a word that stands for a number of its own. */
    long size(Setting setting, String word, long meaning) {
        return parsed(setting, meaning, text -> {
            if (text.strip().equals(word)) {
                return meaning;
            }
            try {
                return Sizes.parse(text);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(e.getMessage() + ", or " + word, e);
            }
        });
    }

    boolean flag(Setting setting) {
        return parsed(setting, Boolean.FALSE, text -> switch (text.strip()) {
            case "true" -> Boolean.TRUE;
            case "false" -> Boolean.FALSE;
            default -> throw new IllegalArgumentException("must be true or false");
        });
    }

    Path path(Setting setting, String fallback) {
        return parsed(setting, Path.of(fallback), text -> {
            try {
                return Path.of(text);
            } catch (InvalidPathException e) {
                throw new IllegalArgumentException("is not a path: " + e.getReason(), e);
            }
        });
    }

    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /** @param parser throws IllegalArgumentException with what the value must be */
    <T> T parsed(Setting setting, T fallback, Function<String, T> parser) {
        Optional<String> text = settings.one(setting);
        if (text.isEmpty()) {
            return fallback;
        }
        try {
            return parser.apply(text.get());
        } catch (IllegalArgumentException e) {
            problem(setting.option() + " " + e.getMessage() + ", not '" + text.get() + "'");
            return fallback;
        }
    }
}
