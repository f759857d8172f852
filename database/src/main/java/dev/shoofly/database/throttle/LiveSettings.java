package dev.shoofly.database.throttle;

import dev.shoofly.model.throttle.ThrottleSettings;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The settings that are in force now. Whoever follows them asks again before each chunk: an operator may change them at
 * any time. Written by one thread, read by any.
 */
public final class LiveSettings {
    private volatile ThrottleSettings current;

    public LiveSettings(ThrottleSettings first) {
        this.current = first;
    }

    public ThrottleSettings now() {
        return current;
    }

    /** Threads that copy in this process; empty: whoever copies chooses. */
    public OptionalInt copyThreads() {
        int threads = current.pace().copyThreads();
        return threads == 0 ? OptionalInt.empty() : OptionalInt.of(threads);
    }

    /** What a chunk should take; empty: whoever copies chooses. */
    public Optional<Duration> chunkTime() {
        return Optional.ofNullable(current.pace().chunkTime());
    }

    /** @return whether it differs from what was in force */
    public boolean set(ThrottleSettings next) {
        boolean changed = !next.equals(current);
        current = next;
        return changed;
    }
}
