package dev.shoofly.model;

import java.util.List;

/**
 * What the operator asked for. Persisted as JSON; holds no secret.
 *
 * @param table as typed: {@code table} or {@code schema.table}
 * @param alters one or more texts that could follow {@code ALTER TABLE name}, or whole {@code CREATE INDEX} statements;
 *     run in this order
 * @param chunkRows rows copied per chunk
 */
public record MigrationSpec(
        String table,
        List<String> alters,
        StrategyChoice strategy,
        int partitions,
        int chunkRows,
        CutoverSettings cutover) {
    public static final int DEFAULT_PARTITIONS = 8;
    public static final int DEFAULT_CHUNK_ROWS = 10_000;

    public MigrationSpec {
        alters = List.copyOf(alters);
    }
}
