package dev.shoofly.database.mysql;

import dev.shoofly.model.RowKey;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Compares the rows in a {@link TwinTable} with the shadow under each unique index of the shadow but the shared key's. Uses
 * no table alias on base tables, so that it also runs while this connection holds both under LOCK TABLES. Thread-safe.
 */
final class UniqueValues {
    private static final int MOST_PAIRS = 5_000;
    private final MigrationSql sql;
    private final TwinTable twin;
    private volatile @Nullable List<MySqlIndex> known;

    UniqueValues(MigrationSql sql, TwinTable twin) {
        this.sql = sql;
        this.twin = twin;
    }

    /**
     * @param needing keys of twin rows that need a value which another row of the shadow holds
     * @param holding keys of those other rows, under each index that has some
     */
    record Conflicts(Set<RowKey> needing, Map<MySqlIndex, Set<RowKey>> holding) {}

    Conflicts conflicts(Connection connection) throws SQLException {
        Conflicts found = new Conflicts(new LinkedHashSet<>(), new LinkedHashMap<>());
        KeySide key = sql.shadowKey();
        int width = sql.plan().key().columns().size();
        for (MySqlIndex index : indexes(connection)) {
            SqlText.of("SELECT " + key.texts("n.") + ", " + key.texts("t.") + " FROM " + side(twin.name(), index)
                            + " n JOIN " + side(sql.shadow(), index) + " t ON " + sameValues(index) + " AND NOT ("
                            + key.joins("t.", key, "n.") + ") LIMIT " + MOST_PAIRS)
                    .list(connection, row -> {
                        found.needing.add(key.read(row));
                        return found.holding
                                .computeIfAbsent(index, none -> new LinkedHashSet<>())
                                .add(key.read(row, width + 1));
                    });
        }
        return found;
    }

    /**
     * Keys of shadow rows whose values under the index are those of their own row in the twin. NULL is the same as NULL
     * here: a row that was written afresh meanwhile, and lost its value by that, is as unchanged as any.
     */
    Set<RowKey> unchanged(Connection connection, MySqlIndex index) throws SQLException {
        KeySide key = sql.shadowKey();
        return new HashSet<>(SqlText.of("SELECT " + key.texts("t.") + " FROM " + side(twin.name(), index) + " n JOIN "
                        + side(sql.shadow(), index) + " t ON " + key.joins("t.", key, "n.") + " AND "
                        + numbered(index, i -> "n.u" + i + " <=> t.u" + i, " AND "))
                .list(connection, key::read));
    }

    /** The indexes of the shadow that can be in the way. They do not change while a migration runs. */
    List<MySqlIndex> indexes(Connection connection) throws SQLException {
        List<MySqlIndex> indexes = known;
        if (indexes == null) {
            indexes = MySqlCatalog.table(connection, sql.plan().shadow()).uniqueIndexes().stream()
                    .filter(index -> !MySqlNames.quote(index.name())
                            .equals(sql.shadowKey().index()))
                    .toList();
            known = indexes;
        }
        return indexes;
    }

    /** Key columns, and columns {@code u0, u1, …}: what the index holds of a row. */
    String side(String table, MySqlIndex index) {
        List<String> items = new ArrayList<>();
        for (int i = 0; i < index.parts().size(); i++) {
            items.add(index.parts().get(i).value() + " AS u" + i);
        }
        return "(SELECT " + sql.shadowKey().columns("") + ", " + String.join(", ", items) + " FROM " + table + ")";
    }

    /** NULL in one of them conflicts with nothing. */
    private static String sameValues(MySqlIndex index) {
        return numbered(index, i -> "n.u" + i + " = t.u" + i, " AND ");
    }

    static String numbered(MySqlIndex index, IntFunction<String> item, String separator) {
        return IntStream.range(0, index.parts().size()).mapToObj(item).collect(Collectors.joining(separator));
    }
}
