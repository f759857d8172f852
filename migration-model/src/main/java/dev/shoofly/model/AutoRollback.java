package dev.shoofly.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * When the old table is brought back without anybody asking for it, while the rollback window is open.
 *
 * @param triggers texts of {@link RollbackTrigger}; any one of them is enough. Empty: never
 * @param query of the trigger {@code query}; null: none
 * @param http address of the trigger {@code http}; null: none
 */
public record AutoRollback(
        List<String> triggers,
        @Nullable String query,
        @Nullable String http) {
    public static final AutoRollback NEVER = new AutoRollback(List.of(), null, null);

    public AutoRollback {
        triggers = triggers == null ? List.of() : List.copyOf(triggers);
    }
}
