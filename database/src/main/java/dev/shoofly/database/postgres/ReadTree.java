package dev.shoofly.database.postgres;

import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/**
 * What the server's own reading of a statement, kept as that of the temporary view {@code shoofly_read}, tells of it and of all
 * views that it uses.
 */
final class ReadTree {
    private static final String VIEWS = """
            WITH RECURSIVE views (oid) AS (
              SELECT 'pg_temp.shoofly_read'::regclass::oid
              UNION
              SELECT d.refobjid FROM views v JOIN pg_catalog.pg_rewrite r ON r.ev_class = v.oid
              JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid
                AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> v.oid
              JOIN pg_catalog.pg_class c ON c.oid = d.refobjid AND c.relkind = 'v')
            """;

    private final Connection connection;

    /** @param connection in the transaction that made the view */
    ReadTree(Connection connection) {
        this.connection = connection;
    }

    /** Why it may do more than read, or may not answer the same twice. */
    Optional<String> objection() throws SQLException {
        String trees =
                value(VIEWS + "SELECT string_agg(r.ev_action::text, ' ') FROM views v JOIN pg_catalog.pg_rewrite r"
                        + " ON r.ev_class = v.oid");
        if (trees.contains("{ROWMARKCLAUSE")) {
            return Optional.of("it locks rows (FOR UPDATE or FOR SHARE)");
        }
        if (trees.contains("{TABLESAMPLECLAUSE")) {
            return Optional.of("TABLESAMPLE takes other rows each time");
        }
        String foreign = value(VIEWS
                + "SELECT min(c.oid::regclass::text) FROM views v JOIN pg_catalog.pg_rewrite r ON r.ev_class = v.oid"
                + " JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = r.oid"
                + " AND d.refclassid = 'pg_catalog.pg_class'::regclass"
                + " JOIN pg_catalog.pg_class c ON c.oid = d.refobjid AND c.relkind = 'f'");
        if (!foreign.isEmpty()) {
            return Optional.of("it reads the foreign table " + foreign + ", for which READ ONLY means nothing");
        }
        String function = volatileFunction(trees);
        return function.isEmpty()
                ? Optional.empty()
                : Optional.of(function + " is VOLATILE: it may do more than read, or gives another value each time");
    }

    /**
     * Of all that the trees call. VOLATILE is what the server calls every function with a side effect, those that a READ ONLY
     * transaction does not stop among them: advisory locks, notifications, settings, other servers. It is also the default of
     * CREATE FUNCTION; a function that only reads has to be declared so.
     */
    private String volatileFunction(String trees) throws SQLException {
        return PostgresCatalog.query(connection, """
                        WITH named (oid) AS (
                          SELECT m[1]::oid FROM regexp_matches(?, ':(?:funcid|opfuncid|aggfnoid|winfnoid) (\\d+)', 'g') m
                          UNION SELECT o.oprcode::oid FROM regexp_matches(?, ':opno (\\d+)', 'g') m
                          JOIN pg_catalog.pg_operator o ON o.oid = m[1]::oid),
                        used (oid) AS (
                          SELECT oid FROM named
                          UNION SELECT unnest(ARRAY[a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggmtransfn,
                                                    a.aggminvtransfn, a.aggmfinalfn]::oid[])
                          FROM named n JOIN pg_catalog.pg_aggregate a ON a.aggfnoid = n.oid)
                        SELECT p.oid::regprocedure::text FROM used JOIN pg_catalog.pg_proc p USING (oid)
                        WHERE p.provolatile = 'v' ORDER BY 1 LIMIT 1
                        """, row -> row.getString(1), trees, trees).stream()
                .findFirst()
                .orElse("");
    }

    /** A view between the statement and the source. */
    Optional<String> viewOver(TableName source) throws SQLException {
        return PostgresCatalog.query(
                        connection,
                        VIEWS
                                + "SELECT v.oid::regclass::text FROM views v JOIN pg_catalog.pg_rewrite r ON r.ev_class = v.oid"
                                + " JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass"
                                + " AND d.objid = r.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass"
                                + " JOIN pg_catalog.pg_class c ON c.oid = d.refobjid"
                                + " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                                + " WHERE v.oid <> 'pg_temp.shoofly_read'::regclass AND n.nspname = ? AND c.relname = ?"
                                + " ORDER BY 1 LIMIT 1",
                        row -> row.getString(1),
                        source.schema(),
                        source.table())
                .stream()
                .findFirst();
    }

    private String value(String query) throws SQLException {
        return PostgresCatalog.query(connection, query, row -> row.getString(1)).stream()
                .map(value -> value == null ? "" : value)
                .findFirst()
                .orElse("");
    }
}
