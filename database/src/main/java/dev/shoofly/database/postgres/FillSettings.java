package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;

/**
 * The settings under which a materialised view is filled: those that a REFRESH by its owner would have, for what {@code at::date}
 * yields hangs on them. Ours are made for keys and their texts.
 */
final class FillSettings {
    /** What {@link PostgresSession} sets and a query can be affected by; time-outs stay ours. */
    private static final List<String> NAMES = List.of(
            "row_security",
            "timezone",
            "datestyle",
            "intervalstyle",
            "bytea_output",
            "extra_float_digits",
            "xmlbinary",
            // Up to PostgreSQL 16 the functions of a view find their tables by it; from 17 on a REFRESH has its own.
            "search_path",
            "enable_seqscan",
            "enable_bitmapscan",
            "enable_hashjoin",
            "enable_mergejoin",
            "jit",
            "max_parallel_workers_per_gather");

    private FillSettings() {}

    /** @param view whose owner's settings are taken, before the database's and the server's */
    static void apply(Connection connection, long view) throws SQLException {
        // The driver names a zone when it connects, this machine's, to which a RESET would lead back.
        String zone = serversZone(connection);
        for (String name : NAMES) {
            execute(connection, "RESET " + name);
        }
        PostgresCatalog.text(connection, "SELECT set_config('timezone', ?, false)", zone);
        // The driver ends a connection whose dates are not written as ISO has it; their order is free.
        PostgresCatalog.texts(connection, """
                SELECT set_config(name, CASE name WHEN 'datestyle'
                                        THEN 'ISO' || coalesce(', ' || substring(upper(value) FROM 'DMY|MDY|YMD'), '')
                                        ELSE value END, false)
                FROM (SELECT DISTINCT ON (lower(split_part(c, '=', 1))) lower(split_part(c, '=', 1)) AS name,
                             substr(c, strpos(c, '=') + 1) AS value
                      FROM pg_catalog.pg_class v
                      JOIN pg_catalog.pg_db_role_setting s ON s.setrole IN (0, v.relowner)
                      JOIN pg_catalog.pg_database d ON d.datname = current_database() AND s.setdatabase IN (0, d.oid)
                      CROSS JOIN unnest(s.setconfig) c
                      WHERE v.oid = ?::bigint::oid AND lower(split_part(c, '=', 1)) = ANY (string_to_array(?, ','))
                      ORDER BY lower(split_part(c, '=', 1)), s.setrole <> 0 DESC, s.setdatabase <> 0 DESC) found
                """, view, String.join(",", NAMES).toLowerCase(Locale.ROOT));
    }

    /** Ours again. */
    static void restore(Connection connection) throws SQLException {
        for (String statement : PostgresSession.STATEMENTS) {
            execute(connection, statement);
        }
        execute(connection, "SET search_path = pg_catalog");
    }

    /** Only its files say it for certain, and not to everybody; initdb writes the log's zone beside it, the same. */
    private static String serversZone(Connection connection) throws SQLException {
        boolean readable = PostgresCatalog.test(
                connection,
                "SELECT has_table_privilege('pg_catalog.pg_file_settings', 'SELECT')"
                        + " AND has_function_privilege('pg_catalog.pg_show_all_file_settings()', 'EXECUTE')");
        String zone = readable
                ? PostgresCatalog.text(
                        connection,
                        "SELECT setting FROM pg_catalog.pg_file_settings WHERE lower(name) = 'timezone' AND applied"
                                + " ORDER BY seqno DESC LIMIT 1")
                : null;
        return zone == null
                ? String.valueOf(PostgresCatalog.text(connection, "SELECT current_setting('log_timezone')"))
                : zone;
    }
}
