package dev.shoofly.verifier;

import dev.shoofly.database.control.ControlTables;
import dev.shoofly.model.MigrationId;

/** The markers of one migration, on the server. */
interface Markers {
    /** Commits a new marker and returns its number. */
    long next();

    /** The greatest marker before which every partition has applied everything. */
    long passedByAll();

    static Markers of(ControlTables control, MigrationId id) {
        return new Markers() {
            @Override
            public long next() {
                return control.markers().next(id);
            }

            @Override
            public long passedByAll() {
                return control.progress().markerPassedByAll(id);
            }
        };
    }
}
