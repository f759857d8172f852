package dev.shoofly.coordinator;

import dev.shoofly.database.Database;
import dev.shoofly.database.OwnerLock;
import dev.shoofly.database.control.CommandRows;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.ShooflyException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks now and then whether the session-level lock is still held, and takes a lost one again. Losing it is no danger (the
 * epoch fences) and not even an error (the server may have restarted): it is said once, because another process may take
 * over meanwhile. Any thread.
 */
final class Ownership implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Ownership.class);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(3);
    private final Database database;
    private final MigrationId id;
    private OwnerLock lock;
    private long next = System.nanoTime();
    private boolean said;

    Ownership(Database database, MigrationId id, OwnerLock lock) {
        this.database = database;
        this.id = id;
        this.lock = lock;
    }

    /** Called often while the migration is not paused. */
    synchronized void check() {
        if (System.nanoTime() < next) {
            return;
        }
        if (!lock.isHeld()) {
            takeAgain();
        }
        next = System.nanoTime() + LOOK_EVERY.toNanos();
    }

    /**
     * The one question of a paused migration, on the lock's own session: that it is answered shows that the lock is held,
     * and keeps the server from ending the session.
     *
     * @throws ShooflyException TRANSIENT when the server does not answer
     */
    synchronized CommandRows.Look look() {
        try {
            return lock.with(connection -> CommandRows.look(connection, id));
        } catch (SQLException e) {
            LOG.debug("the session of the owner's lock is lost: {}", e.getMessage());
            takeAgain();
            return database.control().commands().look(id);
        }
    }

    private void takeAgain() {
        Optional<OwnerLock> taken;
        try {
            taken = database.tryLock(id);
        } catch (ShooflyException e) {
            taken = Optional.empty();
        }
        if (taken.isPresent()) {
            lock.close();
            lock = taken.get();
            LOG.info("the lock that tells others of this process was lost with its connection and is taken again");
            said = false;
        } else if (!said) {
            said = true;
            LOG.warn(
                    "the lock that tells others of this process is lost with its connection; another process may take the"
                            + " migration over, and this one would then stop");
        }
    }

    @Override
    public synchronized void close() {
        lock.close();
    }
}
