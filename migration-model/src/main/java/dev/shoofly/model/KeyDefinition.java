package dev.shoofly.model;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The shared unique key of source and shadow: not null on both sides, in index order, and equal values on one side are
 * equal on the other.
 *
 * @param sourceIndex name of the unique index in the source
 */
public record KeyDefinition(String sourceIndex, List<KeyColumn> columns) {
    public KeyDefinition {
        columns = List.copyOf(columns);
        if (columns.isEmpty()) {
            throw new IllegalArgumentException("a key needs a column");
        }
    }

    /** Whether it is the other one with its sides exchanged, and sends every key into the same partition. */
    public boolean isReverseOf(KeyDefinition other) {
        if (columns.size() != other.columns.size()) {
            return false;
        }
        for (int i = 0; i < columns.size(); i++) {
            KeyColumn ours = columns.get(i);
            KeyColumn theirs = other.columns.get(i);
            if (!ours.sourceName().equals(theirs.shadowName())
                    || !ours.shadowName().equals(theirs.sourceName())
                    || ours.type() != theirs.type()
                    || ours.equality() != theirs.equality()) {
                return false;
            }
        }
        return true;
    }

    /** The same for all keys that the database calls equal; different for most others. */
    public String token(RowKey key) {
        if (key.values().size() != columns.size()) {
            throw new IllegalArgumentException(
                    "the key has " + key.values().size() + " values, its definition " + columns.size() + " columns");
        }
        StringBuilder token = new StringBuilder();
        for (int i = 0; i < columns.size(); i++) {
            String part = columns.get(i).equality().token(key.values().get(i));
            token.append(part.length()).append(':').append(part);
        }
        return token.toString();
    }

    /** Whether keys of one token are one key to the database. */
    public boolean hasExactTokens() {
        return columns.stream().allMatch(column -> column.equality() == KeyEquality.EXACT);
    }

    /** The partition that owns this key. Every producer of dirty keys must use this one function. */
    public int partition(RowKey key, int partitions) {
        // FNV-1a, 64 bit, folded: spreads sequential integers well and is stable over JVMs (unlike Object.hashCode).
        long hash = 0xcbf29ce484222325L;
        for (byte b : token(key).getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
        }
        return (int) Long.remainderUnsigned(hash ^ (hash >>> 32), partitions);
    }
}
