package dev.shoofly.database.mysql;

import dev.shoofly.database.ServerCheck;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.TableName;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Tables, and databases of their own for some, are all that a migration leaves on MySQL. */
final class MySqlServerCheck implements ServerCheck {
    private static final Pattern OURS = Pattern.compile("_.*_([a-z0-9]{8})_(new|old|undone)\\d*");
    private static final Pattern KEPT = Pattern.compile("kept_([a-z0-9]{8})(?:_(?:old|undone)\\d+)?");
    private final ConnectionPool pool;

    MySqlServerCheck(ConnectionPool pool) {
        this.pool = pool;
    }

    @Override
    public List<String> findings() {
        // No table is looked at, only its database's privileges.
        TableName any = new TableName(pool.profile().database(), "any");
        return pool.with("checking the server", connection -> new MySqlPreflight(connection, any).serverFindings());
    }

    @Override
    public List<Trace> traces() {
        return pool.with("looking for what migrations left", connection -> {
            List<Trace> traces = new ArrayList<>();
            List<TableName> tables = SqlText.of("SELECT table_schema, table_name FROM information_schema.tables"
                            + " WHERE table_name LIKE '\\_%\\_new' OR table_name LIKE '\\_%\\_old%'"
                            + " OR table_name LIKE '\\_%\\_undone%' OR table_schema = 'shoofly' AND table_name LIKE 'kept\\_%'"
                            + " ORDER BY table_schema, table_name")
                    .list(connection, row -> new TableName(row.getString(1), row.getString(2)));
            for (TableName table : tables) {
                Matcher name = OURS.matcher(table.table());
                if (name.matches()) {
                    traces.add(new Trace(
                            new MigrationId(name.group(1)),
                            "table " + table,
                            !name.group(2).equals("new"),
                            "DROP TABLE " + MySqlNames.quote(table)));
                    continue;
                }
                Matcher kept = KEPT.matcher(table.table());
                if (kept.matches()) {
                    traces.add(new Trace(
                            new MigrationId(kept.group(1)),
                            "table " + table,
                            false,
                            "DROP TABLE " + MySqlNames.quote(table)));
                }
            }
            for (String schema : ShadowSchemas.empty(connection)) {
                traces.add(new Trace(
                        ShadowSchemas.migration(schema),
                        "empty database " + schema,
                        false,
                        "DROP DATABASE " + MySqlNames.quote(schema)));
            }
            return traces;
        });
    }
}
