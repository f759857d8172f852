package dev.shoofly.coordinator;

import dev.shoofly.database.Database;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.control.MigrationRows.Active;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The role {@code applier}: an applier for each migration of one server whose topics are in one Kafka, sharing its
 * partitions with every other process that does the same. What is served follows the control tables. Restarts of the
 * database and of Kafka are outlasted. {@link #run} blocks; the other methods are for any thread.
 */
public final class ApplierRole implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ApplierRole.class);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);
    /** While every migration that is served rests in a pause. */
    private static final Duration LOOK_WHEN_PAUSED = CommandListener.LOOK_WHEN_PAUSED;

    private final Database database;
    private final ApplierRoleSettings settings;
    private final MigrationMetrics metrics;
    private final FaultPoints faultPoints;
    private final TopicPresence topics;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Map<MigrationId, ServedMigration> served = new ConcurrentHashMap<>();
    private boolean installed;
    private boolean away;

    public ApplierRole(
            Database database, ApplierRoleSettings settings, MigrationMetrics metrics, FaultPoints faultPoints) {
        this.database = database;
        this.settings = settings;
        this.metrics = metrics;
        this.faultPoints = faultPoints;
        this.topics = new TopicPresence(settings.bootstrapServers());
    }

    /**
     * What one of the appliers does now, for displays and gauges.
     *
     * @param partitions that it has claimed
     * @param lagMillis the worst of them; -1: unknown
     */
    public record Served(MigrationId id, String table, List<Integer> partitions, long lagMillis) {}

    /**
     * Serves until {@link #stop} is called.
     *
     * @throws ShooflyException what the server says for good, such as a refused login
     */
    public void run() {
        do {
            look();
        } while (!isStoppedWithin(pause()));
    }

    /** Returns at once; {@link #run} returns soon. */
    public void stop() {
        stop.countDown();
    }

    /** Those that have an applier here now. */
    public List<Served> served() {
        return served.values().stream().flatMap(each -> each.now().stream()).toList();
    }

    private void look() {
        try {
            Map<MigrationId, Active> wanted = wanted();
            away = false;
            wanted.keySet().forEach(id -> served.computeIfAbsent(id, this::serve));
            served.forEach((id, migration) -> {
                Active found = wanted.get(id);
                if (found == null) {
                    served.remove(id);
                    migration.close();
                } else {
                    migration.tell(found.state() == MigrationState.PAUSED && found.mayApply());
                }
            });
        } catch (ShooflyException e) {
            if (!SqlErrors.isTransient(e)) {
                throw e;
            }
            if (!away) {
                LOG.warn("the migrations cannot be read for the moment; what is served goes on: {}", e.getMessage());
            }
            away = true;
        }
    }

    /** One small statement: it is all that is asked while everything rests. */
    private Map<MigrationId, Active> wanted() {
        installed = installed || database.control().isInstalled();
        if (!installed) {
            return Map.of();
        }
        return database.control().migrations().active().stream()
                .filter(this::isChosen)
                .collect(Collectors.toMap(Active::id, Function.identity()));
    }

    private boolean isChosen(Active migration) {
        return settings.choice()
                .map(word -> MigrationControl.isNamed(migration.id(), migration.source(), word))
                .orElse(true);
    }

    private Duration pause() {
        boolean allRest = !served.isEmpty() && served.values().stream().allMatch(ServedMigration::isResting);
        return allRest ? LOOK_WHEN_PAUSED : LOOK_EVERY;
    }

    private ServedMigration serve(MigrationId id) {
        return new ServedMigration(database, id, settings, topics, metrics, faultPoints);
    }

    private boolean isStoppedWithin(Duration time) {
        try {
            return stop.await(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ShooflyException(ErrorKind.SUPERSEDED, "interrupted while applying", e);
        }
    }

    /** Applies what is read, leaves every group at once and says so. Bounded by about ten seconds. */
    @Override
    public void close() {
        stop();
        served.values().parallelStream().forEach(ServedMigration::close);
        served.clear();
        topics.close();
    }
}
