package dev.shoofly.database.mysql;

import dev.shoofly.database.control.Json;
import dev.shoofly.model.MigrationPlan;
import java.util.Map;

/**
 * What the dialect remembers in the plan.
 *
 * @param shadowIndex the shared key's index in the shadow
 * @param definition of the source, see {@link SourceDefinition}
 * @param mirrored per retyped column of the shadow, an expression over the source that yields the very bytes that an
 *     INSERT would store; columns without such an expression are missing
 */
record DialectState(String shadowIndex, String definition, Map<String, String> mirrored) {
    DialectState {
        mirrored = Map.copyOf(mirrored);
    }

    static DialectState of(MigrationPlan plan) {
        return Json.read(plan.dialectState(), DialectState.class);
    }

    String text() {
        return Json.write(this);
    }
}
