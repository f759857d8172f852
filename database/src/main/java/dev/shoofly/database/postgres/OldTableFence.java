package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;
import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * Makes writers that are bound to the old table by its oid (functions with a parsed body, views made meanwhile) fail
 * loudly instead of writing where nobody reads.
 */
final class OldTableFence {
    /** The session setting that lets a writer of ours through. */
    static final String WRITER_SETTING = "shoofly.writer";

    private OldTableFence() {}

    /** Before the swap and outside its transaction; repeatable. */
    static void install(Connection connection) throws SQLException {
        if (PostgresCatalog.test(connection, "SELECT to_regprocedure('shoofly.fence()') IS NOT NULL")) {
            return;
        }
        execute(connection, """
                CREATE OR REPLACE FUNCTION shoofly.fence() RETURNS trigger LANGUAGE plpgsql AS $fence$
                BEGIN
                  IF current_setting('shoofly.writer', true) = 'on' THEN
                    RETURN NULL;
                  END IF;
                  RAISE EXCEPTION 'table %.% was replaced by a schema change; this statement is still bound to the old one',
                    TG_TABLE_SCHEMA, TG_TABLE_NAME
                    USING ERRCODE = '55000', HINT = 'Create the view or function that holds it anew.';
                END
                $fence$
                """);
    }

    /** Part of the swap back, after which it is no old table any more. */
    static String removal(TableName table) {
        return "DROP TRIGGER IF EXISTS shoofly_fence ON " + quote(table);
    }

    /** Part of the swap. */
    static List<String> statements(TableName old) {
        return List.of(
                "CREATE TRIGGER shoofly_fence BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON " + quote(old)
                        + " FOR EACH STATEMENT EXECUTE FUNCTION shoofly.fence()",
                "ALTER TABLE " + quote(old) + " ENABLE ALWAYS TRIGGER shoofly_fence");
    }
}
