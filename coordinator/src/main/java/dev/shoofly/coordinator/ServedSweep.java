package dev.shoofly.coordinator;

import dev.shoofly.database.Database;
import dev.shoofly.database.control.ApplierRows.Standing;
import dev.shoofly.database.throttle.FollowedThrottle;
import dev.shoofly.database.throttle.PauseGate;
import dev.shoofly.database.throttle.Throttle;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.TopicNames;
import dev.shoofly.verifier.sweep.VerifierInstance;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This process's part in the sweep of one migration: begins when the migration is VALIDATING and its owner has made tasks, ends
 * when it is not any more. Whatever ends it costs the sweep time and nothing else. Owns one thread.
 */
final class ServedSweep implements RoleLoop.Part {
    private static final Logger LOG = LoggerFactory.getLogger(ServedSweep.class);
    private static final Duration START_AGAIN_AFTER = Duration.ofSeconds(3);

    private final Database database;
    private final MigrationId id;
    private final VerifierRoleSettings settings;
    private final TopicPresence topics;
    private final RoleThread thread;
    private volatile @Nullable Running running;
    private long notBefore = System.nanoTime();

    /** @param epoch of the migration when it began */
    private record Running(VerifierInstance instance, FollowedThrottle throttle, PauseGate gate, long epoch) {
        void close() {
            // First: a pause is answered by now, and no range may begin.
            gate.pause();
            instance.close();
            throttle.close();
        }
    }

    ServedSweep(Database database, MigrationId id, VerifierRoleSettings settings, TopicPresence topics) {
        this.database = database;
        this.id = id;
        this.settings = settings;
        this.topics = topics;
        this.thread = new RoleThread(id, "verifier", "cannot compare");
        thread.start(this::follow);
    }

    /** Empty while nothing is compared. */
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
        Optional<Standing> sweeping = database.control().appliers().standing(id).filter(ServedSweep::isSweeping);
        Running now = running;
        if (now == null) {
            sweeping.filter(at -> System.nanoTime() - notBefore >= 0).ifPresent(this::start);
        } else if (!now.instance.isRunning()) {
            notBefore = System.nanoTime() + START_AGAIN_AFTER.toNanos();
            end(now);
        } else if (sweeping.filter(at -> at.epoch() == now.epoch).isEmpty()) {
            LOG.info("compares no longer for migration {}", id);
            end(now);
        }
    }

    private static boolean isSweeping(Standing standing) {
        return standing.mayApply() && !standing.held() && standing.state() == MigrationState.VALIDATING;
    }

    private void start(Standing standing) {
        MigrationPlan plan = database.control()
                .migrations()
                .find(id)
                .map(found -> found.plan())
                .orElse(null);
        if (plan == null || !topics.hasTopic(new TopicNames(id).verdicts())) {
            return;
        }
        FollowedThrottle throttle = new FollowedThrottle(database.control().throttle(), id, System::nanoTime);
        PauseGate gate = new PauseGate();
        VerifierInstance instance = new VerifierInstance(
                new VerifierInstance.Settings(
                        plan,
                        settings.bootstrapServers(),
                        settings.stateDirectory().resolve(id.value()),
                        new LivePace(throttle.settings(), database::processors, throttle::othersWork).threads(),
                        standing.epoch(),
                        database.serverIdentity()),
                database.comparer(plan),
                Throttle.allOf(throttle, gate));
        // From here on there is something to be closed.
        running = new Running(instance, throttle, gate, standing.epoch());
        throttle.start();
        instance.start();
        LOG.info("comparing for migration {} of {}", id, plan.source());
    }

    private void end(Running now) {
        running = null;
        now.close();
    }

    @Override
    public void close() {
        thread.close();
        Running now = running;
        if (now != null) {
            end(now);
        }
    }
}
