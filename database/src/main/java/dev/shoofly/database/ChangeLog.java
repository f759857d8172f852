package dev.shoofly.database;

import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.TableName;
import java.util.Optional;

/** The database's side of change capture. */
public interface ChangeLog {

    /**
     * Makes the log deliver every change of the source from here on, those of transactions that are already running
     * included: on PostgreSQL publication, then slot, then a wait for the transactions that were writing the source. On
     * MySQL it checks and waits. Repeatable; keeps what exists.
     */
    void open(MigrationPlan plan);

    /** Drops slot and publication of this id. Repeatable; the capture must have stopped. */
    void close(MigrationId id, TableName source);

    /**
     * Whether a restart can continue where the capture stopped.
     *
     * @return the reason why not (slot gone or invalidated, …); empty when it can, or when only the capture can tell
     */
    Optional<String> brokenBecause(MigrationPlan plan);

    /** What the server does with the log while nobody reads it, for the operator who stops the capture. A sentence's end. */
    String retention(MigrationPlan plan);

    /** Name of the replication slot; PostgreSQL only. */
    static String slot(MigrationId id) {
        return "shoofly_" + id;
    }

    /** Name of the publication; PostgreSQL only. */
    static String publication(MigrationId id) {
        return "shoofly_" + id;
    }
}
