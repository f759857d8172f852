package dev.shoofly.coordinator;

import dev.shoofly.database.Database;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.ShooflyException;
import java.util.List;

/**
 * The role {@code backfill}: copies for each migration of one server whose topics are in one Kafka, sharing its segments
 * with the owner and with every other process that does the same. Restarts of the database and of Kafka are outlasted.
 * {@link #run} blocks; the other methods are for any thread.
 */
public final class BackfillRole implements AutoCloseable {
    private final TopicPresence topics;
    private final RoleLoop<ServedBackfill> loop;

    public BackfillRole(
            Database database, BackfillRoleSettings settings, MigrationMetrics metrics, FaultPoints faultPoints) {
        this.topics = new TopicPresence(settings.bootstrapServers());
        this.loop = new RoleLoop<>(
                database,
                settings.choice(),
                id -> new ServedBackfill(database, id, settings, topics, metrics, faultPoints));
    }

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

    /** Migrations that rows are being copied for now. */
    public List<MigrationId> copying() {
        return loop.parts().stream().flatMap(each -> each.now().stream()).toList();
    }

    /** Finishes the chunks in flight and gives every segment back. Bounded by about half a minute. */
    @Override
    public void close() {
        loop.close();
        topics.close();
    }
}
