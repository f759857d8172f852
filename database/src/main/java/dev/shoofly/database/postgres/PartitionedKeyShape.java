package dev.shoofly.database.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** What foreign keys with partitioned tables at one end or both may have that the swap cannot carry over. */
final class PartitionedKeyShape {
    /** Each is a statement, or a part of one, for which everybody waits. */
    static final int MOST_PAIRS = 500;

    /**
     * The foreign keys of the table with the oid that is the parameter, and to it ({@code key}); the partitioned tables at
     * their ends, each with itself and all its partitions ({@code member}); what the foreign keys are on these ({@code
     * part}).
     */
    private static final String KEYS = """
            WITH RECURSIVE t AS (SELECT c.* FROM pg_catalog.pg_class c WHERE c.oid = ?::bigint::oid),
            key AS (
              SELECT k.*, f.relkind = 'p' AS from_parts, r.relkind = 'p' AS to_parts,
                     format('%I on %s', k.conname, k.conrelid::regclass) AS name
              FROM t JOIN pg_catalog.pg_constraint k ON k.contype = 'f' AND k.conparentid = 0
                AND t.oid IN (k.conrelid, k.confrelid)
              JOIN pg_catalog.pg_class f ON f.oid = k.conrelid JOIN pg_catalog.pg_class r ON r.oid = k.confrelid),
            member AS (
              SELECT root.oid AS root, root.oid AS oid
              FROM (SELECT conrelid AS oid FROM key WHERE from_parts UNION SELECT confrelid FROM key WHERE to_parts) root
              UNION ALL
              SELECT member.root, h.inhrelid FROM member JOIN pg_catalog.pg_inherits h ON h.inhparent = member.oid),
            part AS (
              SELECT oid, conrelid, confrelid, name FROM key
              UNION ALL
              SELECT k.oid, k.conrelid, k.confrelid, part.name FROM part
              JOIN pg_catalog.pg_constraint k ON k.conparentid = part.oid),
            pairs AS (
              SELECT coalesce(sum(holders.n * (1 + targets.n)), 0)::bigint AS n,
                     string_agg(key.name, ', ' ORDER BY key.name) AS names
              FROM key
              CROSS JOIN LATERAL (SELECT greatest(count(c.oid), CASE WHEN from_parts THEN 0 ELSE 1 END) AS n
                                  FROM member m JOIN pg_catalog.pg_class c ON c.oid = m.oid AND c.relkind <> 'p'
                                  WHERE m.root = key.conrelid) holders
              CROSS JOIN LATERAL (SELECT count(*) AS n FROM member m
                                  WHERE m.root = key.confrelid AND m.oid <> m.root) targets
              WHERE from_parts OR to_parts AND key.confrelid = (SELECT oid FROM t))
            """;

    private static final String FINDINGS = KEYS + """
            SELECT 'its foreign keys concern ' || n || ' pairs of partitions (' || names || '), and more than %1$s cannot be'
                   || ' added while everybody waits: drop them first and add them again afterwards, each as NOT VALID to the'
                   || ' partitions, where it can be validated, and then to the table'
            FROM pairs WHERE n > %1$s
            UNION ALL
            SELECT 'its foreign keys concern ' || pairs.n || ' pairs of partitions, and the server''s table of locks may not have'
                   || ' room for what belongs to each: raise max_locks_per_transaction to '
                   || (4 * (pairs.n + m.n) / s.sessions + 1) || ' or more'
            FROM pairs, (SELECT count(*) AS n FROM member) m,
                 (SELECT current_setting('max_connections')::bigint
                         + current_setting('max_prepared_transactions')::bigint AS sessions) s
            WHERE pairs.n > 0 AND 4 * (pairs.n + m.n) > s.sessions * current_setting('max_locks_per_transaction')::bigint
            UNION ALL
            SELECT 'foreign keys of partitioned tables are not validated, or not in force ('
                   || string_agg(name, ', ' ORDER BY name) || '): ALTER TABLE … VALIDATE CONSTRAINT first'
            FROM key WHERE from_parts AND NOT convalidated HAVING count(*) > 0
            UNION ALL
            SELECT 'foreign keys are not in force on partitions, as their triggers are disabled there ('
                   || string_agg(DISTINCT part.name, ', ') || '): ALTER TABLE … ENABLE TRIGGER ALL first'
            FROM part JOIN pg_catalog.pg_trigger g ON g.tgconstraint = part.oid AND g.tgenabled <> 'O'
            WHERE (SELECT oid FROM t) NOT IN (part.conrelid, part.confrelid) HAVING count(*) > 0
            UNION ALL
            SELECT 'foreign keys change columns by which their table is partitioned ('
                   || string_agg(name, ', ' ORDER BY name) || '), which a row may not survive while each partition has the'
                   || ' foreign key by itself: drop them first and add them again afterwards, or have them without ON UPDATE'
                   || ' and SET NULL or SET DEFAULT'
            FROM key WHERE from_parts AND (confupdtype IN ('c', 'n', 'd') OR confdeltype IN ('n', 'd')) AND EXISTS (
              SELECT FROM member m JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = m.oid
              WHERE m.root = key.conrelid AND (0 = ANY (p.partattrs) OR EXISTS (
                SELECT FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_attribute o ON o.attname = a.attname
                WHERE a.attrelid = p.partrelid AND a.attnum = ANY (p.partattrs)
                  AND o.attrelid = key.conrelid AND o.attnum = ANY (key.conkey)))) HAVING count(*) > 0
            """;

    private static final String RIGHTS = KEYS + """
            SELECT DISTINCT format('foreign keys of %s point to it, and its partition %s belongs to %I: GRANT %I TO %I',
                                   m.root::regclass, m.oid::regclass, pg_get_userbyid(c.relowner),
                                   pg_get_userbyid(c.relowner), current_user)
            FROM key JOIN member m ON m.root = key.conrelid AND m.oid <> m.root
            JOIN pg_catalog.pg_class c ON c.oid = m.oid
            WHERE key.conrelid <> (SELECT oid FROM t) AND NOT pg_has_role(c.relowner, 'USAGE')
            """;

    private static final String WARNINGS = KEYS + """
            SELECT 'foreign keys of partitioned tables (' || string_agg(name, ', ' ORDER BY name) || ') are in force from the'
                   || ' swap on for each partition, and are the table''s again when the rows have been read after it; a'
                   || ' partition that is made between the two has them from then on only'
            FROM key WHERE from_parts HAVING count(*) > 0
            """;

    private PartitionedKeyShape() {}

    /** One finding per kind, each with the objects' names and the remedy. */
    static List<String> findings(Connection connection, long oid) throws SQLException {
        return PostgresCatalog.texts(connection, FINDINGS.replace("%1$s", String.valueOf(MOST_PAIRS)), oid);
    }

    static List<String> rightsMissing(Connection connection, long oid) throws SQLException {
        return PostgresCatalog.texts(connection, RIGHTS, oid);
    }

    static List<String> warnings(Connection connection, long oid) throws SQLException {
        return PostgresCatalog.texts(connection, WARNINGS, oid);
    }
}
