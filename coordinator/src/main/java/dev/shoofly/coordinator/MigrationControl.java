package dev.shoofly.coordinator;

import dev.shoofly.database.Database;
import dev.shoofly.database.control.Command;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.MigrationId;
import java.time.Duration;
import java.util.List;

/** The verbs that act on a migration from another terminal or host. */
public final class MigrationControl {
    public MigrationControl(Database database) {}

    /** Newest first; empty on a server that never saw a migration. */
    public List<Migration> list() {
        return List.of();
    }

    /**
     * @param idOrTable a migration id, or a table with an active migration
     * @throws dev.shoofly.model.ShooflyException REFUSED when there is none
     */
    public Migration find(String idOrTable) {
        throw new IllegalStateException(idOrTable);
    }

    /** Whether a living process runs it now. */
    public boolean isRunning(MigrationId id) {
        throw new IllegalStateException(id.value());
    }

    /**
     * Asks the running process and waits for its answer.
     *
     * @return the answer, for people
     * @throws dev.shoofly.model.ShooflyException REFUSED when it says no; TRANSIENT when no answer came in time
     */
    public String request(MigrationId id, Command.Verb verb, Duration timeout) {
        throw new IllegalStateException(id.value() + verb + timeout);
    }

    /** Approves the cut-over of a migration that no process runs; a following resume performs it. */
    public void approveCutover(MigrationId id) {
        throw new IllegalStateException(id.value());
    }

    /** Cancels a migration that no process runs: drops every trace of it. */
    public void cancel(MigrationId id, KafkaAccess.Provider kafka) {
        throw new IllegalStateException(id.value() + kafka);
    }
}
