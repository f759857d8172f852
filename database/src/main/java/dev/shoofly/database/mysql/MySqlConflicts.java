package dev.shoofly.database.mysql;

import dev.shoofly.database.connection.SqlWork;
import dev.shoofly.database.connection.Transactions;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Makes room for unique values that moved from one row to another, and tells them from real duplicates. Uses no table
 * alias on base tables, so that it also runs while this connection holds both under LOCK TABLES; commits on its own.
 */
final class MySqlConflicts {
    private static final int MOST_CANDIDATES = 1_000;
    private final MigrationSql sql;
    private final TwinTable twin;

    MySqlConflicts(MigrationSql sql, TwinTable twin) {
        this.sql = sql;
        this.twin = twin;
    }

    /**
     * @param cleared shadow rows deleted
     * @param kept keys whose rows hold a value that these rows need, and rightly so when we looked
     */
    record Cleared(int cleared, List<RowKey> kept) {}

    /** On a connection without an open transaction, after the roll-back of what ran into the conflict. */
    Cleared clear(Connection connection, MigrationSql.Rows rows) throws SQLException {
        twin.create(connection);
        try {
            int cleared = 0;
            Set<RowKey> kept = new HashSet<>();
            for (MySqlIndex index : otherUniqueIndexes(connection)) {
                List<RowKey> candidates = ownTransaction(connection, c -> {
                    twin.fill(c, rows);
                    return candidates(c, index);
                });
                for (RowKey candidate : candidates) {
                    if (ownTransaction(connection, c -> deleteUnlessFresh(c, index, candidate))) {
                        cleared++;
                    } else {
                        kept.add(candidate);
                    }
                }
            }
            return new Cleared(cleared, List.copyOf(kept));
        } finally {
            twin.drop(connection);
        }
    }

    /**
     * One statement is one read view: two rows of the source that it shows with one value both hold it at that instant.
     *
     * @throws ShooflyException DATA when two of these rows hold one unique value
     */
    void requireDistinct(Connection connection, MigrationSql.Rows rows) throws SQLException {
        twin.create(connection);
        try {
            for (MySqlIndex index : otherUniqueIndexes(connection)) {
                List<String> pairs = ownTransaction(connection, c -> {
                    twin.fill(c, rows);
                    return duplicates(c, index);
                });
                if (!pairs.isEmpty()) {
                    throw duplicate(index, pairs);
                }
            }
        } finally {
            twin.drop(connection);
        }
    }

    private ShooflyException duplicate(MySqlIndex index, List<String> pairs) {
        return new ShooflyException(
                ErrorKind.DATA,
                sql.plan().source() + " holds duplicates under the new table's unique key " + index.name() + " ("
                        + String.join(", ", index.columns()) + "): the rows " + String.join("; ", pairs)
                        + " hold equal values there. The table itself was not touched. Correct the rows or leave the key"
                        + " out, then start again.");
    }

    private List<MySqlIndex> otherUniqueIndexes(Connection connection) throws SQLException {
        return MySqlCatalog.table(connection, sql.plan().shadow()).uniqueIndexes().stream()
                .filter(index ->
                        !MySqlNames.quote(index.name()).equals(sql.shadowKey().index()))
                .toList();
    }

    /** Columns {@code u0, u1, …} are what the index holds of a row; NULL in one of them conflicts with nothing. */
    private static String values(MySqlIndex index) {
        List<String> items = new ArrayList<>();
        for (int i = 0; i < index.parts().size(); i++) {
            items.add(index.parts().get(i).value() + " AS u" + i);
        }
        return String.join(", ", items);
    }

    private static String sameValues(MySqlIndex index) {
        return numbered(index, i -> "n.u" + i + " = t.u" + i, " AND ");
    }

    private static String numbered(MySqlIndex index, IntFunction<String> item, String separator) {
        return IntStream.range(0, index.parts().size()).mapToObj(item).collect(Collectors.joining(separator));
    }

    private String side(String table, MySqlIndex index) {
        return "(SELECT " + sql.shadowKey().columns("") + ", " + values(index) + " FROM " + table + ")";
    }

    private List<RowKey> candidates(Connection connection, MySqlIndex index) throws SQLException {
        KeySide key = sql.shadowKey();
        return SqlText.of("SELECT DISTINCT " + key.texts("t.") + " FROM " + side(twin.name(), index) + " n JOIN "
                        + side(sql.shadow(), index) + " t ON " + sameValues(index) + " AND NOT ("
                        + key.joins("t.", key, "n.") + ") LIMIT " + MOST_CANDIDATES)
                .list(connection, key::read);
    }

    private List<String> duplicates(Connection connection, MySqlIndex index) throws SQLException {
        String label = sql.shadowKey().label("");
        return SqlText.of("SELECT CONCAT('(', MIN(" + label + "), ') and (', MAX(" + label + "), ')') FROM (SELECT "
                        + sql.shadowKey().columns("") + ", " + values(index) + " FROM " + twin.name() + ") n WHERE "
                        + numbered(index, i -> "u" + i + " IS NOT NULL", " AND ") + " GROUP BY "
                        + numbered(index, i -> "u" + i, ", ") + " HAVING COUNT(*) > 1 LIMIT 3")
                .list(connection, row -> Objects.requireNonNull(row.getString(1)));
    }

    /**
     * Our own read may be the stale one: one candidate in nine was a fresh row. So the source decides, read after the lock
     * on the candidate's shadow row. If it gives the candidate another value, a change of the candidate is visible whose
     * reconcile has not written yet; that one waits for our lock, and then writes the row again.
     */
    private boolean deleteUnlessFresh(Connection connection, MySqlIndex index, RowKey candidate) throws SQLException {
        KeySide key = sql.shadowKey();
        SqlText.of("SELECT 1" + sql.fromShadow() + " WHERE ")
                .add(key.in("", List.of(candidate)))
                .add(" FOR UPDATE")
                .findsRow(connection);
        twin.fill(connection, MigrationSql.Rows.of(List.of(candidate)));
        boolean fresh = SqlText.of("SELECT 1 FROM " + side(twin.name(), index) + " n JOIN " + side(sql.shadow(), index)
                        + " t ON " + key.joins("t.", key, "n.") + " AND " + sameValues(index))
                .findsRow(connection);
        if (!fresh) {
            SqlText.of("DELETE " + sql.shadow() + sql.fromShadow() + " WHERE ")
                    .add(key.in("", List.of(candidate)))
                    .update(connection);
        }
        return !fresh;
    }

    /** Under LOCK TABLES auto-commit is off for good, for a START TRANSACTION would release the tables. */
    private static <T> T ownTransaction(Connection connection, SqlWork<T> work) throws SQLException {
        if (connection.getAutoCommit()) {
            return Transactions.run(connection, work);
        }
        boolean done = false;
        try {
            T result = work.run(connection);
            connection.commit();
            done = true;
            return result;
        } finally {
            if (!done) {
                Transactions.rollbackQuietly(connection);
            }
        }
    }
}
