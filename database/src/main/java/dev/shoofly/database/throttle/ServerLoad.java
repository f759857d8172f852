package dev.shoofly.database.throttle;

import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.throttle.ThrottleSettings;
import java.util.List;

/**
 * What a server can tell of its own load, and which replicas hang on it. Keeps one connection of its own, so that it never
 * waits behind the workers whose load it measures. Used by one thread but for {@link #replicas}.
 */
public interface ServerLoad extends AutoCloseable {
    /** The signals of the server itself that these settings ask for; read by one thread, one after the other. */
    List<LoadSignal> server(MigrationPlan plan, ThrottleSettings settings);

    /** The lag of the replicas that these settings ask for; read by another thread than {@link #server}. */
    List<LoadSignal> replicas(MigrationPlan plan, ThrottleSettings settings, Heartbeats heartbeats);

    /** Whether a client that is not Shoofly has worked on the server in the last two seconds; on the thread of {@link #server}. */
    boolean othersWork();

    /**
     * What speaks against these settings on this server: a variable that it does not have, a query that fails. Each with its
     * remedy. On a connection of its own.
     */
    List<String> findings(ThrottleSettings settings);

    /** The replicas that these settings ask for and that cannot be reached from here, each with the remedy. */
    List<String> replicaFindings(ThrottleSettings settings);

    @Override
    void close();
}
