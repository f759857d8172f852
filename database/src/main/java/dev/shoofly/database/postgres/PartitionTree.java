package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;
import static dev.shoofly.database.postgres.PostgresNames.literal;
import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A partitioned table's partitions, at any depth. Read off {@code pg_inherits}: the server's own {@code pg_partition_tree}
 * locks every partition, so whoever asks who holds one would wait for him.
 */
final class PartitionTree {
    /** Oids of a table, whose quoted name is the parameter, and of all its partitions. */
    static final String MEMBERS = members("pg_catalog.to_regclass(?)::oid");
    /** The same, where its oid is the parameter. */
    static final String MEMBERS_BY_OID = members("?::bigint::oid");

    private PartitionTree() {}

    private static String members(String table) {
        return "(WITH RECURSIVE tree AS (SELECT " + table + " AS oid"
                + " UNION ALL SELECT h.inhrelid FROM tree JOIN pg_catalog.pg_inherits h ON h.inhparent = tree.oid)"
                + " SELECT tree.oid FROM tree)";
    }

    /**
     * @param parent oid
     * @param bound as in {@code ATTACH PARTITION}
     * @param key as in {@code PARTITION BY}; empty: it has no partitions of its own
     */
    record Partition(long oid, TableName name, long parent, String bound, String key) {}

    /** A partition of the source and that of the shadow that has its place; oids. */
    record Pair(long source, long shadow) {
        Pair reversed() {
            return new Pair(shadow, source);
        }
    }

    static boolean isPartitioned(Connection connection, long oid) throws SQLException {
        return PostgresCatalog.test(
                connection, "SELECT relkind = 'p' FROM pg_catalog.pg_class WHERE oid = ?::bigint::oid", oid);
    }

    /** As in {@code PARTITION BY}; spelled with schemas under {@link PostgresCatalog#qualifyEverything}. */
    static String key(Connection connection, long oid) throws SQLException {
        return Objects.requireNonNull(
                PostgresCatalog.text(connection, "SELECT pg_get_partkeydef(?::bigint::oid)", oid));
    }

    /** Each after its parent; nothing for a table that is not partitioned. */
    static List<Partition> of(Connection connection, long table) throws SQLException {
        return PostgresCatalog.query(
                connection,
                """
                WITH RECURSIVE tree AS (
                  SELECT ?::bigint::oid AS oid, NULL::oid AS parent, 0 AS level
                  UNION ALL
                  SELECT h.inhrelid, h.inhparent, tree.level + 1 FROM tree
                  JOIN pg_catalog.pg_inherits h ON h.inhparent = tree.oid
                  JOIN pg_catalog.pg_class p ON p.oid = tree.oid AND p.relkind = 'p')
                SELECT c.oid::bigint, n.nspname, c.relname, tree.parent::bigint, pg_get_expr(c.relpartbound, c.oid),
                       CASE c.relkind WHEN 'p' THEN pg_get_partkeydef(c.oid) ELSE '' END
                FROM tree JOIN pg_catalog.pg_class c ON c.oid = tree.oid
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE tree.level > 0 ORDER BY tree.level, n.nspname, c.relname
                """,
                row -> new Partition(
                        row.getLong(1),
                        new TableName(row.getString(2), row.getString(3)),
                        row.getLong(4),
                        row.getString(5),
                        row.getString(6)),
                table);
    }

    /** Partitions of the same names, whose schemas may be others. */
    static List<Pair> pairs(List<Partition> sources, List<Partition> shadows) {
        Map<String, Long> byName = new HashMap<>();
        shadows.forEach(partition -> byName.put(partition.name().table(), partition.oid()));
        List<Pair> pairs = new ArrayList<>();
        for (Partition source : sources) {
            Long shadow = byName.get(source.name().table());
            if (shadow != null) {
                pairs.add(new Pair(source.oid(), shadow));
            }
        }
        return pairs;
    }

    /**
     * Gives the twin, which has no indexes yet, empty partitions with the source's own names, bounds, defaults and checks.
     *
     * @param twin in a schema in which these names are free
     */
    static void createPartitions(Connection connection, TableFacts source, TableName twin) throws SQLException {
        Map<Long, TableName> made = new HashMap<>(Map.of(source.oid(), twin));
        for (Partition partition : of(connection, source.oid())) {
            TableName copy = new TableName(twin.schema(), partition.name().table());
            // Identity comes from the parent, or is none.
            execute(
                    connection,
                    "CREATE TABLE " + quote(copy) + " (LIKE " + quote(partition.name())
                            + " INCLUDING ALL EXCLUDING INDEXES EXCLUDING STATISTICS EXCLUDING IDENTITY)"
                            + EmptyTwin.kind(connection, partition.oid()));
            execute(
                    connection,
                    "ALTER TABLE " + quote(Objects.requireNonNull(made.get(partition.parent()))) + " ATTACH PARTITION "
                            + quote(copy) + " " + partition.bound());
            made.put(partition.oid(), copy);
        }
    }

    /** After the twin's own: what its partitions have beside that. */
    static void completePartitions(Connection connection, TableFacts source, TableName twin) throws SQLException {
        for (Partition partition : of(connection, source.oid())) {
            TableFacts facts = PostgresCatalog.read(connection, partition.name());
            new TwinDetails(
                            connection,
                            facts,
                            new TableName(twin.schema(), partition.name().table()))
                    .complete();
        }
    }

    /** An index of a partition that belongs to one of a table above it. */
    private record Part(String table, String name, String tail, String tablespace, boolean clustered, String comment) {}

    /**
     * Gives the partitions' parts of an index, which the server has named by itself, the names of the source's parts, and
     * whatever else these have of their own.
     *
     * @param source oid of the source's index
     * @param twin of the twin's, in the twins' schema
     */
    static void nameParts(Connection connection, long source, TableName twin) throws SQLException {
        long made = PostgresCatalog.oid(connection, twin).orElseThrow();
        Map<String, Part> originals = new HashMap<>();
        parts(connection, source).forEach(part -> originals.put(part.table(), part));
        List<Part> copies = parts(connection, made);
        // By way of names that nobody has: one's name may be another's own.
        for (int i = 0; i < copies.size(); i++) {
            rename(connection, twin.schema(), copies.get(i).name(), "shoofly part " + i);
        }
        for (int i = 0; i < copies.size(); i++) {
            Part original = originals.get(copies.get(i).table());
            if (original == null || !original.tail().equals(copies.get(i).tail())) {
                throw PartitionShape.refused("the index \"" + (original == null ? "?" : original.name())
                        + "\" of partition " + copies.get(i).table()
                        + " differs from the index of the partitioned table that it belongs to: drop it and create it"
                        + " again, so that both are alike");
            }
            rename(connection, twin.schema(), "shoofly part " + i, original.name());
            String name = quote(twin.schema(), original.name());
            String tablespace = original.tablespace().isEmpty() ? "pg_default" : quote(original.tablespace());
            if (!original.tablespace().equals(copies.get(i).tablespace())) {
                execute(connection, "ALTER INDEX " + name + " SET TABLESPACE " + tablespace);
            }
            if (original.clustered()) {
                execute(
                        connection,
                        "ALTER TABLE " + quote(twin.schema(), original.table()) + " CLUSTER ON "
                                + quote(original.name()));
            }
            if (!original.comment().isEmpty()) {
                execute(connection, "COMMENT ON INDEX " + name + " IS " + literal(original.comment()));
            }
        }
    }

    private static void rename(Connection connection, String schema, String from, String to) throws SQLException {
        execute(connection, "ALTER INDEX " + quote(schema, from) + " RENAME TO " + quote(to));
    }

    private static List<Part> parts(Connection connection, long index) throws SQLException {
        return PostgresCatalog.query(
                connection,
                """
                WITH RECURSIVE tree AS (
                  SELECT ?::bigint::oid AS oid, 0 AS level
                  UNION ALL
                  SELECT h.inhrelid, tree.level + 1 FROM tree
                  JOIN pg_catalog.pg_inherits h ON h.inhparent = tree.oid)
                SELECT t.relname, c.relname, regexp_replace(pg_get_indexdef(c.oid), '^.*? USING ', 'USING '),
                       coalesce(s.spcname, ''), i.indisclustered, coalesce(obj_description(c.oid, 'pg_class'), '')
                FROM tree JOIN pg_catalog.pg_index i ON i.indexrelid = tree.oid
                JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
                JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
                LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace
                WHERE tree.level > 0 ORDER BY tree.level, t.relname
                """,
                row -> new Part(
                        row.getString(1),
                        row.getString(2),
                        row.getString(3),
                        row.getString(4),
                        row.getBoolean(5),
                        row.getString(6)),
                index);
    }
}
