package dev.shoofly.coordinator;

import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.model.MigrationId;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * Has one part of a role follow its migration, twice a second, on a thread of its own. What fails is tried again, and said
 * once until it succeeds.
 */
final class RoleThread implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RoleThread.class);
    private static final Duration LOOK_EVERY = Duration.ofMillis(500);

    private final MigrationId id;
    private final String role;
    private final String complaint;
    private final RepeatingThread thread;
    private volatile boolean resting;
    private boolean said;

    /**
     * @param role as {@code --roles} names it; in every line of the log
     * @param complaint what cannot be done when following fails, such as "cannot copy"
     */
    RoleThread(MigrationId id, String role, String complaint) {
        this.id = id;
        this.role = role;
        this.complaint = complaint;
        this.thread = new RepeatingThread("shoofly-" + id + "-" + role);
    }

    void start(Runnable follow) {
        thread.repeat(() -> look(follow), Duration.ZERO, LOOK_EVERY);
    }

    private void look(Runnable follow) {
        MDC.put("migration", id.value());
        MDC.put("role", role);
        try {
            follow.run();
            said = false;
        } catch (RuntimeException e) {
            if (!said) {
                LOG.warn(
                        "{} for migration {}{}: {}",
                        complaint,
                        id,
                        SqlErrors.isTransient(e) ? " for the moment" : "",
                        e.getMessage());
            }
            said = true;
        }
    }

    /** As {@link RoleLoop.Part#tell}. */
    void tell(boolean rests) {
        resting = rests;
    }

    /** Whether the migration was seen resting in a pause when the role looked last. */
    boolean isToldToRest() {
        return resting;
    }

    @Override
    public void close() {
        thread.close();
    }
}
