package dev.shoofly.database.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * A sequence that belongs to a column.
 *
 * @param isSerial owned by the column and used by its default; otherwise an identity's own
 */
record OwnedSequence(long oid, String schema, String name, String column, boolean isSerial) {

    /** Of the table with this oid. */
    static List<OwnedSequence> of(Connection connection, long table) throws SQLException {
        return PostgresCatalog.query(
                connection,
                "SELECT s.oid::bigint, n.nspname, s.relname, a.attname, d.deptype = 'a'"
                        + " FROM pg_catalog.pg_depend d"
                        + " JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'"
                        + " JOIN pg_catalog.pg_namespace n ON n.oid = s.relnamespace"
                        + " JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid"
                        + " WHERE d.classid = 'pg_catalog.pg_class'::regclass"
                        + " AND d.refclassid = 'pg_catalog.pg_class'::regclass"
                        + " AND d.refobjid = ?::bigint::oid AND d.deptype IN ('a', 'i') ORDER BY s.oid",
                row -> new OwnedSequence(
                        row.getLong(1), row.getString(2), row.getString(3), row.getString(4), row.getBoolean(5)),
                table);
    }
}
