package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;
import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Views that read the source. The swap gives each the same query over the new table by CREATE OR REPLACE, so that the view
 * itself stays, with its privileges, triggers and the views that read it. Of materialised ones only the queries are found here, see
 * {@link MaterializedHandover}.
 */
final class TwinViews {
    private final Connection connection;
    private final TableFacts source;
    private final TableName twin;
    private final StandIns standIns;
    private final Map<TableName, TableName> places = new LinkedHashMap<>();
    private final Map<TableName, String> originals = new LinkedHashMap<>();
    private final Set<TableName> materialized = new HashSet<>();

    TwinViews(Connection connection, TableFacts source, TableName twin, StandIns standIns) {
        this.connection = connection;
        this.source = source;
        this.twin = twin;
        this.standIns = standIns;
    }

    void hang() throws SQLException {
        for (TableName view : PostgresCatalog.query(
                connection,
                "SELECT DISTINCT n.nspname, v.relname, v.relkind = 'm' FROM pg_catalog.pg_depend d"
                        + " JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid JOIN pg_catalog.pg_class v ON v.oid = r.ev_class"
                        + " JOIN pg_catalog.pg_namespace n ON n.oid = v.relnamespace"
                        + " WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass"
                        + " AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = ?::bigint::oid"
                        + " AND v.relkind IN ('v', 'm') AND r.rulename = '_RETURN' ORDER BY 1, 2",
                row -> {
                    TableName view = new TableName(row.getString(1), row.getString(2));
                    if (row.getBoolean(3)) {
                        materialized.add(view);
                    }
                    return view;
                },
                source.oid())) {
            TableName place = standIns.place(view);
            places.put(view, place);
            String query = query(view, source.name().schema());
            originals.put(view, query);
            PostgresCatalog.searchPath(
                    connection,
                    quote(twin.schema()) + ", " + quote(source.name().schema()));
            execute(connection, "CREATE VIEW " + quote(place) + " AS " + query);
        }
    }

    /** Spells names of this schema without it. */
    private String query(TableName view, String schema) throws SQLException {
        PostgresCatalog.searchPath(connection, quote(schema));
        String query = String.valueOf(PostgresCatalog.text(
                connection,
                "SELECT pg_get_viewdef(?::bigint::oid)",
                PostgresCatalog.oid(connection, view).orElseThrow()));
        return query.endsWith(";") ? query.substring(0, query.length() - 1) : query;
    }

    /** Of those that the swap locks. */
    List<String> names() {
        return places.keySet().stream()
                .filter(view -> !materialized.contains(view))
                .map(PostgresNames::quote)
                .toList();
    }

    /** @param back the same for the way back */
    void takeOff(Attached.Builder there, Attached.Builder back) throws SQLException {
        for (Map.Entry<TableName, TableName> entry : places.entrySet()) {
            TableName view = entry.getKey();
            TableName place = entry.getValue();
            if (PostgresCatalog.oid(connection, place).isEmpty()) {
                throw refused(view, "the alterations drop it");
            }
            if (!columns(view).equals(columns(place))) {
                throw refused(view, "its columns would have other types, which a view cannot take on");
            }
            String query = query(place, twin.schema());
            // As the swap will: what cannot be said of the altered table must not be found out there.
            PostgresCatalog.searchPath(connection, quote(twin.schema()));
            try {
                execute(connection, "CREATE OR REPLACE VIEW " + quote(place) + " AS " + query);
            } catch (SQLException e) {
                throw refused(view, "over the altered table the server refuses it: " + SqlErrors.serverSaid(e));
            }
            if (materialized.contains(view)) {
                there.materialize(new Attached.Materialized(view.schema(), view.table(), query));
            } else {
                replace(view, query, there);
                replace(view, String.valueOf(originals.get(view)), back);
            }
            PostgresCatalog.qualifyEverything(connection);
            standIns.remove(place);
        }
    }

    private void replace(TableName view, String query, Attached.Builder by) throws SQLException {
        by.after("SET LOCAL search_path = " + quote(source.name().schema()));
        by.after("CREATE OR REPLACE VIEW " + quote(view) + options(view) + " AS " + query);
    }

    private ShooflyException refused(TableName view, String why) {
        return new ShooflyException(
                ErrorKind.REFUSED,
                "the view " + view + " reads " + source.name() + ", and " + why
                        + ": drop the view first and create it again afterwards. Nothing was changed.");
    }

    private List<String> columns(TableName view) throws SQLException {
        return PostgresCatalog.texts(
                connection,
                "SELECT format('%s %s %s %s', attname, atttypid, atttypmod, attcollation) FROM pg_catalog.pg_attribute"
                        + " WHERE attrelid = ?::bigint::oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
                PostgresCatalog.oid(connection, view).orElseThrow());
    }

    private String options(TableName view) throws SQLException {
        String options = PostgresCatalog.text(
                connection,
                "SELECT array_to_string(reloptions, ', ') FROM pg_catalog.pg_class WHERE oid = ?::bigint::oid",
                PostgresCatalog.oid(connection, view).orElseThrow());
        return options == null ? "" : " WITH (" + options + ")";
    }
}
