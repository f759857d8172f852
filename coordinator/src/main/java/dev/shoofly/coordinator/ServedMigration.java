package dev.shoofly.coordinator;

import dev.shoofly.applier.Applier;
import dev.shoofly.applier.ApplierSettings;
import dev.shoofly.database.Database;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.control.ApplierInstance;
import dev.shoofly.database.control.ApplierRows;
import dev.shoofly.database.control.ApplierRows.Report;
import dev.shoofly.database.control.ApplierRows.Standing;
import dev.shoofly.database.throttle.FollowedThrottle;
import dev.shoofly.database.throttle.LiveSettings;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.throttle.ThrottleSettings;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This process's applier of one migration: begins, pauses and ends it as the control tables say, reports it there, and tells
 * the migration's owner what ended it. Owns one thread, which does all of it.
 */
final class ServedMigration implements RoleLoop.Part {
    private static final Logger LOG = LoggerFactory.getLogger(ServedMigration.class);
    /** Before an applier that Kafka or the database stopped for the moment is started again. */
    private static final Duration START_AGAIN_AFTER = Duration.ofSeconds(3);

    private final Database database;
    private final ApplierRows rows;
    private final MigrationId id;
    private final ApplierRoleSettings settings;
    private final TopicPresence topics;
    private final MigrationMetrics metrics;
    private final FaultPoints faultPoints;
    private final RoleThread thread;
    private volatile @Nullable Running running;
    private long failedEpoch;
    private long notBefore = System.nanoTime();
    private volatile boolean quiet;
    /** As the migration's owner saw last. */
    private volatile boolean othersWork;
    /** Large batches are wanted: every row is copied or compared. */
    private volatile boolean gathersLong;

    /**
     * @param epoch of the migration when the applier began
     * @param back whether it writes the old table
     */
    private record Running(Applier applier, MigrationPlan plan, long epoch, boolean back) {}

    ServedMigration(
            Database database,
            MigrationId id,
            ApplierRoleSettings settings,
            TopicPresence topics,
            MigrationMetrics metrics,
            FaultPoints faultPoints) {
        this.database = database;
        this.rows = database.control().appliers();
        this.id = id;
        this.settings = settings;
        this.topics = topics;
        this.metrics = metrics;
        this.faultPoints = faultPoints;
        this.thread = new RoleThread(id, "applier", "cannot apply");
        thread.start(this::follow);
    }

    @Override
    public void tell(boolean resting) {
        thread.tell(resting);
    }

    @Override
    public boolean isResting() {
        return thread.isToldToRest() && (quiet || running == null);
    }

    /** Empty while no applier runs. */
    Optional<ApplierRole.Served> now() {
        Running now = running;
        return now == null
                ? Optional.empty()
                : Optional.of(new ApplierRole.Served(
                        id, now.plan.source().toString(), now.applier.partitions(), now.applier.lagMillis()));
    }

    private void follow() {
        Running now = running;
        Optional<Throwable> failure = now == null ? Optional.empty() : now.applier.failure();
        if (failure.isEmpty() && isResting()) {
            return;
        }
        if (now == null) {
            rows.standing(id).filter(this::mayStart).ifPresent(this::start);
            return;
        }
        if (failure.isPresent()) {
            failed(now, failure.get());
            return;
        }
        Optional<Standing> found = rows.report(id, report(now));
        if (found.filter(Standing::isStandstill).isPresent()) {
            if (!quiet) {
                quiet = now.applier.pause();
                rows.report(id, report(now));
            }
        } else if (found.filter(ServedMigration::isUnderWay)
                .filter(standing -> standing.isOf(now.plan, now.back))
                .isPresent()) {
            // Only after the report, which withdrew the word: whoever pauses now waits for a new one.
            quiet = false;
            now.applier.resume();
            // Not in a pause: then the server is asked for nothing but the word that ends it.
            gathersLong =
                    found.get().state() == MigrationState.COPYING || found.get().state() == MigrationState.VALIDATING;
            othersWork = FollowedThrottle.othersWork(
                    database.control().throttle().find(id).state());
            endIfPlannedAnew(now, found.get());
        } else {
            LOG.info(
                    "nothing is to be applied for migration {} any more ({}): this applier ends",
                    id,
                    found.map(at -> at.state().name()).orElse("forgotten"));
            end(now);
        }
    }

    private boolean mayStart(Standing standing) {
        return isUnderWay(standing) && System.nanoTime() - notBefore >= 0 && !mustWait(standing);
    }

    /** After a failure: for the next owner, or for this one to have held the migration and let it go on. */
    private boolean mustWait(Standing standing) {
        return standing.epoch() == failedEpoch && rows.hasFailed(id, settings.name());
    }

    /** From the first marker, which PREPARING waits for, to the swap, and while there is a way back from it. */
    private static boolean isUnderWay(Standing standing) {
        return standing.mayApply()
                && !standing.held()
                && switch (standing.state()) {
                    case PREPARING, COPYING, SYNCHRONIZING, VALIDATING, READY -> true;
                    case CUTOVER -> standing.back();
                    case CREATED, PLANNING, COMPLETED, PAUSED, FAILED, ROLLED_BACK, CANCELLED -> false;
                };
    }

    private void start(Standing standing) {
        Optional<MigrationPlan> plan = plan(standing.back());
        if (plan.isEmpty() || !topics.hasChangesOf(id)) {
            return;
        }
        Applier applier = new Applier(
                new ApplierSettings(
                        plan.get(),
                        settings.bootstrapServers(),
                        settings.stateDirectory().resolve(id.value()),
                        Math.min(settings.threads(), plan.get().partitions()),
                        ApplierSettings.DEFAULT_BATCH_KEYS,
                        settings.sessionTimeout(),
                        new LivePace(new LiveSettings(ThrottleSettings.DEFAULT), database::processors, () -> othersWork)
                                .writers(() -> gathersLong)),
                database.reconciler(plan.get()),
                database.control().progress(),
                metrics,
                faultPoints);
        try {
            applier.start();
        } catch (RuntimeException e) {
            applier.close();
            throw e;
        }
        quiet = false;
        running = new Running(applier, plan.get(), standing.epoch(), standing.back());
        LOG.info("applying for migration {} of {}", id, plan.get().source());
    }

    private Optional<MigrationPlan> plan(boolean back) {
        return database.control()
                .migrations()
                .find(id)
                .map(found -> back ? found.rollback().plan() : found.plan());
    }

    private Report report(Running now) {
        return new Report(settings.name(), now.applier.partitions(), now.applier.lagMillis(), quiet);
    }

    /** A new owner that prepared anew has another shadow under the old name. */
    private void endIfPlannedAnew(Running now, Standing standing) {
        if (standing.epoch() == now.epoch) {
            return;
        }
        if (plan(now.back).equals(Optional.of(now.plan))) {
            running = new Running(now.applier, now.plan, standing.epoch(), now.back);
        } else {
            end(now);
        }
    }

    /** What cannot be outlasted is the migration's failure, not only this instance's: the rows it met stay unwritten. */
    private void failed(Running now, Throwable failure) {
        ShooflyException known = failure instanceof ShooflyException worded
                ? worded
                : new ShooflyException(ErrorKind.REFUSED, "the applier failed: " + failure, failure);
        if (known.kind() == ErrorKind.TRANSIENT || known.kind() == ErrorKind.SUPERSEDED) {
            LOG.warn("the applier of migration {} stopped and is started again: {}", id, known.getMessage());
            notBefore = System.nanoTime() + START_AGAIN_AFTER.toNanos();
            end(now);
            return;
        }
        boolean counts = rows.fail(now.epoch, now.plan, now.back, report(now), failure(known));
        if (counts) {
            LOG.warn("the applier of migration {} failed, and so does the migration: {}", id, known.getMessage());
        } else {
            LOG.info("an applier of migration {} ended with it: {}", id, known.getMessage());
        }
        failedEpoch = now.epoch;
        running = null;
        now.applier.abandon();
        if (!counts) {
            rows.leave(id, settings.name());
        }
    }

    /** A full disk holds the migration instead of failing it, wherever it is met. */
    private static ApplierInstance.Failure failure(ShooflyException known) {
        return SqlErrors.isDiskFull(known)
                ? new ApplierInstance.Failure(ErrorKind.NO_SPACE.name(), String.valueOf(known.getMessage()))
                : ApplierInstance.Failure.of(known);
    }

    private void end(Running now) {
        running = null;
        now.applier.abandon();
        rows.leave(id, settings.name());
    }

    /** Applies what is read, leaves the group at once and signs off. */
    @Override
    public void close() {
        thread.close();
        Running now = running;
        running = null;
        if (now == null) {
            return;
        }
        now.applier.close();
        try {
            rows.leave(id, settings.name());
        } catch (ShooflyException e) {
            LOG.debug("not signed off: {}", e.getMessage());
        }
    }
}
