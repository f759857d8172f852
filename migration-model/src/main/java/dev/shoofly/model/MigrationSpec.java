package dev.shoofly.model;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the operator asked for. Persisted as JSON; holds no secret.
 *
 * @param table as typed: {@code table} or {@code schema.table}
 * @param alters one or more texts that could follow {@code ALTER TABLE name}, or whole {@code CREATE INDEX} statements;
 *     run in this order
 * @param chunkRows rows copied per chunk
 * @param onDuplicates null, as in a specification saved before there was a choice, means FAIL
 * @param deferIndexes null, likewise, means AUTO
 * @param transforms null, likewise, means none
 * @param split null: it is all that was asked for
 */
public record MigrationSpec(
        String table,
        List<String> alters,
        StrategyChoice strategy,
        int partitions,
        int chunkRows,
        CutoverSettings cutover,
        OnDuplicates onDuplicates,
        DeferIndexes deferIndexes,
        List<Transform> transforms,
        @Nullable Split split) {
    public static final int DEFAULT_PARTITIONS = 8;
    public static final int DEFAULT_CHUNK_ROWS = 10_000;

    public MigrationSpec {
        alters = List.copyOf(alters);
        onDuplicates = Objects.requireNonNullElse(onDuplicates, OnDuplicates.FAIL);
        deferIndexes = Objects.requireNonNullElse(deferIndexes, DeferIndexes.AUTO);
        transforms = transforms == null ? List.of() : List.copyOf(transforms);
    }

    /** All that was asked for. */
    public MigrationSpec(
            String table,
            List<String> alters,
            StrategyChoice strategy,
            int partitions,
            int chunkRows,
            CutoverSettings cutover,
            OnDuplicates onDuplicates,
            DeferIndexes deferIndexes,
            List<Transform> transforms) {
        this(table, alters, strategy, partitions, chunkRows, cutover, onDuplicates, deferIndexes, transforms, null);
    }

    /** Without transforms. */
    public MigrationSpec(
            String table,
            List<String> alters,
            StrategyChoice strategy,
            int partitions,
            int chunkRows,
            CutoverSettings cutover,
            OnDuplicates onDuplicates,
            DeferIndexes deferIndexes) {
        this(table, alters, strategy, partitions, chunkRows, cutover, onDuplicates, deferIndexes, List.of());
    }

    /** With {@link OnDuplicates#FAIL} and {@link DeferIndexes#AUTO}. */
    public MigrationSpec(
            String table,
            List<String> alters,
            StrategyChoice strategy,
            int partitions,
            int chunkRows,
            CutoverSettings cutover) {
        this(table, alters, strategy, partitions, chunkRows, cutover, OnDuplicates.FAIL, DeferIndexes.AUTO);
    }

    /** The same with these transforms. */
    public MigrationSpec computing(List<Transform> computed) {
        return new MigrationSpec(
                table, alters, strategy, partitions, chunkRows, cutover, onDuplicates, deferIndexes, computed, split);
    }

    /** The same for this part of it. */
    public MigrationSpec part(Split part) {
        return new MigrationSpec(
                table,
                part.parts().get(part.index()),
                strategy,
                partitions,
                chunkRows,
                cutover,
                onDuplicates,
                deferIndexes,
                transforms,
                part);
    }

    /** Whether this is a part of what the other asks for as a whole. */
    public boolean isPartOf(MigrationSpec other) {
        return split != null && split.whole().equals(other.alters) && transforms.equals(other.transforms);
    }

    /** Whether both make the same table of one. */
    public boolean asksForTheSameAs(MigrationSpec other) {
        return alters.equals(other.alters) && transforms.equals(other.transforms);
    }
}
