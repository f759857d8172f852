package dev.shoofly.coordinator.picture;

import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Every row of every system catalog, whatever their names: which they are, and what a number in them points at, the server
 * tells ({@code pg_get_catalog_foreign_keys}, from version 14). Numbers become what they stand for. Left out is what the
 * server changes by itself.
 */
public final class PostgresPicture {
    private static final Set<String> NO_CATALOG_OF_OBJECTS = Set.of(
            // What ANALYZE has seen of the rows.
            "pg_statistic",
            "pg_statistic_ext_data",
            // Values, not definitions.
            "pg_largeobject",
            // Owners and privileges stand with the objects, too.
            "pg_shdepend",
            "pg_init_privs");

    private static final Set<String> CHANGED_BY_THE_SERVER = Set.of(
            // Another file, of another size, with rows of another age.
            "pg_class.relfilenode",
            "pg_class.relpages",
            "pg_class.reltuples",
            "pg_class.relallvisible",
            "pg_class.relallfrozen",
            "pg_class.relfrozenxid",
            "pg_class.relminmxid",
            "pg_database.datfrozenxid",
            "pg_database.datminmxid",
            // Set when there is one, and taken back by VACUUM at some time.
            "pg_class.relhasindex",
            "pg_class.relhasrules",
            "pg_class.relhastriggers",
            "pg_class.relhassubclass",
            // A hint about old snapshots, by which nothing is defined.
            "pg_index.indcheckxmin",
            // A dropped column leaves a gap, and a new one with a default saves the rewriting of rows.
            "pg_class.relnatts",
            "pg_attribute.attnum",
            "pg_attribute.atthasmissing",
            "pg_attribute.attmissingval",
            "pg_attribute.attcacheoff",
            // A number without a name.
            "pg_enum.oid");

    /** What catalogs hold as a tree, in words. Each gives one line for each object. */
    private static final List<String> DEFINITIONS = List.of(
            "SELECT pg_describe_object('pg_constraint'::regclass, oid, 0), pg_get_constraintdef(oid) FROM pg_constraint",
            "SELECT pg_describe_object('pg_class'::regclass, indexrelid, 0), pg_get_indexdef(indexrelid) FROM pg_index",
            "SELECT pg_describe_object('pg_trigger'::regclass, oid, 0), pg_get_triggerdef(oid) FROM pg_trigger"
                    + " WHERE NOT tgisinternal",
            "SELECT pg_describe_object('pg_rewrite'::regclass, oid, 0), pg_get_ruledef(oid) FROM pg_rewrite",
            "SELECT pg_describe_object('pg_attrdef'::regclass, oid, 0), pg_get_expr(adbin, adrelid) FROM pg_attrdef",
            "SELECT pg_describe_object('pg_policy'::regclass, oid, 0), concat(pg_get_expr(polqual, polrelid), ' / ',"
                    + " pg_get_expr(polwithcheck, polrelid)) FROM pg_policy",
            "SELECT pg_describe_object('pg_statistic_ext'::regclass, oid, 0), pg_get_statisticsobjdef(oid)"
                    + " FROM pg_statistic_ext",
            "SELECT pg_describe_object('pg_class'::regclass, oid, 0), concat(pg_get_partkeydef(oid), ' / ',"
                    + " pg_get_expr(relpartbound, oid)) FROM pg_class WHERE relispartition OR relkind = 'p'",
            "SELECT pg_describe_object('pg_proc'::regclass, oid, 0), pg_get_function_sqlbody(oid) FROM pg_proc"
                    + " WHERE prosqlbody IS NOT NULL",
            "SELECT pg_describe_object('pg_publication_rel'::regclass, oid, 0), pg_get_expr(prqual, prrelid)"
                    + " FROM pg_publication_rel WHERE prqual IS NOT NULL",
            "SELECT 'setting ' || name, setting FROM pg_settings",
            "SELECT 'slot ' || slot_name, concat_ws(' ', plugin, slot_type, temporary, active) FROM pg_replication_slots",
            "SELECT 'prepared ' || gid, owner FROM pg_prepared_xacts");

    private static final String COLUMNS = """
            SELECT c.relname, a.attname, a.atttypid::regtype::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
            WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
            ORDER BY c.relname, a.attnum
            """;

    /** Among the columns that there are. */
    private static final String PLACE =
            "'place=' || (SELECT count(*) FROM pg_catalog.pg_attribute b WHERE b.attrelid = t.attrelid"
                    + " AND b.attnum BETWEEN 1 AND t.attnum AND NOT b.attisdropped)";

    private final Statement statement;
    /** By catalog and column: an expression that says what its number stands for. */
    private final Map<String, String> references = new TreeMap<>();

    private PostgresPicture(Statement statement) {
        this.statement = statement;
    }

    /** On a connection of the caller's, on which it leaves a search path without a schema. */
    public static Picture of(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET search_path = ''");
            PostgresPicture picture = new PostgresPicture(statement);
            picture.readReferences();
            List<String> lines = new ArrayList<>();
            for (String query : picture.queries()) {
                picture.read(query, lines);
            }
            for (String definition : DEFINITIONS) {
                picture.read("SELECT 'definition of ' || d.a || ': ' || d.b FROM (" + definition + ") d (a, b)", lines);
            }
            return new Picture(lines).with(PostgresPicture::withoutNumbers);
        }
    }

    /** The server names these after the number of their table or constraint. */
    private static String withoutNumbers(String line) {
        return line.replaceAll("pg_toast_\\d+", "pg_toast_N")
                .replaceAll("RI_ConstraintTrigger_([ac])_\\d+", "RI_ConstraintTrigger_$1_N");
    }

    private void read(String query, List<String> lines) throws SQLException {
        try (ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                lines.add(rows.getString(1));
            }
        }
    }

    private void readReferences() throws SQLException {
        try (ResultSet rows =
                statement.executeQuery("SELECT fktable::regclass::text, fkcols, pktable::regclass::text, is_array"
                        + " FROM pg_get_catalog_foreign_keys()")) {
            while (rows.next()) {
                String[] columns = texts(rows.getArray(2));
                String catalog = rows.getString(1).replace("pg_catalog.", "");
                String target = rows.getString(3);
                boolean array = rows.getBoolean(4);
                if (columns.length == 1) {
                    String name = describe(
                            "'" + target + "'::regclass", array ? "n.x::oid" : "t." + columns[0] + "::oid", "0");
                    references.put(catalog + "." + columns[0], array ? each(columns[0], name) : name);
                } else {
                    String name = "(SELECT a.attname::text FROM pg_catalog.pg_attribute a WHERE a.attrelid = t."
                            + columns[0] + " AND a.attnum = " + (array ? "n.x" : "t." + columns[1]) + ")";
                    references.put(catalog + "." + columns[1], array ? each(columns[1], name) : name);
                }
            }
        }
    }

    private static String[] texts(Array array) throws SQLException {
        return (String[]) array.getArray();
    }

    private static String each(String column, String name) {
        return "(SELECT string_agg(coalesce(" + name + ", n.x::text), ', ' ORDER BY n.i) FROM unnest(t." + column
                + ") WITH ORDINALITY n (x, i))";
    }

    private static String describe(String catalog, String object, String part) {
        return "CASE WHEN " + object + " = 0 THEN '-' ELSE pg_describe_object(" + catalog + ", " + object + ", " + part
                + ") END";
    }

    /** One for each catalog; each gives a line for each row. */
    private List<String> queries() throws SQLException {
        Map<String, List<String>> columns = new TreeMap<>();
        Map<String, String> types = new TreeMap<>();
        try (ResultSet rows = statement.executeQuery(COLUMNS)) {
            while (rows.next()) {
                if (!NO_CATALOG_OF_OBJECTS.contains(rows.getString(1))) {
                    columns.computeIfAbsent(rows.getString(1), name -> new ArrayList<>())
                            .add(rows.getString(2));
                    types.put(rows.getString(1) + "." + rows.getString(2), rows.getString(3));
                }
            }
        }
        List<String> queries = new ArrayList<>();
        columns.forEach((catalog, names) -> {
            List<String> values = new ArrayList<>();
            for (String name : names) {
                String column = catalog + "." + name;
                if (!CHANGED_BY_THE_SERVER.contains(column) && !"pg_node_tree".equals(types.get(column))) {
                    String value = value(catalog, name, names);
                    if (!value.isEmpty()) {
                        values.add("'" + name + "=' || coalesce((" + value + ")::text, 'null')");
                    }
                }
            }
            if (catalog.equals("pg_attribute")) {
                values.add(PLACE);
            }
            queries.add("SELECT concat_ws(' ', '" + catalog + ":', " + String.join(", ", values) + ") FROM pg_catalog."
                    + catalog + " t" + condition(catalog));
        });
        return queries;
    }

    /** @return empty: the value of another column says it */
    private String value(String catalog, String name, List<String> names) {
        switch (name) {
            case "oid":
                return "pg_describe_object(t.tableoid, t.oid, 0)";
            case "classid", "classoid", "refclassid", "objsubid", "refobjsubid":
                return "";
            case "objid", "objoid", "refobjid":
                String prefix = name.startsWith("ref") ? "ref" : "";
                String end = name.endsWith("oid") ? "oid" : "id";
                String part = names.contains(prefix + "objsubid") ? "t." + prefix + "objsubid" : "0";
                return describe("t." + prefix + "class" + end, "t." + name, part);
            default:
                return references.getOrDefault(catalog + "." + name, "t.\"" + name + "\"");
        }
    }

    private static String condition(String catalog) {
        return switch (catalog) {
            case "pg_attribute" -> " WHERE NOT attisdropped";
            // Of the sessions that once had something temporary: made with their first, and kept by the server.
            case "pg_namespace" -> " WHERE nspname !~ '^pg_(toast_)?temp_'";
            default -> "";
        };
    }
}
