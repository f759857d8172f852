package dev.shoofly.database.postgres;

import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.postgres.Attached.Part;
import dev.shoofly.database.postgres.Attached.PartitionedKey;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Foreign keys of partitioned tables. Until PostgreSQL 18 the server adds none to such a table without reading all rows under
 * a lock, but does so to each partition as NOT VALID; and one that every partition has, and that is validated there, it
 * gives to the table in a moment, with the partitions' own as its parts. So the swap adds it to the partitions that hold
 * rows, where it is in force at once, and {@link PartitionedKeyCompletion} does the rest when everybody works again. On later
 * servers, too: there is one way to get wrong instead of two.
 */
final class PartitionedKeys {
    static final String NOT_VALID = " NOT VALID";

    private PartitionedKeys() {}

    /** What a foreign key of a partitioned table is called on the partitions, each of them after its parent. */
    static List<Part> parts(Connection connection, TableName table, String constraint) throws SQLException {
        // The other parts, one for each partition of a table that it points to, are the table's own as it is.
        return PostgresCatalog.query(
                connection,
                """
                WITH RECURSIVE part AS (
                  SELECT k.oid, k.conrelid, k.conname, 0 AS level FROM pg_catalog.pg_constraint k
                  JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
                  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                  WHERE k.contype = 'f' AND n.nspname = ? AND c.relname = ? AND k.conname = ?
                  UNION ALL
                  SELECT k.oid, k.conrelid, k.conname, part.level + 1 FROM part
                  JOIN pg_catalog.pg_constraint k ON k.conparentid = part.oid AND k.conrelid <> part.conrelid)
                SELECT n.nspname, c.relname, part.conname, c.relkind <> 'p'
                FROM part JOIN pg_catalog.pg_class c ON c.oid = part.conrelid
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE part.level > 0 ORDER BY part.level, n.nspname, c.relname
                """,
                row -> new Part(quote(row.getString(1), row.getString(2)), row.getString(3), row.getBoolean(4)),
                table.schema(),
                table.table(),
                constraint);
    }

    /**
     * Statements of the swap that add it to all partitions that hold rows; leave another search path.
     *
     * @param migrated whether it is the migrated table's, whose partitions the fingerprint vouches for; others may have got
     *     one more since the shadow was made
     */
    static List<String> additions(Connection connection, PartitionedKey key, boolean migrated) throws SQLException {
        List<String> statements = new ArrayList<>();
        statements.add("SET LOCAL search_path = " + key.path());
        for (Part part : migrated ? key.parts() : present(connection, key)) {
            if (part.leaf()) {
                statements.add("ALTER TABLE " + part.table() + " ADD CONSTRAINT " + quote(part.name()) + " "
                        + key.definition() + NOT_VALID);
            }
        }
        statements.add("SET LOCAL search_path = pg_catalog");
        return statements;
    }

    private static List<Part> present(Connection connection, PartitionedKey key) throws SQLException {
        return parts(connection, tableName(connection, key), key.name());
    }

    static TableName tableName(Connection connection, PartitionedKey key) throws SQLException {
        return PostgresCatalog.query(
                        connection,
                        "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c"
                                + " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass(?)",
                        row -> new TableName(row.getString(1), row.getString(2)),
                        key.table())
                .get(0);
    }

    /**
     * A partition that holds rows.
     *
     * @param table quoted
     * @param name of the constraint; empty: it has none
     * @param constraint its oid; 0: it has none
     */
    record State(String table, String name, boolean validated, long constraint) {}

    /** What each partition has of it that is not a part of the table's own yet; sets another search path. */
    static List<State> states(Connection connection, PartitionedKey key) throws SQLException {
        PostgresCatalog.searchPath(connection, key.path());
        return PostgresCatalog.query(
                connection,
                "SELECT DISTINCT ON (n.nspname, c.relname) n.nspname, c.relname, coalesce(k.conname, ''),"
                        + " coalesce(k.convalidated, false), coalesce(k.oid::bigint, 0) FROM pg_catalog.pg_class c"
                        + " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                        + " LEFT JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid AND k.contype = 'f'"
                        + " AND k.conparentid = 0 AND k.confrelid = to_regclass(?)"
                        + " AND regexp_replace(pg_get_constraintdef(k.oid), '" + NOT_VALID + "$', '') = ?"
                        + " WHERE c.relkind <> 'p' AND c.oid IN " + PartitionTree.MEMBERS
                        // Of two that are alike its own.
                        + " ORDER BY n.nspname, c.relname, k.conname = ? DESC NULLS LAST, k.convalidated DESC",
                row -> new State(
                        quote(row.getString(1), row.getString(2)), row.getString(3), row.getBoolean(4), row.getLong(5)),
                key.target(),
                key.definition(),
                key.table(),
                key.name());
    }

    /** Of any foreign key. */
    static String drop(String table, String name) {
        return "ALTER TABLE " + table + " DROP CONSTRAINT " + quote(name);
    }

    static String drop(PartitionedKey key) {
        return drop(key.table(), key.name());
    }

    /** Statements that take it off the partitions, when it is not the table's yet; empty: none has it. */
    static List<String> drops(Connection connection, PartitionedKey key) throws SQLException {
        List<String> drops = states(connection, key).stream()
                .filter(state -> !state.name().isEmpty())
                .map(state -> drop(state.table(), state.name()))
                .toList();
        PostgresCatalog.qualifyEverything(connection);
        return drops;
    }

    /** Whether the table itself has it, which is the one of that name. */
    static boolean isWhole(Connection connection, PartitionedKey key) throws SQLException {
        return PostgresCatalog.test(
                connection,
                "SELECT true FROM pg_catalog.pg_constraint WHERE conrelid = to_regclass(?)"
                        + " AND conname = ? AND contype = 'f' AND conparentid = 0",
                key.table(),
                key.name());
    }
}
