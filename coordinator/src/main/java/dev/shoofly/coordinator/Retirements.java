package dev.shoofly.coordinator;

import dev.shoofly.coordinator.events.EventPublisher;
import dev.shoofly.database.control.ControlTables;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.MigrationId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The old tables of all that one process has completed: they wait until the last part of a request is done. One thread. */
final class Retirements {
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

    /** Returns the outcome when every old table whose time was set is dropped, or somebody interrupts it. */
    MigrationOutcome await(MigrationOutcome outcome) {
        for (MigrationId id : completed) {
            retirement.await(id);
            announceEnd(id);
        }
        return outcome;
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
