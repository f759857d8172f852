package dev.shoofly.database.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Objects;

/**
 * Everything about a table's definition that the shadow was built from or that the swap does not carry over, a line for each
 * part. The swap compares it under its lock: an index or trigger added meanwhile would otherwise be lost in silence. The
 * file belongs to it: an ALTER … TYPE that rewrites the rows logs none of them, and may end with the type it began with.
 * Privileges do not: the swap reads them off the source.
 */
final class TableFingerprint {
    private TableFingerprint() {}

    /** Needs a transaction with {@link PostgresCatalog#qualifyEverything}. */
    static String of(Connection connection, long oid) throws SQLException {
        return Objects.requireNonNull(PostgresCatalog.text(connection, """
                SELECT coalesce(string_agg(line, E'\\n' ORDER BY line), '')
                FROM (SELECT ?::bigint::oid AS oid) t CROSS JOIN LATERAL (
                  SELECT format('column %s %s %s %s %s %s %s %s', a.attnum, a.attname, format_type(a.atttypid, a.atttypmod),
                                a.attnotnull, a.attidentity, a.attgenerated, a.attcollation,
                                pg_get_expr(d.adbin, d.adrelid)) AS line
                  FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                  WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
                  UNION ALL SELECT 'index ' || pg_get_indexdef(i.indexrelid) FROM pg_index i
                  WHERE i.indrelid = t.oid AND i.indisvalid
                  UNION ALL SELECT format('constraint %s %s %s', c.conname, pg_get_constraintdef(c.oid), c.convalidated)
                  FROM pg_constraint c WHERE t.oid IN (c.conrelid, c.confrelid)
                  UNION ALL SELECT 'trigger ' || g.tgname FROM pg_trigger g WHERE g.tgrelid = t.oid AND NOT g.tgisinternal
                  UNION ALL SELECT 'rule ' || r.rulename FROM pg_rewrite r WHERE r.ev_class = t.oid
                  UNION ALL SELECT 'policy ' || p.polname FROM pg_policy p WHERE p.polrelid = t.oid
                  UNION ALL SELECT format('view %s', r.ev_class::regclass) FROM pg_depend d
                  JOIN pg_rewrite r ON r.oid = d.objid
                  WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
                    AND d.refobjid = t.oid AND r.ev_class <> t.oid
                  UNION ALL SELECT format('inherits %s %s', h.inhrelid, h.inhparent) FROM pg_inherits h
                  WHERE t.oid IN (h.inhrelid, h.inhparent)
                  UNION ALL SELECT format('statistics %s', s.stxname) FROM pg_statistic_ext s WHERE s.stxrelid = t.oid
                  UNION ALL SELECT format('table %s %s, row security %s', c.relkind, c.relpersistence, c.relrowsecurity)
                  FROM pg_class c WHERE c.oid = t.oid
                  UNION ALL SELECT format('replica identity %s', c.relreplident) FROM pg_class c WHERE c.oid = t.oid
                  UNION ALL SELECT format('rows in file %s (TRUNCATE, VACUUM FULL and rewriting ALTERs make another)',
                                          pg_relation_filenode(c.oid))
                  FROM pg_class c WHERE c.oid = t.oid) lines
                """, oid));
    }
}
