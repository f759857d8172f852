package dev.shoofly.coordinator;

import dev.shoofly.database.SourceWatch;
import dev.shoofly.database.TableSwap.Direction;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the run when somebody changes the source. The log tells of much of it, and the swap looks under its locks; but a
 * migration may be READY for days, and an operator should not learn only then that it was in vain. Any thread.
 */
final class SourceGuard {
    private static final Logger LOG = LoggerFactory.getLogger(SourceGuard.class);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(2);
    private final SourceWatch watch;
    private final Lifecycle lifecycle;
    private final MigrationPlan plan;
    private final Direction direction;
    private long nextLook = System.nanoTime();

    SourceGuard(SourceWatch watch, Lifecycle lifecycle, MigrationPlan plan, Direction direction) {
        this.watch = watch;
        this.lifecycle = lifecycle;
        this.plan = plan;
        this.direction = direction;
    }

    /** Called often; looks now and then. Throws what was found. */
    void check() {
        if (System.nanoTime() < nextLook) {
            return;
        }
        Optional<ShooflyException> found = find();
        nextLook = System.nanoTime() + LOOK_EVERY.toNanos();
        if (found.isPresent()) {
            throw found.get();
        }
    }

    /**
     * Something else failed: a changed source explains it better than what the server said to the stage that met it.
     *
     * @param isSwapped asks the server, for a failed swap may have happened all the same
     */
    ShooflyException explain(ShooflyException failure, BooleanSupplier isSwapped) {
        try {
            Optional<ShooflyException> cause = find().filter(found -> !isSwapped.getAsBoolean());
            cause.ifPresent(found -> found.addSuppressed(failure));
            return cause.orElse(failure);
        } catch (RuntimeException e) {
            failure.addSuppressed(e);
            return failure;
        }
    }

    private Optional<ShooflyException> find() {
        try {
            // Not beside a swap: half of it would look like somebody else's change.
            return lifecycle.unlessSwapped(direction, watch::change).map(this::changed);
        } catch (ShooflyException e) {
            if (!SqlErrors.isTransient(e)) {
                throw e;
            }
            LOG.debug("{} could not be looked at: {}", plan.source(), e.getMessage());
            return Optional.empty();
        }
    }

    private ShooflyException changed(String what) {
        String words = switch (direction) {
            case FORWARD ->
                plan.source() + " was changed while migration " + plan.id() + " was under way: " + what
                        + ". Nothing was renamed, and Shoofly has not touched the table; the copy made so far does not fit"
                        + " it any more. Cancel the migration ('cancel " + plan.id() + "') and start it again.";
            case BACK ->
                plan.source() + " was changed after the swap: " + what + ". The old table " + plan.shadow()
                        + " does not fit it any more.";
        };
        return new ShooflyException(ErrorKind.REFUSED, words);
    }
}
