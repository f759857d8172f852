package dev.shoofly.database;

import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.util.Optional;

/** The table that a swap has put aside. */
public interface OldTable {

    /**
     * Drops it, waiting for its lock no longer than this. Never while the original name stands for nothing: it would be the
     * last copy. Repeatable.
     *
     * @return empty: it is gone; else who uses it, so that it has to be tried again
     * @throws ShooflyException REFUSED when something depends on it that has to go first
     */
    Optional<String> drop(Duration lockTimeout);
}
