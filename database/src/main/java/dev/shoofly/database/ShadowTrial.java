package dev.shoofly.database;

import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RollbackFeasibility;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a shadow would look like, and how fast its first rows were copied. Nothing of it is left.
 *
 * @param rows copied, by one connection
 * @param took for them
 * @param failure the server's words, when one of these rows does not fit; null: all do
 * @param rollback what a way back from it would be worth
 */
public record ShadowTrial(
        MigrationPlan plan,
        long rows,
        Duration took,
        @Nullable String failure,
        RollbackFeasibility rollback) {}
