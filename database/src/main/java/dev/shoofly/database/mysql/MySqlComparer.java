package dev.shoofly.database.mysql;

import dev.shoofly.database.Comparer;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.ColumnMapping;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.RowKey;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The double read. Where every column's stored bytes can be foretold by an expression, one statement reads both sides, in
 * one read view. Otherwise, and to find single rows, the source is projected into a temporary {@link TwinTable} first and
 * compared with the shadow in the next statement: a row that differs for good differs there too, and one that changes
 * between the two reads is only on its way, which callers settle between markers. Thread-safe.
 */
final class MySqlComparer implements Comparer {
    private final ConnectionPool pool;
    private final MigrationSql sql;
    private final TwinTable twin;
    private final Map<String, String> mirrored;

    MySqlComparer(ConnectionPool pool, MigrationSql sql) {
        this.pool = pool;
        this.sql = sql;
        this.twin = new TwinTable(sql);
        this.mirrored = DialectState.of(sql.plan()).mirrored();
    }

    private List<ColumnMapping> mappings() {
        return sql.plan().projection().columns();
    }

    @Override
    public Optional<RowKey> chunkEnd(@Nullable RowKey lowerExclusive, int rows) {
        return pool.with(
                "cutting a range of " + sql.plan().source(),
                connection ->
                        sql
                                .nthKey(new KeyRange(lowerExclusive, null), rows)
                                .list(connection, sql.sourceKey()::read)
                                .stream()
                                .findFirst());
    }

    @Override
    public ChunkComparison compare(KeyRange range) {
        List<String> source = new ArrayList<>();
        for (ColumnMapping mapping : mappings()) {
            String value = mapping.retyped() ? mirrored.get(mapping.shadowColumn()) : mapping.expression();
            if (value == null) {
                return compareByTwin(range);
            }
            source.add(Checksum.element(value, mapping.shadowType()));
        }
        return pool.with(
                "comparing rows of " + sql.plan().source(),
                connection -> SqlText.of(
                                "SELECT a.n, a.h, b.n, b.h FROM (SELECT " + sums(source) + sql.fromSource() + " WHERE ")
                        .add(sql.sourceKey().range("", range))
                        .add(") a, (SELECT " + sums(shadowElements()) + sql.fromShadow() + " WHERE ")
                        .add(sql.shadowKey().range("", range))
                        .add(") b")
                        .list(connection, row -> comparison(side(row, 1), side(row, 3)))
                        .get(0));
    }

    private ChunkComparison compareByTwin(KeyRange range) {
        return pool.with("comparing rows of " + sql.plan().source(), connection -> {
            twin.create(connection);
            try {
                twin.fill(connection, MigrationSql.Rows.of(range));
                Side source = SqlText.of("SELECT " + sums(shadowElements()) + " FROM " + twin.name())
                        .list(connection, row -> side(row, 1))
                        .get(0);
                Side shadow = SqlText.of("SELECT " + sums(shadowElements()) + sql.fromShadow() + " WHERE ")
                        .add(sql.shadowKey().range("", range))
                        .list(connection, row -> side(row, 1))
                        .get(0);
                return comparison(source, shadow);
            } finally {
                twin.release(connection);
            }
        });
    }

    private List<String> shadowBytes(String qualifier) {
        return mappings().stream()
                .map(mapping ->
                        Checksum.bytes(qualifier + MySqlNames.quote(mapping.shadowColumn()), mapping.shadowType()))
                .toList();
    }

    /** Of the shadow and of the twin. */
    private List<String> shadowElements() {
        return mappings().stream()
                .map(mapping -> Checksum.element(MySqlNames.quote(mapping.shadowColumn()), mapping.shadowType()))
                .toList();
    }

    private static String sums(List<String> elements) {
        return "COUNT(*) AS n, HEX(BIT_XOR(" + Checksum.row(elements) + ")) AS h";
    }

    private record Side(long rows, String hash) {}

    private static Side side(ResultSet row, int first) throws SQLException {
        return new Side(row.getLong(first), Objects.requireNonNull(row.getString(first + 1)));
    }

    private static ChunkComparison comparison(Side source, Side shadow) {
        return new ChunkComparison(source.rows, shadow.rows, source.equals(shadow));
    }

    @Override
    public List<RowKey> differingKeys(KeyRange range, int most) {
        return differing(MigrationSql.Rows.of(range), most, Values.LEFT_OUT).stream()
                .map(RowDifference::key)
                .toList();
    }

    @Override
    public List<RowKey> sourceKeys(List<RowKey> among) {
        return pool.with(
                "looking for rows of " + sql.plan().source(),
                connection -> sql.sourceKeys(MigrationSql.Rows.of(among)).list(connection, sql.sourceKey()::read));
    }

    @Override
    public List<RowDifference> differences(List<RowKey> keys, Values values) {
        return keys.isEmpty() ? List.of() : differing(MigrationSql.Rows.of(keys), Integer.MAX_VALUE, values);
    }

    @Override
    public Reproduction reproduce(RowDifference difference) {
        return RowQueries.of(sql, difference);
    }

    @Override
    public String logPosition() {
        return pool.with("reading the position of the log", BinlogPosition::read);
    }

    private List<RowDifference> differing(MigrationSql.Rows rows, int most, Values values) {
        return pool.with("finding rows of " + sql.plan().source() + " that differ", connection -> {
            twin.create(connection);
            try {
                twin.fill(connection, rows);
                twin.addExtra(connection, rows);
                return difference(connection, most, values);
            } finally {
                twin.release(connection);
            }
        });
    }

    /** The twin holds every row of either side: the source's projected, the shadow's extra ones marked. */
    private List<RowDifference> difference(Connection connection, int most, Values values) throws SQLException {
        KeySide key = sql.shadowKey();
        List<String> expected = shadowBytes("n.");
        List<String> found = shadowBytes("t.");
        List<String> differs = new ArrayList<>();
        for (int i = 0; i < expected.size(); i++) {
            differs.add("NOT (" + expected.get(i) + " <=> " + found.get(i) + ")");
        }
        String missing = "t." + key.parts().get(0).column() + " IS NULL";
        return SqlText.of("SELECT " + key.texts("n.") + ", n." + TwinTable.EXTRA + ", " + missing + ", "
                        + String.join(", ", differs) + (values == Values.READ ? valueTexts() : "") + " FROM "
                        + twin.name() + " n LEFT JOIN " + sql.shadow() + " t"
                        + key.forced() + " ON " + key.joins("t.", key, "n.") + " WHERE n." + TwinTable.EXTRA
                        + " = 1 OR "
                        + missing + " OR " + String.join(" OR ", differs) + " ORDER BY " + key.columns("n.") + " LIMIT "
                        + most)
                .list(connection, row -> readDifference(row, values));
    }

    /** Both sides of every column, after the flags. */
    private String valueTexts() {
        StringBuilder texts = new StringBuilder();
        for (ColumnMapping mapping : mappings()) {
            for (String side : List.of("n.", "t.")) {
                texts.append(", LEFT(")
                        .append(Checksum.shown(side + MySqlNames.quote(mapping.shadowColumn()), mapping.shadowType()))
                        .append(", " + LONGEST_VALUE + ")");
            }
        }
        return texts.toString();
    }

    private RowDifference readDifference(ResultSet row, Values values) throws SQLException {
        RowDifference found = readDifference(row);
        if (values == Values.LEFT_OUT) {
            return found;
        }
        int first = sql.shadowKey().parts().size() + 3 + mappings().size();
        Map<String, Sides> sides = new LinkedHashMap<>();
        for (int i = 0; i < mappings().size(); i++) {
            String column = mappings().get(i).shadowColumn();
            String twins = row.getString(first + 2 * i);
            switch (found.kind()) {
                // The twin's row is the shadow's then.
                case EXTRA -> sides.put(column, new Sides(null, twins));
                case MISSING -> sides.put(column, new Sides(twins, null));
                case DIFFERS -> {
                    if (found.columns().contains(column)) {
                        sides.put(column, new Sides(twins, row.getString(first + 2 * i + 1)));
                    }
                }
            }
        }
        return new RowDifference(found.key(), found.kind(), found.columns(), sides);
    }

    private RowDifference readDifference(ResultSet row) throws SQLException {
        int at = sql.shadowKey().parts().size();
        RowKey key = sql.shadowKey().read(row);
        if (row.getBoolean(at + 1)) {
            return new RowDifference(key, Kind.EXTRA, List.of());
        }
        if (row.getBoolean(at + 2)) {
            return new RowDifference(key, Kind.MISSING, List.of());
        }
        List<String> columns = new ArrayList<>();
        for (int i = 0; i < mappings().size(); i++) {
            if (row.getBoolean(at + 3 + i)) {
                columns.add(mappings().get(i).shadowColumn());
            }
        }
        return new RowDifference(key, Kind.DIFFERS, columns);
    }
}
