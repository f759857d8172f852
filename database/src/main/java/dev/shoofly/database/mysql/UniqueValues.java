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
import java.util.Optional;
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
    private final ConstantLookup lookup;
    /** Unique indexes that are built after the copy. */
    private final List<String> late;

    private volatile @Nullable List<MySqlIndex> known;

    UniqueValues(MigrationSql sql, TwinTable twin) {
        this.sql = sql;
        this.twin = twin;
        this.lookup = new ConstantLookup(sql, twin);
        this.late = DialectState.of(sql.plan()).deferred().stream()
                .filter(DialectState.Index::isUnique)
                .map(DialectState.Index::name)
                .toList();
    }

    /**
     * @param needing keys of twin rows that need a value which another row of the shadow holds
     * @param holding keys of those other rows, under each index that has some
     */
    record Conflicts(Set<RowKey> needing, Map<MySqlIndex, Set<RowKey>> holding) {}

    /** How rows are found by what an index holds as a part of a column or as an expression. */
    enum Search {
        /** By the index; not all are found where the collation equates strings of different lengths. */
        BY_INDEX,
        /** Through the whole shadow. */
        THOROUGH
    }

    Conflicts conflicts(Connection connection, Search search) throws SQLException {
        Conflicts found = new Conflicts(new LinkedHashSet<>(), new LinkedHashMap<>());
        for (MySqlIndex index : indexes(connection)) {
            if (index.isPlain()) {
                find(connection, index, holders(index, " FORCE INDEX (" + MySqlNames.quote(index.name()) + ")"), found);
                continue;
            }
            Optional<Set<RowKey>> candidates =
                    search == Search.THOROUGH ? Optional.empty() : lookup.candidates(connection, index);
            if (candidates.isEmpty()) {
                find(connection, index, holders(index, ""), found);
            } else if (!candidates.get().isEmpty()) {
                SqlText among = holders(index, sql.shadowKey().forced())
                        .add(" AND ")
                        .add(sql.shadowKey().in("t.", List.copyOf(candidates.get())));
                find(connection, index, among, found);
            }
        }
        return found;
    }

    /** Pairs of a row of the twin and another row of the shadow with the same values. */
    private SqlText holders(MySqlIndex index, String hint) {
        KeySide key = sql.shadowKey();
        return SqlText.of("SELECT " + key.texts("n.") + ", " + key.texts("t.") + " FROM " + side(twin.name(), index)
                + " n JOIN " + side(sql.shadow() + hint, index) + " t ON " + sameValues(index) + " AND NOT ("
                + key.joins("t.", key, "n.") + ")");
    }

    private void find(Connection connection, MySqlIndex index, SqlText pairs, Conflicts found) throws SQLException {
        KeySide key = sql.shadowKey();
        int width = sql.plan().key().columns().size();
        pairs.add(" LIMIT " + MOST_PAIRS).list(connection, row -> {
            found.needing.add(key.read(row));
            return found.holding
                    .computeIfAbsent(index, none -> new LinkedHashSet<>())
                    .add(key.read(row, width + 1));
        });
    }

    /**
     * Keys of shadow rows whose values under the index are those of their own row in the twin. NULL is the same as NULL
     * here: a row that was written afresh meanwhile, and lost its value by that, is as unchanged as any.
     */
    Set<RowKey> unchanged(Connection connection, MySqlIndex index) throws SQLException {
        KeySide key = sql.shadowKey();
        return new HashSet<>(SqlText.of("SELECT " + key.texts("t.") + " FROM " + side(twin.name(), index) + " n JOIN "
                        + side(sql.shadow() + key.forced(), index) + " t ON " + key.joins("t.", key, "n.") + " AND "
                        + numbered(index, i -> "n.u" + i + " <=> t.u" + i, " AND "))
                .list(connection, key::read));
    }

    /** The indexes of the shadow that can be in the way. Once all are there they do not change while a migration runs. */
    List<MySqlIndex> indexes(Connection connection) throws SQLException {
        List<MySqlIndex> indexes = known;
        if (indexes == null) {
            indexes = MySqlCatalog.table(connection, sql.plan().shadow()).uniqueIndexes().stream()
                    .filter(index -> !MySqlNames.quote(index.name())
                            .equals(sql.shadowKey().index()))
                    .toList();
            if (areAllBuilt(indexes)) {
                known = indexes;
            }
        }
        return indexes;
    }

    private boolean areAllBuilt(List<MySqlIndex> present) {
        List<String> names = present.stream().map(MySqlIndex::name).toList();
        return names.containsAll(late);
    }

    /**
     * Key columns, and columns {@code u0, u1, …}: what the index holds of a row.
     *
     * @param table quoted name, with an index hint or none
     */
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
