package dev.shoofly.model;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Which sessions may be ended because they hold what the swap needs. */
public enum KillBlockers {
    OFF,
    /** Those that do nothing inside an open transaction. */
    IDLE_IN_TRANSACTION,
    /** Those that are at work, too. */
    ALL;

    /** As people write it. */
    public String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** @throws IllegalArgumentException with what the text must be */
    public static KillBlockers parse(String text) {
        return Arrays.stream(values())
                .filter(policy -> policy.key().equals(text.strip()))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("must be "
                        + Arrays.stream(values()).map(KillBlockers::key).collect(Collectors.joining(" or "))));
    }
}
