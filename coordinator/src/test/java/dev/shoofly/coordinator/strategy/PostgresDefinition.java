package dev.shoofly.coordinator.strategy;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** All that PostgreSQL's catalog says of a table, its columns, indexes, constraints, sequences and statistics objects. */
final class PostgresDefinition {
    /** A place for the table, of type regclass. Each gives one line for each object. */
    private static final List<String> QUERIES = List.of("""
            SELECT concat_ws(' ', 'table', c.relkind, 'kept', c.relpersistence, 'by', m.amname, 'in', c.reltablespace,
                   'owner', c.relowner::regrole, 'may', c.relacl, 'options', c.reloptions, 'of toast', t.reloptions,
                   'identity', c.relreplident, 'policies', c.relrowsecurity, c.relforcerowsecurity,
                   'comment', obj_description(c.oid, 'pg_class'))
            FROM pg_class c LEFT JOIN pg_am m ON m.oid = c.relam LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
            WHERE c.oid = TABLE
            """, """
            SELECT concat_ws(' ', 'column', a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                   'identity', a.attidentity, 'generated', a.attgenerated, 'collation', a.attcollation,
                   'default', pg_get_expr(d.adbin, d.adrelid), 'storage', a.attstorage, 'compression', a.attcompression,
                   'statistics', a.attstattarget, 'options', a.attoptions, 'may', a.attacl, 'inherited', a.attinhcount,
                   a.attislocal, 'comment', col_description(a.attrelid, a.attnum))
            FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            WHERE a.attrelid = TABLE AND a.attnum > 0 AND NOT a.attisdropped
            """, """
            SELECT concat_ws(' ', 'index', pg_get_indexdef(i.indexrelid), 'clustered', i.indisclustered,
                   'identity', i.indisreplident, 'primary', i.indisprimary, 'unique', i.indisunique,
                   'immediate', i.indimmediate, 'nulls', i.indnullsnotdistinct, 'valid', i.indisvalid, i.indisready,
                   'kept', c.relpersistence, 'in', c.reltablespace, 'owner', c.relowner::regrole,
                   'statistics', (SELECT string_agg(a.attstattarget::text, ',' ORDER BY a.attnum)
                                  FROM pg_attribute a WHERE a.attrelid = c.oid),
                   'comment', obj_description(c.oid, 'pg_class'))
            FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = TABLE
            """, """
            SELECT concat_ws(' ', 'constraint', conname, contype, pg_get_constraintdef(oid), 'valid', convalidated,
                   'local', conislocal, coninhcount, connoinherit, 'index', conindid::regclass,
                   'comment', obj_description(oid, 'pg_constraint'))
            FROM pg_constraint WHERE conrelid = TABLE
            """, """
            SELECT concat_ws(' ', 'sequence', c.oid::regclass, 'of', d.refobjsubid, d.deptype, format_type(s.seqtypid, NULL),
                   s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle, 'kept', c.relpersistence,
                   'owner', c.relowner::regrole, 'may', c.relacl, 'comment', obj_description(c.oid, 'pg_class'))
            FROM pg_depend d JOIN pg_class c ON c.oid = d.objid JOIN pg_sequence s ON s.seqrelid = c.oid
            WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = TABLE
              AND d.deptype IN ('a', 'i')
            """, """
            SELECT concat_ws(' ', 'statistics', pg_get_statisticsobjdef(oid), 'target', stxstattarget,
                   'owner', stxowner::regrole, 'comment', obj_description(oid, 'pg_statistic_ext'))
            FROM pg_statistic_ext WHERE stxrelid = TABLE
            """);

    private PostgresDefinition() {}

    /** @param table with its schema, in need of no quotes */
    static String of(Statement statement, String table) throws SQLException {
        List<String> lines = new ArrayList<>();
        for (String query : QUERIES) {
            try (ResultSet rows =
                    statement.executeQuery(query.replace("TABLE", "'" + table + "'::regclass") + " ORDER BY 1")) {
                while (rows.next()) {
                    lines.add(rows.getString(1));
                }
            }
        }
        return String.join("\n", lines);
    }
}
