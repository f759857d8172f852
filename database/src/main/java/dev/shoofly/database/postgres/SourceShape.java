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
                SELECT 'it has triggers (' || string_agg(quote_ident(g.tgname), ', ' ORDER BY g.tgname)
                       || '), which are not carried over yet'
                FROM t JOIN pg_catalog.pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal HAVING count(*) > 0
                UNION ALL
                SELECT 'it has rules (' || string_agg(quote_ident(r.rulename), ', ' ORDER BY r.rulename)
                       || '), which are not carried over yet'
                FROM t JOIN pg_catalog.pg_rewrite r ON r.ev_class = t.oid HAVING count(*) > 0
                UNION ALL
                SELECT 'it has row-level security, which is not carried over yet'
                FROM t WHERE relrowsecurity OR relforcerowsecurity
                   OR EXISTS (SELECT 1 FROM pg_catalog.pg_policy p WHERE p.polrelid = t.oid)
                UNION ALL
                SELECT 'it has foreign keys (' || string_agg(quote_ident(c.conname), ', ' ORDER BY c.conname)
                       || '), which are not carried over yet'
                FROM t JOIN pg_catalog.pg_constraint c ON c.conrelid = t.oid AND c.contype = 'f' HAVING count(*) > 0
                UNION ALL
                SELECT 'foreign keys of other tables point to it ('
                       || string_agg(format('%I on %s', c.conname, c.conrelid::regclass), ', ' ORDER BY c.conname)
                       || '); they would stay with the old table'
                FROM t JOIN pg_catalog.pg_constraint c ON c.confrelid = t.oid AND c.conrelid <> t.oid AND c.contype = 'f'
                HAVING count(*) > 0
                UNION ALL
                SELECT 'views depend on it (' || string_agg(DISTINCT r.ev_class::regclass::text, ', ')
                       || '); they would stay with the old table: drop them first and create them again afterwards'
                FROM t JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = t.oid
                     AND d.classid = 'pg_catalog.pg_rewrite'::regclass
                JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid AND r.ev_class <> t.oid HAVING count(*) > 0
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
                SELECT 'it is listed in publications (' || string_agg(quote_ident(p.pubname), ', ' ORDER BY p.pubname)
                       || '), which would go on publishing the old table: take it out first (ALTER PUBLICATION … DROP'
                       || ' TABLE) and add it again afterwards'
                FROM t JOIN pg_catalog.pg_publication_rel m ON m.prrelid = t.oid
                JOIN pg_catalog.pg_publication p ON p.oid = m.prpubid AND p.pubname !~ '^shoofly_[a-z0-9]{8}$'
                HAVING count(*) > 0
                UNION ALL
                SELECT 'it has invalid indexes (' || string_agg(i.indexrelid::regclass::text, ', ')
                       || '): drop or rebuild them first'
                FROM t JOIN pg_catalog.pg_index i ON i.indrelid = t.oid AND NOT i.indisvalid HAVING count(*) > 0
                """, oid);
    }
}
