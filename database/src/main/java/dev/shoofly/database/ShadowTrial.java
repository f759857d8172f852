package dev.shoofly.database;

import dev.shoofly.model.MigrationPlan;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a shadow would look like, and how fast its first rows were copied. Nothing of it is left.
 *
 * @param rows copied, by one connection
 * @param took for them
 * @param failure the server's words, when one of these rows does not fit; null: all do
 */
public record ShadowTrial(
        MigrationPlan plan,
        long rows,
        Duration took,
        @Nullable String failure) {}
