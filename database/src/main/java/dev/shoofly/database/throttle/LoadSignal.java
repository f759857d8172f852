package dev.shoofly.database.throttle;

import java.time.Duration;
import java.util.List;

/** Something that tells how much the server, or whoever depends on it, suffers. Read and closed by one thread. */
public interface LoadSignal extends AutoCloseable {
    /**
     * Measures now. Waits a few seconds at most; what goes wrong becomes a reading, never an exception.
     *
     * @return one reading per thing that is watched
     */
    List<Reading> read();

    /** How often it is worth a look. */
    Duration every();

    @Override
    default void close() {}
}
