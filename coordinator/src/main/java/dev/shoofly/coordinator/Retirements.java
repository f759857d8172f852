package dev.shoofly.coordinator;

import dev.shoofly.coordinator.events.EventPublisher;
import dev.shoofly.database.control.ControlTables;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.ShooflyException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The old tables of all that one process has completed: they wait until the last part of a request is done. One thread. */
final class Retirements {
    private static final Logger LOG = LoggerFactory.getLogger(Retirements.class);
    private final OldTableRetirement retirement;
    private final ControlTables control;
    private final RunnerSettings settings;
    private final List<MigrationId> completed = new ArrayList<>();

    Retirements(OldTableRetirement retirement, ControlTables control, RunnerSettings settings) {
        this.retirement = retirement;
        this.control = control;
        this.settings = settings;
    }

    void add(MigrationId id) {
        completed.add(id);
    }

    /**
     * Returns the outcome when every old table whose time was set is dropped, cannot be, or somebody interrupts it. The
     * migrations are complete: an old table that stays is no failure of theirs.
     */
    MigrationOutcome await(MigrationOutcome outcome) {
        for (MigrationId id : completed) {
            try {
                retire(id);
            } catch (ShooflyException | KafkaException e) {
                LOG.warn(
                        "migration {} is complete, but its old table could not be dropped: {} 'resume {}' tries it"
                                + " again.",
                        id,
                        e.getMessage(),
                        id);
            }
        }
        return outcome;
    }

    /**
     * The same of one migration, for who has asked for just that.
     *
     * @throws ShooflyException REFUSED when something depends on the old table
     */
    void retire(MigrationId id) {
        retirement.await(id);
        announceEnd(id);
    }

    /** What was noted after the run had ended. */
    private void announceEnd(MigrationId id) {
        Optional<Migration> dropped =
                control.migrations().find(id).filter(found -> found.retention().dropped());
        if (dropped.isPresent()) {
            try (EventPublisher events = new EventPublisher(control, id, settings.webhook())) {
                KafkaAccess.cluster(dropped.get().kafka()).ifPresentOrElse(events::startWith, events::start);
            }
        }
    }
}
