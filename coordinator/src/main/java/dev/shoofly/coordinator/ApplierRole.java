package dev.shoofly.coordinator;

import dev.shoofly.database.Database;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.ShooflyException;
import java.util.List;

/**
 * The role {@code applier}: an applier for each migration of one server whose topics are in one Kafka, sharing its
 * partitions with every other process that does the same. What is served follows the control tables. Restarts of the
 * database and of Kafka are outlasted. {@link #run} blocks; the other methods are for any thread.
 */
public final class ApplierRole implements AutoCloseable {
    private final TopicPresence topics;
    private final RoleLoop<ServedMigration> loop;

    public ApplierRole(
            Database database, ApplierRoleSettings settings, MigrationMetrics metrics, FaultPoints faultPoints) {
        this.topics = new TopicPresence(settings.bootstrapServers());
        this.loop = new RoleLoop<>(
                database,
                settings.choice(),
                id -> new ServedMigration(database, id, settings, topics, metrics, faultPoints));
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
        loop.run();
    }

    /** Returns at once; {@link #run} returns soon. */
    public void stop() {
        loop.stop();
    }

    /** Those that have an applier here now. */
    public List<Served> served() {
        return loop.parts().stream().flatMap(each -> each.now().stream()).toList();
    }

    /** Applies what is read, leaves every group at once and says so. Bounded by about ten seconds. */
    @Override
    public void close() {
        loop.close();
        topics.close();
    }
}
