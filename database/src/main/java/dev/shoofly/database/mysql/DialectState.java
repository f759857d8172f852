package dev.shoofly.database.mysql;

import dev.shoofly.database.control.Json;
import dev.shoofly.model.MigrationPlan;
import java.util.List;
import java.util.Map;

/**
 * What the dialect remembers in the plan.
 *
 * @param shadowIndex the shared key's index in the shadow
 * @param definition of the source, see {@link SourceDefinition}
 * @param mirrored per retyped column of the shadow, an expression over the source that yields the very bytes that an
 *     INSERT would store; columns without such an expression are missing
 * @param deferred indexes that the shadow gets after the copy
 * @param attached what hangs on the source
 * @param kept on the way back, and when it goes forward again, see {@link KeptValues}; empty otherwise
 */
record DialectState(
        String shadowIndex,
        String definition,
        Map<String, String> mirrored,
        List<Index> deferred,
        Attached attached,
        List<String> kept) {
    DialectState {
        mirrored = Map.copyOf(mirrored);
        // Missing in what an earlier version saved.
        deferred = deferred == null ? List.of() : List.copyOf(deferred);
        attached = attached == null ? Attached.NONE : attached;
        kept = kept == null ? List.of() : List.copyOf(kept);
    }

    /**
     * @param definition as it stands in CREATE TABLE
     * @param columns of a unique index; empty: it is not unique
     */
    record Index(String name, String definition, List<String> columns) {
        Index {
            // Missing in what an earlier version saved.
            columns = columns == null ? List.of() : List.copyOf(columns);
        }

        boolean isUnique() {
            return !columns.isEmpty();
        }
    }

    static DialectState of(MigrationPlan plan) {
        return Json.read(plan.dialectState(), DialectState.class);
    }

    String text() {
        return Json.write(this);
    }
}
