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
        String storage = PostgresCatalog.text(
                connection,
                "SELECT format('USING %I', am.amname) || CASE WHEN ts.oid IS NULL THEN '' ELSE format(' TABLESPACE %I', ts.spcname) END"
                        + " FROM pg_class c JOIN pg_am am ON am.oid = c.relam"
                        + " LEFT JOIN pg_tablespace ts ON ts.oid = c.reltablespace WHERE c.oid = ?::bigint::oid",
                original.oid());
        execute(
                connection,
                "CREATE TABLE " + quote(twin) + " (LIKE " + quote(original.name())
                        + " INCLUDING ALL EXCLUDING INDEXES EXCLUDING STATISTICS) " + storage);
        new TwinDetails(connection, original, twin).complete();
    }
}
