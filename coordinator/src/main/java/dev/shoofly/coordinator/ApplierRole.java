package dev.shoofly.coordinator;

import dev.shoofly.database.Database;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
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
    private final Database database;
    private final ApplierRoleSettings settings;
    private final MigrationMetrics metrics;
    private final FaultPoints faultPoints;
    private final TopicPresence topics;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Map<MigrationId, ServedMigration> served = new ConcurrentHashMap<>();
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
        } while (!isStoppedWithin(LOOK_EVERY));
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
            Set<MigrationId> wanted = wanted();
            away = false;
            wanted.forEach(id -> served.computeIfAbsent(id, this::serve));
            served.forEach((id, migration) -> {
                if (!wanted.contains(id)) {
                    served.remove(id);
                    migration.close();
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

    private Set<MigrationId> wanted() {
        return new MigrationControl(database)
                .list().stream()
                        .filter(migration -> !migration.state().isFinal())
                        .filter(this::isChosen)
                        .map(Migration::id)
                        .collect(Collectors.toSet());
    }

    private boolean isChosen(Migration migration) {
        return settings.choice()
                .map(word -> MigrationControl.isNamed(migration, word))
                .orElse(true);
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
