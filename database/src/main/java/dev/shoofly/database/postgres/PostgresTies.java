package dev.shoofly.database.postgres;

import dev.shoofly.database.StepImpact.TableLock;
import dev.shoofly.database.TableTies;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads what a table has and what hangs on it, as far as a shadow takes it over. */
final class PostgresTies {
    /** Kind and name, in the order in which they are told. */
    private static final String OBJECTS = """
        WITH t AS (SELECT ?::bigint::oid AS oid),
        readers AS (
          SELECT DISTINCT v.oid, v.relkind FROM t
          JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = t.oid
               AND d.classid = 'pg_catalog.pg_rewrite'::regclass
          JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
          JOIN pg_catalog.pg_class v ON v.oid = r.ev_class AND v.relkind IN ('v', 'm')),
        found (place, kind, name) AS (
          SELECT 1, 'indexes', c.relname::text FROM t
          JOIN pg_catalog.pg_index i ON i.indrelid = t.oid JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
          UNION ALL
          SELECT 2, 'checks', c.conname FROM t
          JOIN pg_catalog.pg_constraint c ON c.conrelid = t.oid AND c.contype = 'c'
          UNION ALL
          SELECT 3, 'extended statistics', s.stxname FROM t JOIN pg_catalog.pg_statistic_ext s ON s.stxrelid = t.oid
          UNION ALL
          SELECT 4, 'sequences', d.objid::regclass::text FROM t
          JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = t.oid
               AND d.classid = 'pg_catalog.pg_class'::regclass AND d.deptype IN ('a', 'i')
          JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'
          UNION ALL
          SELECT 5, 'partitions', p.relid::regclass::text FROM t, pg_partition_tree(t.oid::regclass) p
          WHERE p.relid <> t.oid
          UNION ALL
          SELECT 6, 'foreign keys of the table', format('%s to %s', c.conname, c.confrelid::regclass) FROM t
          JOIN pg_catalog.pg_constraint c ON c.conrelid = t.oid AND c.contype = 'f' AND c.conparentid = 0
          UNION ALL
          SELECT 7, 'foreign keys to it', format('%s of %s', c.conname, c.conrelid::regclass) FROM t
          JOIN pg_catalog.pg_constraint c ON c.confrelid = t.oid AND c.conrelid <> t.oid AND c.contype = 'f'
               AND c.conparentid = 0
          UNION ALL
          SELECT 8, 'views', oid::regclass::text FROM readers WHERE relkind = 'v'
          UNION ALL
          SELECT 9, 'materialised views', oid::regclass::text FROM readers WHERE relkind = 'm'
          UNION ALL
          SELECT 10, 'triggers', g.tgname FROM t JOIN pg_catalog.pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal
          UNION ALL
          SELECT 11, 'rules', r.rulename FROM t JOIN pg_catalog.pg_rewrite r ON r.ev_class = t.oid
          UNION ALL
          SELECT 12, 'row-level security policies', p.polname FROM t JOIN pg_catalog.pg_policy p ON p.polrelid = t.oid
          UNION ALL
          SELECT 13, 'entries in publications', p.pubname FROM t
          JOIN pg_catalog.pg_publication_rel m ON m.prrelid = t.oid
          JOIN pg_catalog.pg_publication p ON p.oid = m.prpubid AND p.pubname !~ '^shoofly_[a-z0-9]{8}$')
        SELECT kind, name FROM found ORDER BY place, name
        """;

    private static final String LOCKED = """
        WITH t AS (SELECT ?::bigint::oid AS oid)
        SELECT n.nspname AS schema, c.relname AS name, c.oid::regclass::text AS qualified FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.oid IN (
          SELECT unnest(ARRAY[k.conrelid, k.confrelid]) FROM t
          JOIN pg_catalog.pg_constraint k ON k.contype = 'f' AND k.conparentid = 0 AND t.oid IN (k.conrelid, k.confrelid)
          UNION
          SELECT r.ev_class FROM t
          JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = t.oid
               AND d.classid = 'pg_catalog.pg_rewrite'::regclass
          JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
          JOIN pg_catalog.pg_class v ON v.oid = r.ev_class AND v.relkind = 'v')
        AND c.oid NOT IN (SELECT oid FROM t)
        ORDER BY qualified
        """;

    private PostgresTies() {}

    /** @param connection whose names are qualified */
    static TableTies of(Connection connection, long oid) throws SQLException {
        TableTies.Lines lines =
                new TableTies.Lines().add("columns with their defaults, identity, comments and statistics targets");
        Map<String, List<String>> objects = objects(connection, oid);
        objects.forEach((kind, names) -> lines.add(kind, names, more(kind)));
        return lines.add("owner, privileges, storage parameters, replica identity, tablespace")
                .locking(locked(
                        connection,
                        oid,
                        row -> new TableLock(
                                new TableName(row.getString("schema"), row.getString("name")), "ACCESS EXCLUSIVE")));
    }

    private static String more(String kind) {
        if (kind.startsWith("foreign keys")) {
            return "; their rows are validated after the swap";
        }
        return kind.equals("materialised views") ? ", when the rollback window has ended" : "";
    }

    private static Map<String, List<String>> objects(Connection connection, long oid) throws SQLException {
        Map<String, List<String>> found = new LinkedHashMap<>();
        for (Map.Entry<String, String> each :
                PostgresCatalog.query(connection, OBJECTS, row -> Map.entry(row.getString(1), row.getString(2)), oid)) {
            found.computeIfAbsent(each.getKey(), kind -> new ArrayList<>()).add(each.getValue());
        }
        return found;
    }

    /** What the swap locks besides the table. */
    static <T> List<T> locked(Connection connection, long oid, PostgresCatalog.RowReader<T> reader)
            throws SQLException {
        return PostgresCatalog.query(connection, LOCKED, reader, oid);
    }
}
