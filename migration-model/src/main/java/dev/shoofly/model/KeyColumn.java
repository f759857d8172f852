package dev.shoofly.model;

/**
 * One column of the key by which rows are matched, on both sides.
 *
 * @param sourceName name in the source table
 * @param shadowName name in the shadow (differs after a rename)
 * @param sourceType declared type as the source's catalog spells it, usable in a cast where the dialect needs one
 * @param shadowType declared type in the shadow
 */
public record KeyColumn(
        String sourceName,
        String shadowName,
        KeyType type,
        KeyEquality equality,
        String sourceType,
        String shadowType) {}
