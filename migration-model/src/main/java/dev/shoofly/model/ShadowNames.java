package dev.shoofly.model;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

    /**
     * What the new table is called once it was swapped back; also a name that was never used before.
     *
     * @param round see {@link MigrationPlan#round}
     */
    public static TableName undone(TableName source, MigrationId id, int round, int limitBytes) {
        return source.sibling(name(source, id, "_undone" + number(round), limitBytes));
    }

    /** What the old table is called when it is swapped out for the second time or later. */
    public static TableName old(TableName source, MigrationId id, int round, int limitBytes) {
        return source.sibling(name(source, id, "_old" + number(round), limitBytes));
    }

    /** Of the table in schema {@code shoofly} where this plan's applier puts values aside; also used for nothing else, ever. */
    public static String kept(MigrationPlan plan) {
        return kept(plan.id(), isWayBack(plan) ? "undone" : "old", plan.round());
    }

    /** Those of a swap and of the one that takes it back. */
    public static List<String> kept(MigrationId id, int round) {
        return List.of(kept(id, "old", round), kept(id, "undone", round));
    }

    private static String kept(MigrationId id, String direction, int round) {
        return "kept_" + id + (direction.equals("undone") && round == 1 ? "" : "_" + direction + number(round));
    }

    private static String number(int round) {
        return round == 1 ? "" : Integer.toString(round);
    }

    /** Of a name made here. */
    static int round(TableName swappedOut, MigrationId id) {
        Matcher suffix =
                Pattern.compile("(?s).*_" + id + "_(?:old|undone)(\\d{1,9})").matcher(swappedOut.table());
        return suffix.matches() ? Integer.parseInt(suffix.group(1)) : 1;
    }

    /** Whether a plan's shadow is the old table, kept up to date after a swap, the first one or a later one. */
    public static boolean isWayBack(MigrationPlan plan) {
        // By what the swap puts aside: the shadow's names differ from round to round.
        return plan.old().table().matches("(?s).*_" + plan.id() + "_undone\\d*");
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
