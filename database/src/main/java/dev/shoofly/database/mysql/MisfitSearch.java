package dev.shoofly.database.mysql;

import dev.shoofly.database.control.Misfit;
import dev.shoofly.model.ColumnMapping;
import dev.shoofly.model.RowKey;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.stream.Collectors;

/**
 * On the way back: finds the rows of a batch that the old table does not take, by projecting halves of it into the twin table,
 * then halves of these. On a connection that has the twin table, outside a transaction. Thread-safe.
 */
final class MisfitSearch {
    private final MigrationSql sql;
    private final TwinTable twin;
    private final List<String> computed;
    private final List<String> keyColumns;

    MisfitSearch(MigrationSql sql, TwinTable twin) {
        this.sql = sql;
        this.twin = twin;
        this.computed = sql.plan().projection().columns().stream()
                .filter(ColumnMapping::computed)
                .map(ColumnMapping::shadowColumn)
                .toList();
        this.keyColumns = sql.plan().key().columns().stream()
                .map(column -> column.shadowName())
                .toList();
    }

    /**
     * @return by key as the batch spells it; without rows whose key itself does not fit: no row of the old table can be told
     *     by it, so nothing can be set aside
     */
    Map<RowKey, Misfit> among(Connection connection, List<RowKey> keys) throws SQLException {
        Map<RowKey, Misfit> found = new HashMap<>();
        search(connection, keys, found);
        return found;
    }

    private void search(Connection connection, List<RowKey> keys, Map<RowKey, Misfit> found) throws SQLException {
        try {
            twin.fill(connection, MigrationSql.Rows.of(keys));
        } catch (TwinTable.DoesNotFit e) {
            if (keys.size() > 1) {
                int half = keys.size() / 2;
                search(connection, keys.subList(0, half), found);
                search(connection, keys.subList(half, keys.size()), found);
            } else {
                settle(connection, keys.get(0), e, found);
            }
        }
    }

    private void settle(Connection connection, RowKey key, SQLException error, Map<RowKey, Misfit> found)
            throws SQLException {
        List<RowKey> spelled =
                sql.sourceKeys(MigrationSql.Rows.of(List.of(key))).list(connection, sql.sourceKey()::read);
        String said = twin.inTermsOfShadow(TwinTable.withoutName(error));
        String column = column(said);
        if (!spelled.isEmpty() && !keyColumns.contains(column)) {
            found.put(
                    key,
                    new Misfit(
                            spelled.get(0),
                            column,
                            Misfit.withoutValues(said) + " (error " + error.getErrorCode() + ")"));
        }
    }

    private String column(String said) {
        Matcher named = OffendingKey.COLUMN.matcher(said);
        if (named.find()) {
            return named.group().toLowerCase(Locale.ROOT).startsWith("check")
                    ? "constraint " + named.group(1)
                    : named.group(1);
        }
        // Of an expression that fails before it has a value, the server names no column.
        return computed.isEmpty() ? "not known" : computed.stream().collect(Collectors.joining(" or "));
    }
}
