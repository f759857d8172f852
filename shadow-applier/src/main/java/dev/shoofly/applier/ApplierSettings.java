package dev.shoofly.applier;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What an applier needs to know.
 *
 * @param stateDirectory where Kafka Streams may keep files; nothing in it is needed again
 * @param threads Streams threads of this instance; each partition has a writer thread besides
 * @param batchKeys most distinct keys in one transaction
 * @param sessionTimeout after this long without a sign of life an instance's partitions go to the others; the take-over
 *     of a killed instance lasts this and about half a second
 * @param writers how many partitions of this instance may be written at a time
 */
public record ApplierSettings(
        MigrationPlan plan,
        String bootstrapServers,
        Path stateDirectory,
        int threads,
        int batchKeys,
        Duration sessionTimeout,
        WriterLimits writers) {
    public static final int DEFAULT_BATCH_KEYS = 1_000;
    public static final int MOST_BATCH_KEYS = 20_000;
    public static final Duration DEFAULT_SESSION_TIMEOUT = Duration.ofSeconds(4);

    /** @throws ShooflyException REFUSED, naming every value that cannot be used */
    public ApplierSettings {
        List<String> wrong = new ArrayList<>();
        if (threads < 1) {
            wrong.add("threads must be at least 1, not " + threads);
        }
        if (batchKeys < 1 || batchKeys > MOST_BATCH_KEYS) {
            wrong.add("batchKeys must be 1 to " + MOST_BATCH_KEYS + ", not " + batchKeys);
        }
        if (sessionTimeout.compareTo(Duration.ofSeconds(1)) < 0) {
            wrong.add("sessionTimeout must be at least 1 s, not " + sessionTimeout);
        }
        if (!wrong.isEmpty()) {
            throw new ShooflyException(
                    ErrorKind.REFUSED, "the applier cannot use its settings: " + String.join("; ", wrong));
        }
    }

    /** All partitions may be written at a time. */
    public ApplierSettings(
            MigrationPlan plan,
            String bootstrapServers,
            Path stateDirectory,
            int threads,
            int batchKeys,
            Duration sessionTimeout) {
        this(plan, bootstrapServers, stateDirectory, threads, batchKeys, sessionTimeout, WriterLimits.NONE);
    }

    /** With defaults for the rest. */
    public ApplierSettings(MigrationPlan plan, String bootstrapServers, Path stateDirectory, int threads) {
        this(plan, bootstrapServers, stateDirectory, threads, DEFAULT_BATCH_KEYS, DEFAULT_SESSION_TIMEOUT);
    }
}
