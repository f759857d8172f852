package dev.shoofly.database;

import dev.shoofly.model.RowKey;
import java.util.List;

/** Sends keys to their owners: each will be reconciled by its partition's applier. */
@FunctionalInterface
public interface DirtyKeys {

    /** Returns once all of them are durable in the changes topic. */
    void publish(List<RowKey> keys);
}
