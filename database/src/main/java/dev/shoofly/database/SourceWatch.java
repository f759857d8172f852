package dev.shoofly.database;

import java.util.Optional;

/**
 * Whether the source is still what the shadow was made from, and the log still tells all about it. Reads the catalog only
 * and waits for no application; cheap enough for every few seconds. The swap looks once more, under its locks. Any thread.
 */
@FunctionalInterface
public interface SourceWatch {
    /** @return what somebody changed, worded; empty when nothing, and meaningless once the tables are swapped */
    Optional<String> change();
}
