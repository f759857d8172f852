package dev.shoofly.model;

import java.util.List;

/**
 * The key of one row: a canonical text per key column ({@link KeyType}), never null. Two RowKeys with other texts can
 * still be one key to the database (collations); {@link KeyDefinition#token} tells what may be equal.
 */
public record RowKey(List<String> values) {
    public RowKey {
        values = List.copyOf(values);
    }

    public static RowKey of(String... values) {
        return new RowKey(List.of(values));
    }

    @Override
    public String toString() {
        return values.size() == 1 ? values.get(0) : values.toString();
    }
}
