package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;
import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;

/** An empty table of the same definition, in a schema of its own, where it can have the source's names. */
final class EmptyTwin {
    private EmptyTwin() {}

    /**
     * Creates its schema, too. In the caller's transaction, which locks the source no stronger than a SELECT.
     *
     * @param twin in a schema that there is not
     */
    static void create(Connection connection, TableFacts original, TableName twin) throws SQLException {
        execute(connection, "CREATE SCHEMA " + quote(twin.schema()));
        execute(
                connection,
                "CREATE TABLE " + quote(twin) + " (LIKE " + quote(original.name())
                        + " INCLUDING ALL EXCLUDING INDEXES EXCLUDING STATISTICS)" + kind(connection, original.oid()));
        if (PartitionTree.isPartitioned(connection, original.oid())) {
            // Before the indexes: the server then gives each its part of them.
            PartitionTree.createPartitions(connection, original, twin);
        }
        new TwinDetails(connection, original, twin).complete();
        PartitionTree.completePartitions(connection, original, twin);
    }

    /** What follows the columns in CREATE TABLE: how it is partitioned and stored, as the table with this oid is. */
    static String kind(Connection connection, long oid) throws SQLException {
        String partitioned = PartitionTree.isPartitioned(connection, oid)
                ? " PARTITION BY " + PartitionTree.key(connection, oid)
                : "";
        // Until PostgreSQL 17 a partitioned table has no access method.
        return partitioned
                + PostgresCatalog.text(
                        connection,
                        "SELECT coalesce(' USING ' || quote_ident(am.amname), '')"
                                + " || coalesce(' TABLESPACE ' || quote_ident(ts.spcname), '') FROM pg_class c LEFT JOIN pg_am am ON am.oid = c.relam"
                                + " LEFT JOIN pg_tablespace ts ON ts.oid = c.reltablespace WHERE c.oid = ?::bigint::oid",
                        oid);
    }
}
