package dev.shoofly.database.postgres;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Reads tables from the catalog. Inside a transaction whose search path is {@code pg_catalog} (see {@link
 * #qualifyEverything}) every text it returns is fully qualified.
 */
final class PostgresCatalog {
    private PostgresCatalog() {}

    /** For the rest of the transaction the server spells every name outside pg_catalog with its schema. */
    static void qualifyEverything(Connection connection) throws SQLException {
        searchPath(connection, "pg_catalog");
    }

    /** @param path as in {@code SET search_path}; until the transaction ends */
    static void searchPath(Connection connection, String path) throws SQLException {
        text(connection, "SELECT set_config('search_path', ?, true)", path);
    }

    static OptionalLong oid(Connection connection, TableName table) throws SQLException {
        String oid = text(
                connection,
                "SELECT c.oid::text FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                        + " WHERE n.nspname = ? AND c.relname = ?",
                table.schema(),
                table.table());
        return oid == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(oid));
    }

    static TableFacts read(Connection connection, TableName table) throws SQLException {
        long oid = oid(connection, table)
                .orElseThrow(() -> new ShooflyException(
                        ErrorKind.REFUSED, "table " + table + " does not exist (any more); nothing was changed"));
        return new TableFacts(oid, table, columns(connection, oid), indexes(connection, oid), checks(connection, oid));
    }

    private static List<TableFacts.Column> columns(Connection connection, long oid) throws SQLException {
        String sql = """
                SELECT a.attnum, a.attname, format_type(a.atttypid, a.atttypmod) AS type,
                       format_type(base.oid, -1) AS base_type, bt.typname AS base_name, bt.typtype AS base_kind,
                       base.modifier, a.attnotnull, a.attcollation::bigint AS collation,
                       coalesce(co.collisdeterministic, true) AS deterministic,
                       a.attgenerated <> '' AS generated, a.attidentity::text AS identity,
                       pg_get_expr(d.adbin, d.adrelid) AS default_text
                FROM pg_catalog.pg_attribute a
                CROSS JOIN LATERAL (
                  WITH RECURSIVE domains(oid, modifier) AS (
                    SELECT a.atttypid, a.atttypmod
                    UNION ALL
                    SELECT t.typbasetype, t.typtypmod FROM domains JOIN pg_catalog.pg_type t ON t.oid = domains.oid
                    WHERE t.typtype = 'd')
                  SELECT domains.oid, domains.modifier FROM domains JOIN pg_catalog.pg_type t ON t.oid = domains.oid
                  WHERE t.typtype <> 'd') base
                JOIN pg_catalog.pg_type bt ON bt.oid = base.oid
                LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation
                LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                WHERE a.attrelid = ?::bigint::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
                """;
        return query(
                connection,
                sql,
                row -> new TableFacts.Column(
                        row.getInt("attnum"),
                        row.getString("attname"),
                        row.getString("type"),
                        row.getString("base_type"),
                        row.getString("base_name"),
                        row.getString("base_kind"),
                        row.getInt("modifier"),
                        row.getBoolean("attnotnull"),
                        row.getLong("collation"),
                        row.getBoolean("deterministic"),
                        row.getBoolean("generated"),
                        row.getString("identity"),
                        row.getString("default_text")),
                oid);
    }

    private static List<TableFacts.Index> indexes(Connection connection, long oid) throws SQLException {
        String sql = """
                SELECT i.indexrelid::bigint AS oid, c.relname, pg_get_indexdef(i.indexrelid) AS definition,
                       format('CREATE %sINDEX %I ON %s%I.%I ', CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END,
                              c.relname, CASE t.relkind WHEN 'p' THEN 'ONLY ' ELSE '' END, tn.nspname, t.relname) AS head,
                       i.indisunique, i.indimmediate, i.indisvalid, i.indpred IS NOT NULL AS partial,
                       (i.indkey::int2[])[0:i.indnkeyatts - 1] AS key_columns, i.indoption::int2[] AS directions,
                       coalesce(con.contype::text, '') AS contype, pg_get_constraintdef(con.oid) AS condef,
                       coalesce(con.condeferrable, false) AS deferrable, ts.spcname, i.indisclustered, i.indisreplident,
                       obj_description(i.indexrelid, 'pg_class') AS comment,
                       obj_description(con.oid, 'pg_constraint') AS constraint_comment
                FROM pg_catalog.pg_index i
                JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
                JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
                JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
                LEFT JOIN pg_catalog.pg_constraint con ON con.conindid = i.indexrelid AND con.contype IN ('p', 'u', 'x')
                LEFT JOIN pg_catalog.pg_tablespace ts ON ts.oid = c.reltablespace
                WHERE i.indrelid = ?::bigint::oid ORDER BY i.indexrelid
                """;
        return query(connection, sql, PostgresCatalog::index, oid);
    }

    private static TableFacts.Index index(ResultSet row) throws SQLException {
        String definition = row.getString("definition");
        String head = row.getString("head");
        return new TableFacts.Index(
                row.getLong("oid"),
                row.getString("relname"),
                definition,
                definition.startsWith(head) ? definition.substring(head.length()) : "",
                row.getBoolean("indisunique"),
                row.getBoolean("indimmediate"),
                row.getBoolean("indisvalid"),
                row.getBoolean("partial"),
                integers(row.getArray("key_columns")),
                integers(row.getArray("directions")),
                row.getString("contype"),
                row.getString("condef"),
                row.getBoolean("deferrable"),
                row.getString("spcname"),
                row.getBoolean("indisclustered"),
                row.getBoolean("indisreplident"),
                row.getString("comment"),
                row.getString("constraint_comment"));
    }

    private static List<TableFacts.Check> checks(Connection connection, long oid) throws SQLException {
        return query(
                connection,
                "SELECT conname, pg_get_constraintdef(oid) AS definition, convalidated,"
                        + " obj_description(oid, 'pg_constraint') AS comment FROM pg_catalog.pg_constraint"
                        + " WHERE conrelid = ?::bigint::oid AND contype = 'c' ORDER BY conname",
                row -> new TableFacts.Check(
                        row.getString("conname"),
                        row.getString("definition"),
                        row.getBoolean("convalidated"),
                        row.getString("comment")),
                oid);
    }

    private static List<Integer> integers(Array array) throws SQLException {
        List<Integer> numbers = new ArrayList<>();
        for (Object element : (Object[]) array.getArray()) {
            numbers.add(((Number) element).intValue());
        }
        return numbers;
    }

    /** One row of a result. */
    @FunctionalInterface
    interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
    }

    static <T> List<T> query(Connection connection, String sql, RowReader<T> reader, Object... values)
            throws SQLException {
        List<T> found = new ArrayList<>();
        try (PreparedStatement statement = prepare(connection, sql, values);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                found.add(reader.read(rows));
            }
        }
        return found;
    }

    /** The first column of every row; SQL nulls are not expected. */
    static List<String> texts(Connection connection, String sql, Object... values) throws SQLException {
        return query(connection, sql, row -> row.getString(1), values);
    }

    /** The first column of the first row; null also when there is no row. */
    static @Nullable String text(Connection connection, String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = prepare(connection, sql, values);
                ResultSet rows = statement.executeQuery()) {
            return rows.next() ? rows.getString(1) : null;
        }
    }

    /** {@code deadlock_timeout}, in milliseconds. */
    static long deadlockMillis(Connection connection) throws SQLException {
        return Long.parseLong(String.valueOf(
                text(connection, "SELECT setting FROM pg_catalog.pg_settings WHERE name = 'deadlock_timeout'")));
    }

    static boolean test(Connection connection, String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = prepare(connection, sql, values);
                ResultSet rows = statement.executeQuery()) {
            return rows.next() && rows.getBoolean(1);
        }
    }

    private static PreparedStatement prepare(Connection connection, String sql, Object... values) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        try {
            for (int i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            return statement;
        } catch (SQLException e) {
            statement.close();
            throw e;
        }
    }
}
