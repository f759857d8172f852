package dev.shoofly.database.postgres;

import dev.shoofly.database.DefinitionChange;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Objects;
import java.util.Optional;

/**
 * Everything about a table's definition that the shadow was built from or that the swap carries over as it was then, a line
 * for each part. The swap compares it under its lock: an index or trigger added meanwhile would otherwise be lost in silence. The
 * file belongs to it: an ALTER … TYPE that rewrites the rows logs none of them, and may end with the type it began with.
 * Privileges do not: the swap reads them off the source. Partitions are a part of it, with all that is theirs: what becomes
 * a partition brings rows that are not in the log, and so does a TRUNCATE of one take them away. One that was detached and is
 * attached again, in one transaction, was written in between without a trace: the number of that transaction tells.
 */
final class TableFingerprint {
    private TableFingerprint() {}

    /**
     * What has changed, but for whether constraints were validated. What a swap adds is validated later, by Shoofly or, where its rows
     * were wrong, by whoever corrects them; what was made from the table does not depend on it.
     */
    static Optional<String> changeButForValidity(String before, String after) {
        return DefinitionChange.between(withoutValidity(before), withoutValidity(after));
    }

    /** Of a fingerprint; for {@link #changeButForValidity} where more is left out. */
    static String withoutValidity(String fingerprint) {
        return fingerprint.replaceAll("(?m)^((?:partition .*?: )?constraint .*?)(?: NOT VALID)? [tf]$", "$1");
    }

    /** Needs a transaction with {@link PostgresCatalog#qualifyEverything}. */
    static String of(Connection connection, long oid) throws SQLException {
        return Objects.requireNonNull(PostgresCatalog.text(connection, """
                WITH RECURSIVE tree AS (
                  SELECT ?::bigint::oid AS oid, '' AS prefix
                  UNION ALL
                  SELECT h.inhrelid, format('partition %s: ', h.inhrelid::regclass) FROM tree
                  JOIN pg_inherits h ON h.inhparent = tree.oid JOIN pg_class c ON c.oid = h.inhrelid AND c.relispartition),
                -- What no index finds is read once, not for each partition.
                fk AS MATERIALIZED (SELECT * FROM pg_constraint WHERE contype = 'f'),
                heir AS MATERIALIZED (SELECT h.* FROM pg_inherits h
                                      JOIN pg_class c ON c.oid = h.inhrelid AND NOT c.relispartition)
                SELECT coalesce(string_agg(t.prefix || line, E'\\n' ORDER BY t.prefix || line), '')
                FROM tree t CROSS JOIN LATERAL (
                  SELECT format('column %s %s %s %s %s %s %s %s', a.attnum, a.attname, format_type(a.atttypid, a.atttypmod),
                                a.attnotnull, a.attidentity, a.attgenerated, a.attcollation,
                                pg_get_expr(d.adbin, d.adrelid)) AS line
                  FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
                  WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
                  UNION ALL SELECT 'index ' || pg_get_indexdef(i.indexrelid) FROM pg_index i
                  WHERE i.indrelid = t.oid AND i.indisvalid
                  UNION ALL SELECT format('constraint %s %s %s', c.conname, pg_get_constraintdef(c.oid), c.convalidated)
                  FROM pg_constraint c WHERE c.conrelid = t.oid AND c.conparentid = 0
                  UNION ALL SELECT format('foreign key %s of %s %s', c.conname, c.conrelid::regclass,
                                          regexp_replace(pg_get_constraintdef(c.oid), ' NOT VALID$', ''))
                  FROM fk c WHERE c.confrelid = t.oid AND c.conrelid <> t.oid AND c.conparentid = 0
                  UNION ALL SELECT format('foreign key %s of %s is not in force (%s)', c.conname, c.conrelid::regclass,
                                          g.tgenabled)
                  FROM fk c JOIN pg_trigger g ON g.tgconstraint = c.oid AND g.tgenabled <> 'O'
                  WHERE t.oid IN (c.conrelid, c.confrelid)
                  UNION ALL SELECT format('trigger %s (%s) %s', g.tgname, g.tgenabled, pg_get_triggerdef(g.oid))
                  FROM pg_trigger g WHERE g.tgrelid = t.oid AND NOT g.tgisinternal
                  UNION ALL SELECT format('rule %s (%s) %s', r.rulename, r.ev_enabled, pg_get_ruledef(r.oid))
                  FROM pg_rewrite r WHERE r.ev_class = t.oid
                  UNION ALL SELECT format('policy %s %s %s %s using %s check %s', p.polname, p.polcmd, p.polpermissive,
                                          p.polroles::regrole[], pg_get_expr(p.polqual, p.polrelid),
                                          pg_get_expr(p.polwithcheck, p.polrelid))
                  FROM pg_policy p WHERE p.polrelid = t.oid
                  UNION ALL SELECT format('view %s %s %s', v.ev_class::regclass, pg_get_viewdef(v.ev_class),
                                          (SELECT c.reloptions FROM pg_class c WHERE c.oid = v.ev_class))
                  FROM (SELECT DISTINCT r.ev_class FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
                        WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
                          AND d.refobjid = t.oid AND r.ev_class <> t.oid) v
                  UNION ALL SELECT format('publication %s %s %s', p.pubname, to_jsonb(m) ->> 'prattrs',
                                          to_jsonb(m) ->> 'prqual')
                  FROM pg_publication_rel m JOIN pg_publication p ON p.oid = m.prpubid
                  WHERE m.prrelid = t.oid AND p.pubname !~ '^shoofly_[a-z0-9]{8}$'
                  UNION ALL SELECT format('inherits %s %s', h.inhrelid, h.inhparent) FROM heir h
                  WHERE t.oid IN (h.inhrelid, h.inhparent)
                  UNION ALL SELECT format('partition %s (%s since %s) of %s %s%s', h.inhrelid::regclass,
                                          h.inhrelid, h.xmin, h.inhparent::regclass, pg_get_expr(c.relpartbound, c.oid),
                                          CASE to_jsonb(h) ->> 'inhdetachpending' WHEN 'true' THEN ', being detached' END)
                  FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhrelid AND c.relispartition WHERE h.inhparent = t.oid
                  UNION ALL SELECT format('statistics %s', s.stxname) FROM pg_statistic_ext s WHERE s.stxrelid = t.oid
                  UNION ALL SELECT format('table %s %s, row security %s %s', c.relkind, c.relpersistence,
                                          c.relrowsecurity, c.relforcerowsecurity)
                  FROM pg_class c WHERE c.oid = t.oid
                  UNION ALL SELECT format('replica identity %s', c.relreplident) FROM pg_class c WHERE c.oid = t.oid
                  UNION ALL SELECT format('rows in file %s (TRUNCATE, VACUUM FULL and rewriting ALTERs make another)',
                                          pg_relation_filenode(c.oid))
                  FROM pg_class c WHERE c.oid = t.oid) lines
                """, oid));
    }
}
