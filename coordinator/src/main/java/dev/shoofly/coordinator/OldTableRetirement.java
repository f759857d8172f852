package dev.shoofly.coordinator;

import dev.shoofly.database.Database;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits until the time of a completed migration's old table is over, and drops it without holding anybody up. Nobody owns a
 * migration that is complete: any process may do it, and two do no harm. Runs on the caller's thread.
 */
final class OldTableRetirement {
    private static final Logger LOG = LoggerFactory.getLogger(OldTableRetirement.class);
    private static final Duration LOCK_TIMEOUT = Duration.ofSeconds(1);
    private static final Duration LOOK_EVERY = Duration.ofMillis(200);
    private final Database database;
    private final InstantSource clock;
    private final StopRequests stops;
    private final Consumer<String> activity;

    /** @param activity told what is being waited for */
    OldTableRetirement(Database database, InstantSource clock, StopRequests stops, Consumer<String> activity) {
        this.database = database;
        this.clock = clock;
        this.stops = stops;
        this.activity = activity;
    }

    /** Sets the time of a drop that was asked for, unless the old table may be the last good copy. */
    static void schedule(RunContext context, MigrationPlan plan, InstantSource clock) {
        Duration retained = context.migration().spec().cutover().retainOld();
        if (retained == null) {
            return;
        }
        Migration known = Retry.OUTLAST_RESTART.call(
                "reading migration " + context.id(),
                () -> context.control().migrations().find(context.id()).orElseThrow());
        if (VerificationFailed.keepsOld(known.rollback().feasibility())) {
            LOG.warn(
                    "{} is not dropped in spite of --retain-old: it and the new {} were found to differ. Look which is"
                            + " right; it is yours to drop.",
                    plan.old(),
                    plan.source());
            return;
        }
        Instant dropAt = clock.instant().plus(retained);
        Retry.OUTLAST_RESTART.call("noting until when " + plan.old() + " is kept", () -> {
            context.control()
                    .retention()
                    .dropAt(context.id(), context.lifecycle().epoch(), dropAt);
            return true;
        });
    }

    /** Returns when nothing is left to do, or somebody has interrupted it: whoever resumes the migration does the rest. */
    void await(MigrationId id) {
        Optional<Migration> found = database.control().migrations().find(id);
        if (found.isEmpty() || !isPending(found.get())) {
            return;
        }
        Migration migration = found.get();
        MigrationPlan plan = migration.plan();
        Instant dropAt = migration.retention().dropAt();
        if (plan == null || dropAt == null) {
            return;
        }
        LOG.info("migration {} is complete; {} is kept until {} and dropped then", id, plan.old(), dropAt);
        activity.accept("complete; " + plan.old() + " is kept until " + dropAt + " and dropped then");
        try {
            waitUntil(dropAt);
            drop(id, plan);
        } catch (StopRequests.Stopped e) {
            LOG.info("{} is left; 'resume {}' drops it when its time is over", plan.old(), id);
        }
    }

    static boolean isPending(Migration migration) {
        return migration.state() == MigrationState.COMPLETED
                && migration.retention().isPending();
    }

    private void drop(MigrationId id, MigrationPlan plan) {
        Backoff backoff = new Backoff();
        while (true) {
            Optional<String> inTheWay = tryOnce(plan);
            if (inTheWay.isEmpty()) {
                break;
            }
            activity.accept("complete; " + plan.old() + " cannot be dropped yet: " + inTheWay.get());
            LOG.info("{} cannot be dropped yet: {}", plan.old(), inTheWay.get());
            waitUntil(clock.instant().plusMillis(backoff.nextMillis()));
        }
        database.control().retention().dropped(id);
        LOG.info("{} is dropped", plan.old());
    }

    private Optional<String> tryOnce(MigrationPlan plan) {
        try {
            return database.oldTable(plan).drop(LOCK_TIMEOUT);
        } catch (ShooflyException e) {
            if (e.kind() == ErrorKind.TRANSIENT || SqlErrors.isTransient(e)) {
                return Optional.of(String.valueOf(e.getMessage()));
            }
            throw e;
        }
    }

    private void waitUntil(Instant time) {
        while (clock.instant().isBefore(time)) {
            stops.check();
            try {
                Thread.sleep(LOOK_EVERY.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new StopRequests.Stopped(MigrationOutcome.INTERRUPTED);
            }
        }
    }
}
