package dev.shoofly.database.mysql;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Finds the tables that the source's triggers use, directly or through routines and views. The server opens them for an
 * EXPLAIN as for the statement itself, with locks that no reader or writer waits for, and shows those locks.
 */
final class UsedTables {
    private UsedTables() {}

    static List<TableName> of(Connection connection, TableName source) throws SQLException {
        String name = MySqlNames.quote(source);
        List<String> columns = MySqlCatalog.table(connection, source).columns().stream()
                .filter(column -> !column.generated())
                .map(column -> MySqlNames.quote(column.name()))
                .toList();
        String all = String.join(", ", columns);
        connection.setAutoCommit(false);
        try {
            for (String statement : List.of(
                    "INSERT INTO " + name + " (" + all + ") SELECT " + all + " FROM " + name + " WHERE FALSE",
                    "UPDATE " + name + " SET "
                            + columns.stream()
                                    .map(column -> column + " = " + column)
                                    .collect(Collectors.joining(", "))
                            + " WHERE FALSE",
                    "DELETE FROM " + name + " WHERE FALSE")) {
                ConnectionPool.execute(connection, "EXPLAIN " + statement);
            }
            return SqlText.of(
                            "SELECT DISTINCT ml.object_schema, ml.object_name FROM performance_schema.metadata_locks ml"
                                    + " JOIN performance_schema.threads t ON t.thread_id = ml.owner_thread_id"
                                    + " WHERE t.processlist_id = CONNECTION_ID() AND ml.object_type = 'TABLE'"
                                    + " AND ml.object_schema NOT IN"
                                    + " ('performance_schema', 'information_schema', 'mysql', 'sys')")
                    .list(connection, row -> new TableName(row.getString(1), row.getString(2)))
                    .stream()
                    .filter(table -> !table.equals(source))
                    .toList();
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }
}
