package dev.shoofly.coordinator;

import dev.shoofly.database.Database;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationSpec;
import java.util.Optional;

/** Runs one migration in this process. One call of {@link #start} or {@link #resume} per object. */
public final class MigrationRunner implements AutoCloseable {
    public MigrationRunner(
            Database database,
            KafkaAccess.Provider kafka,
            RunnerSettings settings,
            MigrationMetrics metrics,
            FaultPoints faultPoints) {}

    /**
     * Continues the active migration of the table if its spec is the same, else creates one; runs it to its end. Blocks.
     *
     * @throws dev.shoofly.model.ShooflyException REFUSED when nothing was begun (bad input, server unfit, table under
     *     another migration, another living process runs it)
     */
    public MigrationOutcome start(MigrationSpec spec) {
        throw new IllegalStateException(spec.table());
    }

    /** Continues an interrupted, paused or failed migration. Blocks. */
    public MigrationOutcome resume(MigrationId id) {
        throw new IllegalStateException(id.value());
    }

    /** Empty before a migration was found or created. Any thread. */
    public Optional<MigrationSnapshot> snapshot() {
        return Optional.empty();
    }

    /** Stops soon, with the state kept; {@link #start} returns INTERRUPTED. Any thread; returns at once. */
    public void interrupt() {}

    @Override
    public void close() {}
}
