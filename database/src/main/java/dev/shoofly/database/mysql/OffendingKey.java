package dev.shoofly.database.mysql;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.ColumnMapping;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Words a value that does not fit, with the column and the first key that has such a value. */
final class OffendingKey {
    private static final int SLICE = 1_000;
    static final Pattern COLUMN = Pattern.compile("(?:[Cc]olumn|[Cc]heck constraint) '([^']+)'");
    private final MigrationSql sql;
    private final TwinTable twin;

    OffendingKey(MigrationSql sql, TwinTable twin) {
        this.sql = sql;
        this.twin = twin;
    }

    /**
     * Projects the rows into a twin table, halving until one row is left. On a connection outside a transaction; the
     * shadow is not touched.
     */
    ShooflyException explain(Connection connection, MigrationSql.Rows rows, SQLException error) throws SQLException {
        List<RowKey> keys = sql.sourceKeys(rows).list(connection, sql.sourceKey()::read);
        twin.create(connection);
        try {
            int from = 0;
            int to = keys.size();
            SQLException found = probe(connection, keys);
            while (found != null && to - from > 1) {
                int middle = (from + to) >>> 1;
                SQLException first = probe(connection, keys.subList(from, middle));
                if (first != null) {
                    found = first;
                    to = middle;
                } else {
                    from = middle;
                }
            }
            if (found == null) {
                return worded(connection, error, null);
            }
            // A twin's checks have no names; the first error has.
            boolean same = found.getErrorCode() == error.getErrorCode();
            return worded(connection, same && isCheck(error) ? error : found, keys.get(from));
        } finally {
            twin.release(connection);
        }
    }

    private @Nullable SQLException probe(Connection connection, List<RowKey> keys) throws SQLException {
        for (int at = 0; at < keys.size(); at += SLICE) {
            try {
                twin.fill(connection, MigrationSql.Rows.of(keys.subList(at, Math.min(keys.size(), at + SLICE))));
            } catch (SQLException e) {
                if (!MySqlErrors.isData(e)) {
                    throw e;
                }
                return e;
            }
        }
        return null;
    }

    private static boolean isCheck(SQLException error) {
        return error.getErrorCode() == 3819;
    }

    /** Of an expression that fails before it has a value, the server names no column. */
    private @Nullable String failing(Connection connection, RowKey key) throws SQLException {
        for (ColumnMapping column : sql.plan().projection().columns()) {
            if (column.computed() && !hasValue(connection, column, key)) {
                return column.shadowColumn();
            }
        }
        return null;
    }

    /** A statement that writes is strict where a plain SELECT only warns. */
    private boolean hasValue(Connection connection, ColumnMapping column, RowKey key) throws SQLException {
        String values = MySqlNames.quote(sql.plan().shadow().sibling("_shoofly_value"));
        ConnectionPool.execute(connection, "DROP TEMPORARY TABLE IF EXISTS " + values);
        ConnectionPool.execute(
                connection,
                "CREATE TEMPORARY TABLE " + values
                        + " (n BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, v LONGBLOB) ENGINE=InnoDB");
        try {
            SqlText.of("INSERT INTO " + values + " (v) SELECT " + column.expression() + sql.fromSource() + " WHERE ")
                    .add(sql.sourceKey().in("", List.of(key)))
                    .update(connection);
            return true;
        } catch (SQLException e) {
            if (!MySqlErrors.isData(e)) {
                throw e;
            }
            return false;
        } finally {
            ConnectionPool.execute(connection, "DROP TEMPORARY TABLE IF EXISTS " + values);
        }
    }

    private ShooflyException worded(Connection connection, SQLException error, @Nullable RowKey key)
            throws SQLException {
        String said = String.valueOf(error.getMessage())
                .replace(TwinTable.NAME + ".", "")
                .replaceFirst(" at row \\d+$", "");
        Matcher named = COLUMN.matcher(said);
        String column = named.find() ? named.group(1) : key == null ? null : failing(connection, key);
        String where = column == null ? "the new definition" : "column or constraint " + column;
        String row = key == null
                ? "A row (changed meanwhile, so its key is not known)"
                : "The row with " + names() + " = " + key;
        return new ShooflyException(
                ErrorKind.DATA,
                row + " of " + sql.plan().source() + " does not fit " + where + " of the new table: " + said
                        + " (error " + error.getErrorCode()
                        + "). The table itself was not touched. Correct the row or the"
                        + " ALTER, then start again.",
                error);
    }

    private String names() {
        List<String> names = sql.plan().key().columns().stream()
                .map(column -> column.sourceName())
                .toList();
        return names.size() == 1 ? names.get(0) : names.toString();
    }
}
