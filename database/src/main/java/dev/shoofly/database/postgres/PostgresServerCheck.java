package dev.shoofly.database.postgres;

import static dev.shoofly.database.postgres.PostgresNames.literal;
import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.ServerCheck;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Tables, slots, publications, schemas, and constraints and indexes of changes that the server was to make by itself. */
final class PostgresServerCheck implements ServerCheck {
    private final ConnectionPool pool;

    PostgresServerCheck(ConnectionPool pool) {
        this.pool = pool;
    }

    @Override
    public List<String> findings() {
        TableName any = new TableName("public", "any");
        return pool.inTransaction(
                "checking the server", connection -> new PostgresPreflight(connection, any).serverFindings());
    }

    @Override
    public List<Trace> traces() {
        return pool.with("looking for what migrations left", PostgresServerCheck::traces);
    }

    private static List<Trace> traces(Connection connection) throws SQLException {
        List<Trace> traces = new ArrayList<>();
        traces.addAll(PostgresCatalog.query(
                connection,
                "SELECT coalesce(substring(c.relname FROM '_([a-z0-9]{8})_(?:new|old|undone)\\d*$'),"
                        + " substring(c.relname FROM '^kept_([a-z0-9]{8})(?:_(?:old|undone)\\d+)?$')), n.nspname, c.relname,"
                        + " c.relname ~ '_(old|undone)\\d*$' FROM pg_catalog.pg_class c"
                        + " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                        + " WHERE c.relkind = 'r' AND (c.relname ~ '^_.*_[a-z0-9]{8}_(new|old|undone)\\d*$'"
                        + " OR n.nspname = 'shoofly' AND c.relname ~ '^kept_[a-z0-9]{8}(_(old|undone)\\d+)?$') ORDER BY 2, 3",
                row -> new Trace(
                        new MigrationId(row.getString(1)),
                        "table " + row.getString(2) + "." + row.getString(3),
                        row.getBoolean(4),
                        "DROP TABLE " + quote(row.getString(2), row.getString(3)))));
        traces.addAll(PostgresCatalog.query(
                connection,
                "SELECT slot_name, active FROM pg_catalog.pg_replication_slots"
                        + " WHERE slot_name ~ '^shoofly_[a-z0-9]{8}$' AND database = current_database() ORDER BY 1",
                row -> new Trace(
                        id(row.getString(1)),
                        "replication slot " + row.getString(1) + (row.getBoolean(2) ? " (in use)" : ""),
                        false,
                        "SELECT pg_drop_replication_slot(" + literal(row.getString(1)) + ")")));
        traces.addAll(named(
                connection,
                "SELECT pubname FROM pg_catalog.pg_publication WHERE pubname ~ '^shoofly_[a-z0-9]{8}$' ORDER BY 1",
                "publication ",
                "DROP PUBLICATION "));
        traces.addAll(named(
                connection,
                "SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname ~ '^shoofly_[a-z0-9]{8}$' ORDER BY 1",
                "schema ",
                "DROP SCHEMA "));
        traces.addAll(PostgresCatalog.query(
                connection,
                "SELECT o.name, o.kind, n.nspname, t.relname FROM ("
                        + " SELECT conname AS name, 'constraint' AS kind, conrelid AS rel FROM pg_catalog.pg_constraint"
                        + " UNION ALL SELECT c.relname, 'index', i.indrelid FROM pg_catalog.pg_index i"
                        + " JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid) o"
                        + " JOIN pg_catalog.pg_class t ON t.oid = o.rel"
                        + " JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace"
                        + " WHERE o.name ~ '^_shoofly_[a-z0-9]{8}_[0-9]+$' ORDER BY 3, 4, 1",
                row -> new Trace(
                        new MigrationId(row.getString(1).substring("_shoofly_".length(), "_shoofly_".length() + 8)),
                        row.getString(2) + " " + row.getString(1) + " of " + row.getString(3) + "." + row.getString(4),
                        false,
                        row.getString(2).equals("index")
                                ? "DROP INDEX CONCURRENTLY " + quote(row.getString(3), row.getString(1))
                                : "ALTER TABLE " + quote(row.getString(3), row.getString(4)) + " DROP CONSTRAINT "
                                        + quote(row.getString(1)))));
        return traces;
    }

    private static List<Trace> named(Connection connection, String sql, String kind, String drop) throws SQLException {
        return PostgresCatalog.query(
                connection,
                sql,
                row -> new Trace(id(row.getString(1)), kind + row.getString(1), false, drop + quote(row.getString(1))));
    }

    private static MigrationId id(String name) {
        return new MigrationId(name.substring("shoofly_".length()));
    }
}
