package dev.shoofly.coordinator;

import dev.shoofly.backfill.Backfill;
import dev.shoofly.backfill.BackfillSettings;
import dev.shoofly.backfill.DirtyKeyPublisher;
import dev.shoofly.database.Database;
import dev.shoofly.database.control.ApplierRows.Standing;
import dev.shoofly.database.control.Migration;
import dev.shoofly.database.control.SegmentRows;
import dev.shoofly.database.throttle.FollowedThrottle;
import dev.shoofly.database.throttle.PauseGate;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.CommonClientConfigs;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This process's part in the copy of one migration: begins when the migration is COPYING, gives its segments back when it is
 * not any more. What cannot be outlasted is left to the owner, who meets it when it copies the same segment. Owns one thread
 * that watches and one that copies.
 */
final class ServedBackfill implements RoleLoop.Part {
    private static final Logger LOG = LoggerFactory.getLogger(ServedBackfill.class);
    private static final Duration START_AGAIN_AFTER = Duration.ofSeconds(3);
    /** For the chunks in flight; a chunk takes a fraction of a second unless the server is in trouble. */
    private static final Duration LEAVE_WITHIN = Duration.ofSeconds(20);

    private final Database database;
    private final MigrationId id;
    private final BackfillRoleSettings settings;
    private final TopicPresence topics;
    private final MigrationMetrics metrics;
    private final FaultPoints faultPoints;
    private final RoleThread thread;
    private volatile @Nullable Running running;
    /** There is nothing (more) for us to do under this epoch. */
    private long doneEpoch;

    private long notBefore = System.nanoTime();

    /** @param epoch of the migration when the copy began */
    private record Running(
            Backfill backfill,
            DirtyKeyPublisher dirtyKeys,
            FollowedThrottle throttle,
            Thread copying,
            CompletableFuture<Boolean> end,
            long epoch) {
        void close() {
            throttle.close();
            dirtyKeys.close();
        }
    }

    ServedBackfill(
            Database database,
            MigrationId id,
            BackfillRoleSettings settings,
            TopicPresence topics,
            MigrationMetrics metrics,
            FaultPoints faultPoints) {
        this.database = database;
        this.id = id;
        this.settings = settings;
        this.topics = topics;
        this.metrics = metrics;
        this.faultPoints = faultPoints;
        this.thread = new RoleThread(id, "backfill", "cannot copy");
        thread.start(this::follow);
    }

    /** Empty while nothing is copied. */
    Optional<MigrationId> now() {
        return running == null ? Optional.empty() : Optional.of(id);
    }

    @Override
    public void tell(boolean resting) {
        thread.tell(resting);
    }

    @Override
    public boolean isResting() {
        return thread.isToldToRest() && running == null;
    }

    private void follow() {
        if (isResting()) {
            return;
        }
        Optional<Standing> copying = database.control().appliers().standing(id).filter(ServedBackfill::isCopying);
        Running now = running;
        if (now == null) {
            copying.filter(this::mayStart).ifPresent(this::start);
        } else if (now.end.isDone()) {
            ended(now);
        } else if (copying.filter(at -> at.epoch() == now.epoch).isEmpty()) {
            leave(now);
        }
    }

    private static boolean isCopying(Standing standing) {
        return standing.mayApply() && standing.state() == MigrationState.COPYING;
    }

    private boolean mayStart(Standing standing) {
        return standing.epoch() != doneEpoch && System.nanoTime() - notBefore >= 0;
    }

    private void start(Standing standing) {
        Optional<Migration> found = database.control().migrations().find(id);
        MigrationPlan plan = found.map(Migration::plan).orElse(null);
        if (found.isEmpty() || plan == null || !topics.hasChangesOf(id)) {
            return;
        }
        Migration migration = found.get();
        DirtyKeyPublisher dirtyKeys = new DirtyKeyPublisher(
                Map.of(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, settings.bootstrapServers()), plan);
        int chunkRows = migration.spec().chunkRows();
        FollowedThrottle throttle = new FollowedThrottle(database.control().throttle(), id, System::nanoTime);
        throttle.start();
        Backfill backfill = new Backfill(
                new BackfillSettings(
                        plan,
                        new SegmentRows.Copier(settings.name(), standing.epoch()),
                        chunkRows,
                        BackfillSettings.segmentRows(migration.rowsTotal(), chunkRows),
                        new LivePace(throttle.settings(), database::processors, throttle::othersWork)),
                database.copier(plan),
                database.control().segments(),
                dirtyKeys,
                new PauseGate(),
                throttle,
                metrics,
                faultPoints);
        CompletableFuture<Boolean> end = new CompletableFuture<>();
        Thread copying = new Thread(() -> copy(backfill, end), "shoofly-" + id + "-copy");
        copying.setDaemon(true);
        copying.start();
        running = new Running(backfill, dirtyKeys, throttle, copying, end, standing.epoch());
        LOG.info("copying for migration {} of {}", id, migration.source());
    }

    private static void copy(Backfill backfill, CompletableFuture<Boolean> end) {
        try {
            end.complete(backfill.help());
        } catch (RuntimeException | Error e) {
            end.completeExceptionally(e);
        }
    }

    private void ended(Running now) {
        running = null;
        now.close();
        Throwable failure = now.end.handle((begun, error) -> error).join();
        if (failure == null && !now.end.join()) {
            // The owner is COPYING but has not cut the table yet.
            notBefore = System.nanoTime() + START_AGAIN_AFTER.toNanos();
        } else if (failure == null) {
            LOG.info("nothing is left to copy for migration {}", id);
            doneEpoch = now.epoch;
        } else if (failure instanceof ShooflyException known
                && (known.kind() == ErrorKind.TRANSIENT || known.kind() == ErrorKind.SUPERSEDED)) {
            LOG.warn("copying for migration {} stopped and is tried again: {}", id, known.getMessage());
            notBefore = System.nanoTime() + START_AGAIN_AFTER.toNanos();
        } else {
            LOG.warn("copying for migration {} stopped; its owner will meet the same: {}", id, failure.getMessage());
            doneEpoch = now.epoch;
        }
    }

    /** Paused, failed, over, or in other hands. */
    private void leave(Running now) {
        running = null;
        now.backfill.leave();
        try {
            now.end.get(LEAVE_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
            LOG.info("copies no longer for migration {}; its segments are given back", id);
        } catch (TimeoutException e) {
            now.copying.interrupt();
        } catch (ExecutionException e) {
            LOG.info("copies no longer for migration {}: {}", id, String.valueOf(e.getCause()));
        } catch (InterruptedException e) {
            now.copying.interrupt();
            Thread.currentThread().interrupt();
        } finally {
            now.close();
        }
    }

    @Override
    public void close() {
        thread.close();
        Running now = running;
        if (now != null) {
            leave(now);
        }
    }
}
