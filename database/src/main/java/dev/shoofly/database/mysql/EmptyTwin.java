package dev.shoofly.database.mysql;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** An empty table of the source's definition, for trying alterations. One thread; its owner drops it. */
final class EmptyTwin {
    private final Connection connection;
    private final TableName source;
    private final TableName name;
    private Map<String, String> checks = Map.of();

    EmptyTwin(Connection connection, MigrationId id, TableName source) {
        this.connection = connection;
        this.source = source;
        // The shadow's own name, so that a cleanup after a death finds it.
        this.name = MySqlNames.besides(source, id).shadow();
    }

    TableName name() {
        return name;
    }

    /** A new one, whatever was there. */
    void create() throws SQLException {
        drop();
        ConnectionPool.execute(
                connection, "CREATE TABLE " + MySqlNames.quote(name) + " LIKE " + MySqlNames.quote(source));
        checks = namesOfChecks();
    }

    void drop() throws SQLException {
        ConnectionPool.execute(connection, "DROP TABLE IF EXISTS " + MySqlNames.quote(name));
    }

    /** The names of checks belong to the schema: those of the empty table are others. In lower case, by the source's. */
    Map<String, String> checks() {
        return checks;
    }

    private Map<String, String> namesOfChecks() throws SQLException {
        Map<String, List<String>> ours = new HashMap<>();
        checks(name)
                .forEach(check -> ours.computeIfAbsent(check.get(1), clause -> new ArrayList<>())
                        .add(check.get(0)));
        Map<String, String> names = new HashMap<>();
        for (List<String> check : checks(source)) {
            List<String> same = ours.getOrDefault(check.get(1), List.of());
            if (!same.isEmpty()) {
                names.put(check.get(0).toLowerCase(Locale.ROOT), same.remove(0));
            }
        }
        return names;
    }

    private List<List<String>> checks(TableName table) throws SQLException {
        return SqlText.of(
                        "SELECT c.constraint_name, c.check_clause FROM information_schema.check_constraints c"
                                + " JOIN information_schema.table_constraints t ON t.constraint_schema = c.constraint_schema"
                                + " AND t.constraint_name = c.constraint_name AND t.constraint_type = 'CHECK'"
                                + " WHERE t.table_schema = ? AND t.table_name = ?",
                        table.schema(),
                        table.table())
                .list(connection, row -> List.of(row.getString(1), row.getString(2)));
    }
}
