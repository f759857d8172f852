package dev.shoofly.database.postgres;

import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.Comparer;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.postgres.PostgresKeys.Side;
import dev.shoofly.model.ColumnMapping;
import dev.shoofly.model.KeyColumn;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The double read, each in one statement and so in one snapshot, the shadow named first. Values are compared by their
 * texts, which tell apart what "equal" does not: 1.0 and 1.00, or json that is spelled differently; ranges by a {@link RowHash}
 * that tells apart at least as much.
 */
final class PostgresComparer implements Comparer {
    private final ConnectionPool pool;
    private final MigrationPlan plan;
    private final PostgresKeys keys;
    private final PostgresProjection projection;

    PostgresComparer(ConnectionPool pool, MigrationPlan plan) {
        this.pool = pool;
        this.plan = plan;
        this.keys = new PostgresKeys(plan.key());
        this.projection = new PostgresProjection(plan);
    }

    @Override
    public Optional<RowKey> chunkEnd(@Nullable RowKey lowerExclusive, int rows) {
        KeyRange rest = new KeyRange(lowerExclusive, null);
        String sql = keys.nth(projection.source(), rest, rows);
        return read("looking for the end of a chunk of " + plan.source(), sql, statement -> {
            keys.bind(statement, 1, rest);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? Optional.of(keys.read(row, 1)) : Optional.empty();
            }
        });
    }

    @Override
    public ChunkComparison compare(KeyRange range) {
        return pool.inTransaction("comparing " + plan.source() + " with its shadow", connection -> {
            int version = connection.getMetaData().getDatabaseMajorVersion();
            return RowHash.isKnownTo(version)
                    ? compare(connection, range, shadowHash(), sourceHash())
                    : compareByTexts(connection, range);
        });
    }

    /** As {@link #compare} on old servers. */
    ChunkComparison compareByTexts(KeyRange range) {
        return pool.inTransaction(
                "comparing " + plan.source() + " with its shadow", connection -> compareByTexts(connection, range));
    }

    private ChunkComparison compareByTexts(Connection connection, KeyRange range) throws SQLException {
        return compare(
                connection,
                range,
                "hashtextextended(" + shadowRow() + ", 0)",
                "hashtextextended(" + sourceRow() + ", 0)");
    }

    /** @param shadowHash of a row, a bigint, likewise {@code sourceHash} */
    private ChunkComparison compare(Connection connection, KeyRange range, String shadowHash, String sourceHash)
            throws SQLException {
        // The sum is blind to order, and over 64-bit hashes it takes no part of 2^64 for two row sets to look alike. It
        // is
        // kept in 128 bits, and is a numeric in the end: nothing overflows.
        String sql = "SELECT t.n, s.n, t.h = s.h FROM (SELECT count(*) AS n, coalesce(sum(" + shadowHash
                + "), 0) AS h FROM " + projection.shadow() + " AS t WHERE " + keys.within(Side.SHADOW, "t", range)
                + ") AS t, (SELECT count(*) AS n, coalesce(sum(" + sourceHash + "), 0) AS h FROM " + projection.source()
                + " AS s WHERE " + keys.within(Side.SOURCE, "s", range) + ") AS s";
        return run(connection, sql, statement -> {
            keys.bind(statement, keys.bind(statement, 1, range), range);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return new ChunkComparison(
                        row.getLong(2), row.getLong(1), row.getBoolean(3) && row.getLong(1) == row.getLong(2));
            }
        });
    }

    @Override
    public List<RowKey> differingKeys(KeyRange range, int most) {
        String sql = "SELECT " + keys.textsOf(column -> either(column)) + " FROM (SELECT " + shadowKeys() + ", "
                + shadowRow() + " AS r FROM " + projection.shadow() + " AS t WHERE "
                + keys.within(Side.SHADOW, "t", range) + ") AS t FULL JOIN (SELECT " + sourceKeys() + ", " + sourceRow()
                + " AS r FROM " + projection.source() + " AS s WHERE " + keys.within(Side.SOURCE, "s", range)
                + ") AS s ON " + joined() + " WHERE t.r IS DISTINCT FROM s.r ORDER BY "
                + plan.key().columns().stream().map(this::either).collect(Collectors.joining(", ")) + " LIMIT " + most;
        return read("looking for the rows of " + plan.source() + " that differ", sql, statement -> {
            keys.bind(statement, keys.bind(statement, 1, range), range);
            return keys.readAll(statement);
        });
    }

    @Override
    public List<RowKey> sourceKeys(List<RowKey> among) {
        String sql = "SELECT " + keys.texts(Side.SOURCE, "s") + " FROM " + projection.source() + " AS s WHERE "
                + keys.among(Side.SOURCE, "s");
        return read("looking for rows of " + plan.source(), sql, statement -> {
            keys.bind(statement, 1, among);
            return keys.readAll(statement);
        });
    }

    @Override
    public List<RowDifference> differences(List<RowKey> among, Values values) {
        List<ColumnMapping> columns = plan.projection().columns();
        String differing = IntStream.range(0, columns.size())
                .mapToObj(
                        i -> "CASE WHEN t.v[" + (i + 1) + "] IS DISTINCT FROM s.v[" + (i + 1) + "] THEN " + i + " END")
                .collect(Collectors.joining(", "));
        String sql = "SELECT " + keys.textsOf(this::either) + ", t.v IS NULL, s.v IS NULL, array_remove(ARRAY["
                + differing + "]::int[], NULL)" + (values == Values.READ ? valueTexts() : "") + " FROM (SELECT "
                + shadowKeys() + ", ARRAY[" + shadowTexts()
                + "]::text[] AS v FROM " + projection.shadow() + " AS t WHERE " + keys.among(Side.SHADOW, "t")
                + ") AS t FULL JOIN (SELECT " + sourceKeys() + ", ARRAY[" + sourceTexts() + "]::text[] AS v FROM "
                + projection.source() + " AS s WHERE " + keys.among(Side.SOURCE, "s") + ") AS s ON " + joined()
                + " WHERE t.v IS DISTINCT FROM s.v";
        return read("comparing rows of " + plan.source(), sql, statement -> {
            keys.bind(statement, keys.bind(statement, 1, among), among);
            List<RowDifference> found = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    RowDifference difference = difference(rows);
                    found.add(values == Values.READ ? withValues(difference, rows) : difference);
                }
            }
            return found;
        });
    }

    /** Both sides of every column that differs, after the rest. */
    private String valueTexts() {
        return IntStream.rangeClosed(1, plan.projection().columns().size())
                .mapToObj(i -> Stream.of("s", "t")
                        .map(side -> ", CASE WHEN t.v[" + i + "] IS DISTINCT FROM s.v[" + i + "] THEN left(" + side
                                + ".v[" + i + "], " + LONGEST_VALUE + ") END")
                        .collect(Collectors.joining()))
                .collect(Collectors.joining());
    }

    private RowDifference withValues(RowDifference difference, ResultSet row) throws SQLException {
        Map<String, Sides> sides = new LinkedHashMap<>();
        int first = keys.size() + 4;
        for (int i = 0; i < plan.projection().columns().size(); i++) {
            String column = plan.projection().columns().get(i).shadowColumn();
            if (difference.kind() != Kind.DIFFERS || difference.columns().contains(column)) {
                sides.put(column, new Sides(row.getString(first + 2 * i), row.getString(first + 2 * i + 1)));
            }
        }
        return new RowDifference(difference.key(), difference.kind(), difference.columns(), sides);
    }

    @Override
    public Reproduction reproduce(RowDifference difference) {
        List<ColumnMapping> shown = plan.projection().columns().stream()
                .filter(column -> difference.kind() != Kind.DIFFERS
                        || difference.columns().contains(column.shadowColumn()))
                .toList();
        String source = shown.stream()
                .map(column -> PostgresProjection.typed(column) + " AS " + quote(column.shadowColumn()))
                .collect(Collectors.joining(", "));
        String shadow = shown.stream()
                .map(column -> "t." + quote(column.shadowColumn()))
                .collect(Collectors.joining(", "));
        return new Reproduction(
                "SELECT " + source + " FROM " + projection.source() + " AS s WHERE "
                        + keys.isLiteral(Side.SOURCE, "s", difference.key()),
                "SELECT " + shadow + " FROM " + projection.shadow() + " AS t WHERE "
                        + keys.isLiteral(Side.SHADOW, "t", difference.key()));
    }

    @Override
    public String logPosition() {
        return read("reading the position of the log", "SELECT pg_current_wal_lsn()::text", statement -> {
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return Objects.requireNonNull(row.getString(1));
            }
        });
    }

    private RowDifference difference(ResultSet row) throws SQLException {
        RowKey key = keys.read(row, 1);
        if (row.getBoolean(keys.size() + 1)) {
            return new RowDifference(key, Kind.MISSING, List.of());
        }
        if (row.getBoolean(keys.size() + 2)) {
            return new RowDifference(key, Kind.EXTRA, List.of());
        }
        List<String> columns = new ArrayList<>();
        for (Object index : (Object[]) row.getArray(keys.size() + 3).getArray()) {
            columns.add(plan.projection().columns().get((Integer) index).shadowColumn());
        }
        return new RowDifference(key, Kind.DIFFERS, columns);
    }

    /** The row's text: a record quotes its fields, so neither NULL and '' nor neighbouring values can be confused. */
    private String shadowRow() {
        return "ROW(" + shadowTexts() + ")::text";
    }

    private String sourceRow() {
        return "ROW(" + sourceTexts() + ")::text";
    }

    private String shadowHash() {
        return hash(column -> "t." + quote(column.shadowColumn()));
    }

    private String sourceHash() {
        return hash(PostgresProjection::typed);
    }

    private String hash(Function<ColumnMapping, String> value) {
        return RowHash.of(plan.projection().columns().stream()
                .map(column -> RowHash.element(value.apply(column), column.shadowType()))
                .toList());
    }

    private String shadowTexts() {
        return texts(column -> "t." + quote(column.shadowColumn()));
    }

    private String sourceTexts() {
        return texts(PostgresProjection::typed);
    }

    private String texts(Function<ColumnMapping, String> value) {
        return plan.projection().columns().stream()
                .map(value.andThen(RowHash::text))
                .collect(Collectors.joining(", "));
    }

    private String shadowKeys() {
        return keys.numbered(column -> "t." + quote(column.shadowName()));
    }

    private String sourceKeys() {
        return keys.numbered(column -> "s." + quote(column.sourceName())
                + (column.sourceType().equals(column.shadowType()) ? "" : "::" + column.shadowType()));
    }

    private String joined() {
        return IntStream.range(0, keys.size())
                .mapToObj(i -> "t.k" + i + " = s.k" + i)
                .collect(Collectors.joining(" AND "));
    }

    private String either(KeyColumn column) {
        int i = plan.key().columns().indexOf(column);
        return "coalesce(s.k" + i + ", t.k" + i + ")";
    }

    /** Work on a prepared statement. */
    private interface Reading<T> {
        T run(PreparedStatement statement) throws SQLException;
    }

    private <T> T read(String what, String sql, Reading<T> reading) {
        return pool.inTransaction(what, connection -> {
            allowJoins(connection);
            return run(connection, sql, reading);
        });
    }

    private <T> T run(Connection connection, String sql, Reading<T> reading) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            return reading.run(statement);
        } catch (SQLException e) {
            if (PostgresErrors.isMissingTable(e)) {
                throw PostgresErrors.vanished(plan, e);
            }
            throw e;
        }
    }

    /** A full join needs to hash or merge. */
    private static void allowJoins(Connection connection) throws SQLException {
        ConnectionPool.execute(connection, "SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on");
    }
}
