package dev.shoofly.coordinator;

import dev.shoofly.database.OwnerLock;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks now and then whether the session-level lock is still held. Losing it is no danger (the epoch fences) and not even
 * an error (the server may have restarted): it is said once, because another process may take over now.
 */
final class Ownership {
    private static final Logger LOG = LoggerFactory.getLogger(Ownership.class);
    private final OwnerLock lock;
    private final Duration every;
    private long next = System.nanoTime();
    private boolean said;

    Ownership(OwnerLock lock, Duration every) {
        this.lock = lock;
        this.every = every;
    }

    void check() {
        if (System.nanoTime() < next) {
            return;
        }
        next = System.nanoTime() + every.toNanos();
        if (lock.isHeld()) {
            said = false;
        } else if (!said) {
            said = true;
            LOG.warn(
                    "the lock that tells others of this process is lost with its connection; another process may take the"
                            + " migration over, and this one would then stop");
        }
    }
}
