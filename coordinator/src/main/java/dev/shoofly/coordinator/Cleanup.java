package dev.shoofly.coordinator;

import dev.shoofly.database.Database;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.TableName;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Removes what a migration made, in an order in which an interruption leaves a migration that can be cleaned again. */
final class Cleanup {
    private static final Logger LOG = LoggerFactory.getLogger(Cleanup.class);
    private final Database database;
    private final MigrationId id;
    private final TableName source;

    Cleanup(Database database, MigrationId id, TableName source) {
        this.database = database;
        this.id = id;
        this.source = source;
    }

    /** Slot, publication, topics and group. The pipeline must have stopped. The tables stay. */
    void pipeline(Topics topics) {
        // First: it calls off the appliers in other processes, which would meet vanished topics otherwise.
        step(
                "removing the progress of the appliers",
                () -> database.control().progress().remove(id));
        changeLog();
        step("deleting the topics", topics::deleteAll);
    }

    /** After the swap: pipeline and stage rows; both tables stay. */
    void afterSwap(Topics topics) {
        pipeline(topics);
        stageRows();
    }

    /** As {@link #pipeline}, and the shadow and the rows of the stages: PREPARING starts from nothing. */
    void beforePreparing(Topics topics) {
        pipeline(topics);
        shadow();
        stageRows();
    }

    /** When no Kafka holds anything of it: slot, publication, shadow. */
    void database() {
        changeLog();
        shadow();
        stageRows();
    }

    private void changeLog() {
        step("dropping slot and publication", () -> database.changeLog().close(id, source));
    }

    private void shadow() {
        step("dropping the shadow", () -> {
            database.preparation().dropShadow(id, source);
            // After a rollback it is the table that was the new one.
            database.control()
                    .migrations()
                    .find(id)
                    .map(Migration::plan)
                    .ifPresent(plan -> database.wayBack(plan, List.of()).discard());
        });
    }

    private void stageRows() {
        step("removing the progress rows", () -> database.control().migrations().forgetStages(id));
    }

    /** The last trace: the rows by which anybody would find the rest. */
    void forget() {
        step("removing the control rows", () -> database.control().migrations().forget(id));
    }

    private void step(String what, Runnable work) {
        LOG.debug("{} of migration {}", what, id);
        Retry.OUTLAST_RESTART.call(what + " of migration " + id, () -> {
            work.run();
            return true;
        });
    }
}
