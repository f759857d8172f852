package dev.shoofly.cli.input;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Every value that an option or a line of the YAML file can give. The key is the option's name without its dashes. */
public enum Setting {
    URL,
    USER,
    PASSWORD_ENV,
    PASSWORD_FILE,
    TABLE,
    /** May be given several times. */
    ALTER,
    STRATEGY,
    CUTOVER,
    DETACH,
    LOCK_TIMEOUT,
    DRAIN_TIMEOUT,
    DRAIN_KEYS,
    CUTOVER_RETRIES,
    PARTITIONS,
    CHUNK_ROWS,
    ON_DUPLICATES,
    DISK_RESERVE,
    DISK_QUERY,
    APPLIER_THREADS,
    SESSION_TIMEOUT,
    ROLES,
    BOOTSTRAP_SERVERS,
    DATA_DIR,
    METRICS_PORT;

    public String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** As people write it: {@code --lock-timeout}. */
    public String option() {
        return "--" + key();
    }

    static Optional<Setting> ofKey(String key) {
        return Arrays.stream(values())
                .filter(setting -> setting.key().equals(key))
                .findFirst();
    }
}
