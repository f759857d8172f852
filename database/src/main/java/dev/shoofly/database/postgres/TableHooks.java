package dev.shoofly.database.postgres;

import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * Triggers, rules and row-level security of a table, as statements that make them anew. They name the table without its
 * schema, and everything else with it: they mean the table that the search path finds first.
 */
final class TableHooks {
    private TableHooks() {}

    /** Leaves the search path at the table's schema. */
    static List<String> statements(Connection connection, TableName table, long oid) throws SQLException {
        PostgresCatalog.searchPath(connection, quote(table.schema()));
        String name = quote(table.table());
        return PostgresCatalog.texts(connection, """
                WITH t AS (SELECT c.*, ?::text AS name FROM pg_catalog.pg_class c WHERE c.oid = ?::bigint::oid)
                SELECT line FROM (
                  SELECT 1 AS kind, g.tgname AS object, 1 AS part, pg_get_triggerdef(g.oid, true) AS line
                  FROM t JOIN pg_catalog.pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal
                  UNION ALL
                  SELECT 1, g.tgname, 2, format('ALTER TABLE %s %s TRIGGER %I', t.name,
                         CASE g.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END,
                         g.tgname)
                  FROM t JOIN pg_catalog.pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal AND g.tgenabled <> 'O'
                  UNION ALL
                  SELECT 1, g.tgname, 3, format('COMMENT ON TRIGGER %I ON %s IS %L', g.tgname, t.name,
                         obj_description(g.oid, 'pg_trigger'))
                  FROM t JOIN pg_catalog.pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal
                  WHERE obj_description(g.oid, 'pg_trigger') IS NOT NULL
                  UNION ALL
                  SELECT 2, r.rulename, 1, rtrim(pg_get_ruledef(r.oid, true), ';')
                  FROM t JOIN pg_catalog.pg_rewrite r ON r.ev_class = t.oid
                  UNION ALL
                  SELECT 2, r.rulename, 2, format('ALTER TABLE %s %s RULE %I', t.name,
                         CASE r.ev_enabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END,
                         r.rulename)
                  FROM t JOIN pg_catalog.pg_rewrite r ON r.ev_class = t.oid AND r.ev_enabled <> 'O'
                  UNION ALL
                  SELECT 2, r.rulename, 3, format('COMMENT ON RULE %I ON %s IS %L', r.rulename, t.name,
                         obj_description(r.oid, 'pg_rewrite'))
                  FROM t JOIN pg_catalog.pg_rewrite r ON r.ev_class = t.oid
                  WHERE obj_description(r.oid, 'pg_rewrite') IS NOT NULL
                  UNION ALL
                  SELECT 3, p.polname, 1, format('CREATE POLICY %I ON %s AS %s FOR %s TO %s%s%s', p.polname, t.name,
                         CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
                         CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
                                       WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
                         CASE WHEN p.polroles = '{0}' THEN 'PUBLIC'
                              ELSE (SELECT string_agg(quote_ident(o.rolname), ', ' ORDER BY o.rolname)
                                    FROM pg_catalog.pg_roles o WHERE o.oid = ANY (p.polroles)) END,
                         ' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')',
                         ' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')')
                  FROM t JOIN pg_catalog.pg_policy p ON p.polrelid = t.oid
                  UNION ALL
                  SELECT 3, p.polname, 2, format('COMMENT ON POLICY %I ON %s IS %L', p.polname, t.name,
                         obj_description(p.oid, 'pg_policy'))
                  FROM t JOIN pg_catalog.pg_policy p ON p.polrelid = t.oid
                  WHERE obj_description(p.oid, 'pg_policy') IS NOT NULL
                  UNION ALL
                  SELECT 4, '', 1, format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t.name) FROM t WHERE relrowsecurity
                  UNION ALL
                  SELECT 4, '', 2, format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t.name) FROM t
                  WHERE relforcerowsecurity
                ) lines ORDER BY kind, object, part
                """, name, oid);
    }

    /** Statements by which triggers that were all disabled are what they are now; they name the table with its schema. */
    static List<String> enabling(Connection connection, TableName table, long oid) throws SQLException {
        return PostgresCatalog.texts(
                connection,
                "SELECT format('ALTER TABLE %s ENABLE %s TRIGGER %I', ?::text,"
                        + " CASE g.tgenabled WHEN 'R' THEN 'REPLICA' WHEN 'A' THEN 'ALWAYS' ELSE '' END, g.tgname)"
                        + " FROM pg_catalog.pg_trigger g WHERE g.tgrelid = ?::bigint::oid AND NOT g.tgisinternal"
                        + " AND g.tgenabled <> 'D' ORDER BY g.tgname",
                quote(table),
                oid);
    }

    static boolean hasRules(Connection connection, long oid) throws SQLException {
        return PostgresCatalog.test(
                connection, "SELECT true FROM pg_catalog.pg_rewrite WHERE ev_class = ?::bigint::oid LIMIT 1", oid);
    }

    /** Statements that take all of it away. */
    static List<String> removal(Connection connection, TableName table, long oid) throws SQLException {
        String name = quote(table);
        return PostgresCatalog.texts(connection, """
                WITH t AS (SELECT c.*, ?::text AS name FROM pg_catalog.pg_class c WHERE c.oid = ?::bigint::oid)
                SELECT format('DROP TRIGGER %I ON %s', g.tgname, t.name)
                FROM t JOIN pg_catalog.pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal
                UNION ALL
                SELECT format('DROP RULE %I ON %s', r.rulename, t.name)
                FROM t JOIN pg_catalog.pg_rewrite r ON r.ev_class = t.oid
                UNION ALL
                SELECT format('DROP POLICY %I ON %s', p.polname, t.name)
                FROM t JOIN pg_catalog.pg_policy p ON p.polrelid = t.oid
                UNION ALL
                SELECT format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY', t.name)
                FROM t WHERE relrowsecurity OR relforcerowsecurity
                """, name, oid);
    }
}
