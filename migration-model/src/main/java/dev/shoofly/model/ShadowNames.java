package dev.shoofly.model;

import java.nio.charset.StandardCharsets;

/**
 * The names of the shadow and of the kept old table. They carry the migration id and so are never reused: a statement
 * that waited for a lock across the swap fails on the vanished name instead of writing to the wrong table.
 */
public record ShadowNames(TableName shadow, TableName old) {

    /** @param limitBytes longest identifier of the server, in UTF-8 bytes (PostgreSQL 63; MySQL counts characters, 64) */
    public static ShadowNames of(TableName source, MigrationId id, int limitBytes) {
        return new ShadowNames(
                source.sibling(name(source, id, "_new", limitBytes)),
                source.sibling(name(source, id, "_old", limitBytes)));
    }

    /** What the new table is called once it was swapped back; also a name that was never used before. */
    public static TableName undone(TableName source, MigrationId id, int limitBytes) {
        return source.sibling(name(source, id, "_undone", limitBytes));
    }

    /**
     * Whether a plan's shadow is the old table, kept up to date after the swap: on the way there a shadow never has that name.
     */
    public static boolean isWayBack(MigrationPlan plan) {
        return plan.shadow().table().endsWith("_" + plan.id().value() + "_old");
    }

    private static String name(TableName source, MigrationId id, String suffix, int limitBytes) {
        String tail = "_" + id.value() + suffix;
        String stem = source.table();
        while (bytes("_" + stem + tail) > limitBytes) {
            stem = stem.substring(0, stem.offsetByCodePoints(stem.length(), -1));
        }
        return "_" + stem + tail;
    }

    private static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
