package dev.shoofly.database.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;

/** What hangs on a table that the swap does not carry over, and would so be lost or left behind in silence. */
final class SourceShape {
    private SourceShape() {}

    /** {@code relreplident}: {@code d}, {@code f}, {@code i} or {@code n}. */
    static String replicaIdentity(Connection connection, long oid) throws SQLException {
        return Objects.requireNonNull(PostgresCatalog.text(
                connection, "SELECT relreplident::text FROM pg_catalog.pg_class WHERE oid = ?::bigint::oid", oid));
    }

    /** One finding per kind, each with the objects' names and the remedy. */
    static List<String> attached(Connection connection, long oid) throws SQLException {
        return PostgresCatalog.texts(connection, """
                WITH t AS (SELECT c.* FROM pg_catalog.pg_class c WHERE c.oid = ?::bigint::oid)
                SELECT 'it is UNLOGGED, so its changes are not in the log: ALTER TABLE … SET LOGGED first'
                FROM t WHERE relpersistence = 'u'
                UNION ALL
                SELECT 'it is a table of a composite type (OF …): ALTER TABLE … NOT OF first' FROM t WHERE reloftype <> 0
                UNION ALL
                SELECT 'foreign keys of partitioned tables point to it ('
                       || string_agg(format('%I on %s', c.conname, c.conrelid::regclass), ', ' ORDER BY c.conname)
                       || '), which cannot be had as NOT VALID: drop them first and add them again afterwards'
                FROM t JOIN pg_catalog.pg_constraint c ON c.confrelid = t.oid AND c.contype = 'f' AND c.conparentid = 0
                JOIN pg_catalog.pg_class k ON k.oid = c.conrelid AND k.relkind = 'p' HAVING count(*) > 0
                UNION ALL
                SELECT 'materialised views, rules or temporary views depend on it ('
                       || string_agg(DISTINCT r.ev_class::regclass::text, ', ')
                       || '); they would stay with the old table: drop them first and create them again afterwards'
                FROM t JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = t.oid
                     AND d.classid = 'pg_catalog.pg_rewrite'::regclass
                JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid AND r.ev_class <> t.oid
                JOIN pg_catalog.pg_class v ON v.oid = r.ev_class AND (v.relkind <> 'v' OR v.relpersistence = 't')
                HAVING count(*) > 0
                UNION ALL
                SELECT 'functions are bound to it or to its row type ('
                       || string_agg(DISTINCT d.objid::regprocedure::text, ', ')
                       || '); they would stay with the old table: drop them first and create them again afterwards'
                FROM t JOIN pg_catalog.pg_type y ON y.oid = t.reltype
                JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_proc'::regclass
                     AND (d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = t.oid
                          OR d.refclassid = 'pg_catalog.pg_type'::regclass AND d.refobjid IN (y.oid, y.typarray))
                HAVING count(*) > 0
                UNION ALL
                SELECT 'columns of other tables have its row type ('
                       || string_agg(DISTINCT d.objid::regclass::text, ', ') || '); they would keep the old one'
                FROM t JOIN pg_catalog.pg_type y ON y.oid = t.reltype
                JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objsubid > 0
                     AND d.refclassid = 'pg_catalog.pg_type'::regclass AND d.refobjid IN (y.oid, y.typarray)
                HAVING count(*) > 0
                UNION ALL
                SELECT 'it inherits from or is a partition of ' || string_agg(h.inhparent::regclass::text, ', ')
                FROM t JOIN pg_catalog.pg_inherits h ON h.inhrelid = t.oid HAVING count(*) > 0
                UNION ALL
                SELECT 'tables inherit from it (' || string_agg(h.inhrelid::regclass::text, ', ') || ')'
                FROM t JOIN pg_catalog.pg_inherits h ON h.inhparent = t.oid HAVING count(*) > 0
                UNION ALL
                SELECT 'it has invalid indexes (' || string_agg(i.indexrelid::regclass::text, ', ')
                       || '): drop or rebuild them first'
                FROM t JOIN pg_catalog.pg_index i ON i.indrelid = t.oid AND NOT i.indisvalid HAVING count(*) > 0
                """, oid);
    }

    /** What goes over with the table, and may only be changed by somebody with these rights. One finding for each object. */
    static List<String> rightsMissing(Connection connection, long oid) throws SQLException {
        return PostgresCatalog.texts(connection, """
                WITH t AS (SELECT c.* FROM pg_catalog.pg_class c WHERE c.oid = ?::bigint::oid),
                ends AS (
                  SELECT DISTINCT c.oid, c.relowner, c.oid::regclass AS name,
                         'foreign keys of ' || c.oid::regclass || ' point to it' AS why
                  FROM t JOIN pg_catalog.pg_constraint k ON k.confrelid = t.oid AND k.contype = 'f'
                  JOIN pg_catalog.pg_class c ON c.oid = k.conrelid AND c.oid <> t.oid
                  UNION ALL
                  SELECT DISTINCT c.oid, c.relowner, c.oid::regclass, 'the view ' || c.oid::regclass || ' reads it'
                  FROM t JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass
                       AND d.refobjid = t.oid AND d.classid = 'pg_catalog.pg_rewrite'::regclass
                  JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
                  JOIN pg_catalog.pg_class c ON c.oid = r.ev_class AND c.relkind = 'v')
                SELECT format('%s, and user %s does not own that: GRANT %I TO %I', e.why, current_user,
                              pg_get_userbyid(e.relowner), current_user)
                FROM ends e WHERE NOT pg_has_role(e.relowner, 'USAGE')
                UNION ALL
                SELECT DISTINCT format('its foreign keys point to %s, which user %s may not lock or refer to:'
                              || ' GRANT UPDATE, REFERENCES ON %s TO %I', p.oid::regclass, current_user, p.oid::regclass,
                              current_user)
                FROM t JOIN pg_catalog.pg_constraint k ON k.conrelid = t.oid AND k.contype = 'f'
                JOIN pg_catalog.pg_class p ON p.oid = k.confrelid
                WHERE NOT has_table_privilege(p.oid, 'UPDATE, DELETE, TRUNCATE')
                   OR NOT (has_table_privilege(p.oid, 'REFERENCES') OR has_any_column_privilege(p.oid, 'REFERENCES'))
                UNION ALL
                SELECT format('the publication %I lists it, and user %s does not own that: GRANT %I TO %I', p.pubname,
                              current_user, pg_get_userbyid(p.pubowner), current_user)
                FROM t JOIN pg_catalog.pg_publication_rel m ON m.prrelid = t.oid
                JOIN pg_catalog.pg_publication p ON p.oid = m.prpubid AND p.pubname !~ '^shoofly_[a-z0-9]{8}$'
                WHERE NOT pg_has_role(p.pubowner, 'USAGE')
                UNION ALL
                SELECT format('its row-level security holds for user %s, who would not see all rows: ALTER ROLE %I BYPASSRLS',
                              current_user, current_user)
                FROM t WHERE row_security_active(t.oid)
                """, oid);
    }

    /** What the swap locks besides the table, and who gets the shadow's rows. */
    static List<String> warnings(Connection connection, long oid) throws SQLException {
        List<String> warnings = PostgresCatalog.texts(connection, """
                WITH t AS (SELECT c.* FROM pg_catalog.pg_class c WHERE c.oid = ?::bigint::oid)
                SELECT 'the swap also locks ' || string_agg(DISTINCT e.name, ', ' ORDER BY e.name)
                       || ', for foreign keys or views tie them to the table'
                FROM (
                  SELECT c.oid::regclass::text AS name FROM t
                  JOIN pg_catalog.pg_constraint k ON k.contype = 'f' AND t.oid IN (k.conrelid, k.confrelid)
                  JOIN pg_catalog.pg_class c ON c.oid IN (k.conrelid, k.confrelid) AND c.oid <> t.oid
                  UNION ALL
                  SELECT v.oid::regclass::text FROM t
                  JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = t.oid
                       AND d.classid = 'pg_catalog.pg_rewrite'::regclass
                  JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
                  JOIN pg_catalog.pg_class v ON v.oid = r.ev_class AND v.relkind = 'v') e
                HAVING count(*) > 0
                UNION ALL
                SELECT format('the publication %I is FOR ALL TABLES, so its subscribers get the shadow as well; a PostgreSQL'
                              || ' subscription that has no table of its name stops with an error', p.pubname)
                FROM pg_catalog.pg_publication p WHERE p.puballtables
                """, oid);
        if (PostgresCatalog.test(connection, "SELECT to_regclass('pg_catalog.pg_publication_namespace') IS NOT NULL")) {
            warnings.addAll(PostgresCatalog.texts(
                    connection,
                    "SELECT format('the publication %I publishes all tables of the schema, so its subscribers get the shadow as"
                            + " well; a PostgreSQL subscription that has no table of its name stops with an error',"
                            + " p.pubname) FROM pg_catalog.pg_class c"
                            + " JOIN pg_catalog.pg_publication_namespace m ON m.pnnspid = c.relnamespace"
                            + " JOIN pg_catalog.pg_publication p ON p.oid = m.pnpubid WHERE c.oid = ?::bigint::oid",
                    oid));
        }
        return warnings;
    }
}
