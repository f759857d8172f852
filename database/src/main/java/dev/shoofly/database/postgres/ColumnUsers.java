package dev.shoofly.database.postgres;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What the server lets nobody take a column from, or its type: views, rules, policies, triggers, functions, publications
 * and, of a column that is dropped, foreign keys of other tables. Nothing of it hangs on the empty table that tells the rest.
 */
final class ColumnUsers {
    /** Those that stand in a way; whatever belongs to the table itself, the empty one has, too. */
    private static final String USERS = """
            SELECT DISTINCT CASE WHEN r.oid IS NOT NULL
                                 THEN pg_catalog.pg_describe_object('pg_catalog.pg_class'::regclass, r.ev_class, 0)
                                 ELSE pg_catalog.pg_describe_object(d.classid, d.objid, 0) END
            FROM pg_catalog.pg_depend d
            LEFT JOIN pg_catalog.pg_rewrite r ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND r.oid = d.objid
            LEFT JOIN pg_catalog.pg_constraint k ON d.classid = 'pg_catalog.pg_constraint'::regclass AND k.oid = d.objid
            WHERE d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = ?::bigint::oid
              AND d.refobjsubid = (SELECT a.attnum FROM pg_catalog.pg_attribute a
                                   WHERE a.attrelid = d.refobjid AND a.attname = ? AND NOT a.attisdropped)
              AND d.deptype = 'n'
              AND (d.classid IN ('pg_catalog.pg_rewrite'::regclass, 'pg_catalog.pg_policy'::regclass,
                                 'pg_catalog.pg_trigger'::regclass, 'pg_catalog.pg_proc'::regclass,
                                 'pg_catalog.pg_publication_rel'::regclass)
                   OR ? AND k.contype = 'f' AND k.conrelid <> d.refobjid)
            ORDER BY 1
            """;

    private ColumnUsers() {}

    /**
     * @param source the table itself
     * @param before of the empty table
     * @param after of the empty table, altered
     * @param cascading columns that are dropped with all that uses them
     * @throws ShooflyException REFUSED when something uses a column that is dropped or changes its type
     */
    static void refuse(
            Connection connection, TableFacts source, TableFacts before, TableFacts after, Set<String> cascading)
            throws SQLException {
        List<String> objections = new ArrayList<>();
        for (TableFacts.Column from : before.columns()) {
            Optional<TableFacts.Column> to = after.columns().stream()
                    .filter(column -> column.number() == from.number())
                    .findFirst();
            boolean retyped = to.isPresent()
                    && !(to.get().type().equals(from.type()) && to.get().collation() == from.collation());
            if (retyped || to.isEmpty() && !cascading.contains(from.name())) {
                List<String> users = PostgresCatalog.texts(connection, USERS, source.oid(), from.name(), to.isEmpty());
                if (!users.isEmpty()) {
                    objections.add("column \"" + from.name() + "\" is used by " + String.join(", ", users));
                }
            }
        }
        if (!objections.isEmpty()) {
            throw refused(source.name(), objections);
        }
    }

    private static ShooflyException refused(TableName table, List<String> objections) {
        return new ShooflyException(
                ErrorKind.REFUSED,
                "cannot alter " + table + ": " + objections.stream().collect(Collectors.joining("; "))
                        + ". The server neither drops such a column nor changes its type: drop what uses it first, and create"
                        + " it again afterwards. Nothing was changed.");
    }
}
