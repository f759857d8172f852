package dev.shoofly.coordinator;

import dev.shoofly.database.Database;
import dev.shoofly.database.control.ControlTables;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.TableName;
import java.util.Optional;

/**
 * What every phase of a run needs.
 *
 * @param migration as it was when the run took it over
 */
record RunContext(
        Database database,
        Migration migration,
        Lifecycle lifecycle,
        RunnerSettings settings,
        MigrationMetrics metrics,
        FaultPoints faultPoints,
        RunView view) {

    MigrationId id() {
        return migration.id();
    }

    TableName source() {
        return migration.source();
    }

    ControlTables control() {
        return database.control();
    }

    /** As it is on the server now; empty: it has another owner, or is gone. */
    Optional<Migration> owned() {
        return control().migrations().find(id()).filter(found -> found.epoch() == lifecycle.epoch());
    }
}
