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
 * @param reverses values of columns of the original table, computed from the new row, for the time after the swap; null,
 *     likewise, means none
 * @param verify null, likewise, means the default
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
        List<Transform> reverses,
        VerifySettings verify,
        @Nullable Split split) {
    public static final int DEFAULT_PARTITIONS = 8;
    public static final int DEFAULT_CHUNK_ROWS = 10_000;

    public MigrationSpec {
        alters = List.copyOf(alters);
        onDuplicates = Objects.requireNonNullElse(onDuplicates, OnDuplicates.FAIL);
        deferIndexes = Objects.requireNonNullElse(deferIndexes, DeferIndexes.AUTO);
        transforms = transforms == null ? List.of() : List.copyOf(transforms);
        reverses = reverses == null ? List.of() : List.copyOf(reverses);
        verify = Objects.requireNonNullElse(verify, VerifySettings.DEFAULT);
    }

    /** All that was asked for, without transforms. */
    public MigrationSpec(
            String table,
            List<String> alters,
            StrategyChoice strategy,
            int partitions,
            int chunkRows,
            CutoverSettings cutover,
            OnDuplicates onDuplicates,
            DeferIndexes deferIndexes) {
        this(
                table,
                alters,
                strategy,
                partitions,
                chunkRows,
                cutover,
                onDuplicates,
                deferIndexes,
                List.of(),
                List.of(),
                VerifySettings.DEFAULT,
                null);
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
        return with(alters, cutover, computed, reverses, verify, split);
    }

    /** The same with these reverses. */
    public MigrationSpec computingBack(List<Transform> computed) {
        return with(alters, cutover, transforms, computed, verify, split);
    }

    /** The same, verified so. */
    public MigrationSpec verifying(VerifySettings chosen) {
        return with(alters, cutover, transforms, reverses, chosen, split);
    }

    /** The same with this budget of the cut-over. */
    public MigrationSpec cuttingOver(CutoverSettings chosen) {
        return with(alters, chosen, transforms, reverses, verify, split);
    }

    /** The same for this part of it. */
    public MigrationSpec part(Split part) {
        return with(part.parts().get(part.index()), cutover, transforms, reverses, verify, part);
    }

    private MigrationSpec with(
            List<String> texts,
            CutoverSettings budget,
            List<Transform> computed,
            List<Transform> computedBack,
            VerifySettings verification,
            @Nullable Split part) {
        return new MigrationSpec(
                table,
                texts,
                strategy,
                partitions,
                chunkRows,
                budget,
                onDuplicates,
                deferIndexes,
                computed,
                computedBack,
                verification,
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
