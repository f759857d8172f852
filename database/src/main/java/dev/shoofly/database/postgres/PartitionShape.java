package dev.shoofly.database.postgres;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * What a partitioned table, or a single partition of it, may have that the swap does not carry over. Whatever the server
 * itself hands on from the table to its partitions goes over with the table, and is not among it.
 */
final class PartitionShape {
    /** More of them, each with its indexes, cannot be renamed while everybody waits. */
    static final int MOST_PARTITIONS = 500;

    /** The table with the oid that is the parameter ({@code root}), and its partitions ({@code part}). */
    private static final String TREE = """
            WITH RECURSIVE root AS (SELECT c.* FROM pg_catalog.pg_class c WHERE c.oid = ?::bigint::oid AND c.relkind = 'p'),
            tree AS (
              SELECT oid FROM root
              UNION ALL
              SELECT h.inhrelid FROM tree JOIN pg_catalog.pg_inherits h ON h.inhparent = tree.oid),
            part AS (SELECT c.*, c.oid::regclass::text AS name, h.inhparent, to_jsonb(h) ->> 'inhdetachpending' AS leaving
                     FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid
                     JOIN pg_catalog.pg_inherits h ON h.inhrelid = c.oid AND c.oid <> (SELECT oid FROM root)),
            bound AS (
              SELECT part.name, d.* FROM part JOIN pg_catalog.pg_type y ON y.oid = part.reltype
              JOIN pg_catalog.pg_depend d ON d.deptype = 'n'
                AND (d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = part.oid
                     OR d.refclassid = 'pg_catalog.pg_type'::regclass AND d.refobjid IN (y.oid, y.typarray)))
            """;

    private static final String FINDINGS = TREE + """
            SELECT 'it has ' || count(*) || ' partitions, and more than %1$s cannot be renamed while everybody waits: detach'
                   || ' those that are not written any more, and attach them again afterwards (they need the new columns)'
            FROM part HAVING count(*) > %1$s
            UNION ALL
            SELECT 'it has ' || r.n || ' partitions and indexes, and the server''s table of locks may not have room for all'
                   || ' of them twice: raise max_locks_per_transaction to ' || (4 * r.n / s.sessions + 1) || ' or more'
            FROM (SELECT count(*) AS n FROM pg_catalog.pg_class c
                  WHERE c.oid IN (SELECT oid FROM tree)
                     OR c.oid IN (SELECT indexrelid FROM pg_catalog.pg_index WHERE indrelid IN (SELECT oid FROM tree))) r,
                 (SELECT current_setting('max_connections')::bigint
                         + current_setting('max_prepared_transactions')::bigint AS sessions) s
            WHERE 4 * r.n > s.sessions * current_setting('max_locks_per_transaction')::bigint AND EXISTS (SELECT FROM root)
            UNION ALL
            SELECT 'partitions are foreign tables (' || string_agg(name, ', ' ORDER BY name)
                   || '), whose changes are not in this server''s log: detach them first'
            FROM part WHERE relkind = 'f' HAVING count(*) > 0
            UNION ALL
            SELECT 'partitions are UNLOGGED or temporary (' || string_agg(name, ', ' ORDER BY name)
                   || '), so their changes are not in the log: ALTER TABLE … SET LOGGED first'
            FROM part WHERE relpersistence <> 'p' HAVING count(*) > 0
            UNION ALL
            SELECT 'partitions are in another schema than the table (' || string_agg(name, ', ' ORDER BY name)
                   || '): ALTER TABLE … SET SCHEMA first'
            FROM part WHERE relnamespace <> (SELECT relnamespace FROM root) HAVING count(*) > 0
            UNION ALL
            SELECT 'partitions are being detached (' || string_agg(name, ', ' ORDER BY name)
                   || '): wait for that, or ALTER TABLE … DETACH PARTITION … FINALIZE first'
            FROM part WHERE leaving = 'true' HAVING count(*) > 0
            UNION ALL
            SELECT 'the columns of partitions are in another order than the table''s ('
                   || string_agg(name, ', ' ORDER BY name) || '), and may be used in that order: make them anew in the order'
                   || ' of the table first'
            FROM part WHERE (SELECT array_agg(attname ORDER BY attnum) FROM pg_catalog.pg_attribute
                             WHERE attrelid = part.oid AND attnum > 0 AND NOT attisdropped)
                <> (SELECT array_agg(a.attname ORDER BY a.attnum) FROM root JOIN pg_catalog.pg_attribute a
                    ON a.attrelid = root.oid AND a.attnum > 0 AND NOT a.attisdropped) HAVING count(*) > 0
            UNION ALL
            SELECT 'single partitions have foreign keys, or foreign keys point to single partitions ('
                   || string_agg(format('%%I on %%s', c.conname, c.conrelid::regclass), ', ' ORDER BY c.conname)
                   || '), and would stay with the old ones: have them for the whole table, or drop them first and add them'
                   || ' again afterwards'
            FROM pg_catalog.pg_constraint c WHERE c.contype = 'f' AND c.conparentid = 0
              AND (c.conrelid IN (SELECT oid FROM part) OR c.confrelid IN (SELECT oid FROM part)) HAVING count(*) > 0
            UNION ALL
            SELECT 'partitions have triggers of their own, or have one of the table''s enabled in another way than it is ('
                   || string_agg(format('%%I on %%s', g.tgname, part.name), ', ' ORDER BY part.name, g.tgname)
                   || '), which are not carried over: drop or enable them alike first'
            FROM part JOIN pg_catalog.pg_trigger g ON g.tgrelid = part.oid AND NOT (g.tgisinternal AND g.tgparentid = 0)
            LEFT JOIN pg_catalog.pg_trigger p ON p.oid = g.tgparentid
            WHERE p.oid IS NULL OR p.tgenabled <> g.tgenabled HAVING count(*) > 0
            UNION ALL
            SELECT 'partitions have rules, policies or row-level security of their own ('
                   || string_agg(name, ', ' ORDER BY name) || '), which are not carried over: drop them first and create them'
                   || ' again afterwards'
            FROM part WHERE relrowsecurity OR relforcerowsecurity
              OR EXISTS (SELECT FROM pg_catalog.pg_rewrite r WHERE r.ev_class = part.oid)
              OR EXISTS (SELECT FROM pg_catalog.pg_policy p WHERE p.polrelid = part.oid) HAVING count(*) > 0
            UNION ALL
            SELECT 'objects name single partitions ('
                   || string_agg(DISTINCT pg_describe_object(classid, objid, objsubid) || ' on ' || name, ', ')
                   || '); they would stay with the old ones: drop them first and create them again afterwards'
            FROM bound
            WHERE classid IN ('pg_catalog.pg_rewrite'::regclass, 'pg_catalog.pg_proc'::regclass,
                              'pg_catalog.pg_policy'::regclass)
               OR classid = 'pg_catalog.pg_class'::regclass AND refclassid = 'pg_catalog.pg_type'::regclass
            HAVING count(*) > 0
            UNION ALL
            SELECT 'publications list single partitions ('
                   || string_agg(format('%%I: %%s', p.pubname, part.name), ', ' ORDER BY p.pubname, part.name)
                   || '), and would go on with the old ones: let them list the partitioned table'
            FROM part JOIN pg_catalog.pg_publication_rel m ON m.prrelid = part.oid
            JOIN pg_catalog.pg_publication p ON p.oid = m.prpubid HAVING count(*) > 0
            UNION ALL
            SELECT 'subscriptions write into single partitions (' || string_agg(DISTINCT part.name, ', ')
                   || '), and would go on with the old ones'
            FROM part JOIN pg_catalog.pg_subscription_rel m ON m.srrelid = part.oid HAVING count(*) > 0
            UNION ALL
            SELECT 'partitions have sequences of their own (' || string_agg(DISTINCT part.name, ', ')
                   || '), which are not carried over: ALTER SEQUENCE … OWNED BY NONE first'
            FROM part JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = part.oid
              AND d.classid = 'pg_catalog.pg_class'::regclass AND d.deptype IN ('a', 'i')
            JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S' HAVING count(*) > 0
            UNION ALL
            SELECT 'partitions have unique indexes of their own ('
                   || string_agg(i.indexrelid::regclass::text, ', ' ORDER BY i.indexrelid)
                   || '), and rows that move between values of them cannot be told apart by the table: drop them first and'
                   || ' create them again afterwards'
            FROM part JOIN pg_catalog.pg_index i ON i.indrelid = part.oid AND (i.indisunique OR i.indisexclusion)
            WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid = i.indexrelid) HAVING count(*) > 0
            UNION ALL
            SELECT 'partitions have invalid indexes ('
                   || string_agg(i.indexrelid::regclass::text, ', ' ORDER BY i.indexrelid)
                   || '): drop or rebuild them first'
            FROM part JOIN pg_catalog.pg_index i ON i.indrelid = part.oid AND NOT i.indisvalid HAVING count(*) > 0
            UNION ALL
            SELECT 'partitions have constraints that are not validated ('
                   || string_agg(format('%%I on %%s', c.conname, part.name), ', ' ORDER BY part.name, c.conname)
                   || '): ALTER TABLE … VALIDATE CONSTRAINT first'
            FROM part JOIN pg_catalog.pg_constraint c ON c.conrelid = part.oid AND NOT c.convalidated HAVING count(*) > 0
            UNION ALL
            SELECT 'it has deferrable unique constraints (' || string_agg(format('%%I', c.conname), ', ' ORDER BY c.conname)
                   || '), by which rows of a partitioned table cannot be written: make them NOT DEFERRABLE first'
            FROM root JOIN pg_catalog.pg_constraint c ON c.conrelid = root.oid AND c.contype IN ('p', 'u') AND c.condeferrable
            HAVING count(*) > 0
            UNION ALL
            SELECT 'partitions log another key of their rows than the table''s (' || string_agg(name, ', ' ORDER BY name)
                   || '): ALTER TABLE … REPLICA IDENTITY for each as it is for the table'
            FROM part, root WHERE part.relkind = 'r' AND (part.relreplident <> root.relreplident
              OR root.relreplident = 'i' AND NOT EXISTS (
                WITH RECURSIVE above AS (
                  SELECT i.indexrelid AS oid FROM pg_catalog.pg_index i
                  WHERE i.indrelid = part.oid AND i.indisreplident
                  UNION ALL
                  SELECT h.inhparent FROM above JOIN pg_catalog.pg_inherits h ON h.inhrelid = above.oid)
                SELECT FROM above JOIN pg_catalog.pg_index i ON i.indexrelid = above.oid
                WHERE i.indrelid = root.oid AND i.indisreplident)) HAVING count(*) > 0
            """;

    private static final String RIGHTS = TREE + """
            SELECT format('its partition %s belongs to %I: GRANT %I TO %I, or ALTER TABLE %s OWNER TO %I', part.name,
                          pg_get_userbyid(relowner), pg_get_userbyid(relowner), current_user, part.name, current_user)
            FROM part WHERE NOT pg_has_role(relowner, 'USAGE')
            """;

    private static final String WARNINGS = TREE + """
            SELECT 'it has ' || count(*) || ' partitions, which are renamed with it and locked by the swap; its indexes are there'
                   || ' from the start of the copy. A partition that somebody attaches, creates, detaches, drops or truncates'
                   || ' meanwhile ends the migration: hold such jobs back'
            FROM root JOIN part ON true GROUP BY root.oid
            """;

    private PartitionShape() {}

    /** One finding per kind, each with the objects' names and the remedy; none for a table that is not partitioned. */
    static List<String> findings(Connection connection, long oid) throws SQLException {
        return PostgresCatalog.texts(connection, FINDINGS.formatted(MOST_PARTITIONS), oid);
    }

    static List<String> rightsMissing(Connection connection, long oid) throws SQLException {
        return PostgresCatalog.texts(connection, RIGHTS, oid);
    }

    static List<String> warnings(Connection connection, long oid) throws SQLException {
        return PostgresCatalog.texts(connection, WARNINGS, oid);
    }

    static ShooflyException refused(String why) {
        return new ShooflyException(ErrorKind.REFUSED, why + ". Nothing was changed.");
    }
}
