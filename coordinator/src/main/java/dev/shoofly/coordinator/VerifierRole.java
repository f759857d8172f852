package dev.shoofly.coordinator;

import dev.shoofly.database.Database;
import dev.shoofly.model.MigrationId;
import java.util.List;

/**
 * The role {@code verifier}: compares ranges for each migration of one server whose topics are in one Kafka, while its owner
 * sweeps a large table. Restarts of the database and of Kafka are outlasted. {@link #run} blocks; the other methods are for any
 * thread.
 */
public final class VerifierRole implements AutoCloseable {
    private final TopicPresence topics;
    private final RoleLoop<ServedSweep> loop;

    public VerifierRole(Database database, VerifierRoleSettings settings) {
        this.topics = new TopicPresence(settings.bootstrapServers());
        this.loop = new RoleLoop<>(database, settings.choice(), id -> new ServedSweep(database, id, settings, topics));
    }

    /**
     * Serves until {@link #stop} is called.
     *
     * @throws dev.shoofly.model.ShooflyException what the server says for good, such as a refused login
     */
    public void run() {
        loop.run();
    }

    /** Returns at once; {@link #run} returns soon. */
    public void stop() {
        loop.stop();
    }

    /** Migrations whose sweep this process takes part in now. */
    public List<MigrationId> comparing() {
        return loop.parts().stream().flatMap(each -> each.now().stream()).toList();
    }

    /** Gives up what is being compared, and leaves every group. */
    @Override
    public void close() {
        loop.close();
        topics.close();
    }
}
