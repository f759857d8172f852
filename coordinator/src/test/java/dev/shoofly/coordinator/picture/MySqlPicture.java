package dev.shoofly.coordinator.picture;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Every row of {@code information_schema}, whatever its views and columns are called in this version, and of the tables of
 * {@code mysql} that hold accounts and privileges; the files of InnoDB by their names; the variables and what was persisted of them.
 * Left out is what the server changes by itself.
 */
public final class MySqlPicture {
    private static final Set<String> NO_VIEW_OF_OBJECTS = Set.of(
            // Who is at work, and what for.
            "PROCESSLIST",
            "PROFILING",
            "OPTIMIZER_TRACE",
            // The same for all servers of a version.
            "COLLATIONS",
            "COLLATION_CHARACTER_SET_APPLICABILITY",
            "CHARACTER_SETS",
            "KEYWORDS",
            "ST_UNITS_OF_MEASURE",
            "ST_SPATIAL_REFERENCE_SYSTEMS",
            // InnoDB's files are below, by their names.
            "FILES");

    /** Sizes, counters, times and numbers. */
    private static final Set<String> CHANGED_BY_THE_SERVER = Set.of(
            "TABLE_ROWS",
            "AVG_ROW_LENGTH",
            "DATA_LENGTH",
            "MAX_DATA_LENGTH",
            "INDEX_LENGTH",
            "DATA_FREE",
            "AUTO_INCREMENT",
            "CARDINALITY",
            "CREATE_TIME",
            "UPDATE_TIME",
            "CHECK_TIME",
            "CHECKSUM",
            "CREATED",
            "LAST_ALTERED",
            "LAST_EXECUTED",
            "TIMESTAMP",
            "PASSWORD_LAST_CHANGED");

    private static final String VIEWS = "SELECT table_name FROM information_schema.tables"
            + " WHERE table_schema = 'information_schema' AND table_name NOT LIKE 'INNODB%'";

    private static final List<String> MORE = List.of(
            "SELECT 'mysql.user', u.* FROM mysql.user u",
            "SELECT 'mysql.db', u.* FROM mysql.db u",
            "SELECT 'mysql.tables_priv', u.* FROM mysql.tables_priv u",
            "SELECT 'mysql.columns_priv', u.* FROM mysql.columns_priv u",
            "SELECT 'mysql.procs_priv', u.* FROM mysql.procs_priv u",
            "SELECT 'mysql.global_grants', u.* FROM mysql.global_grants u",
            "SELECT 'mysql.role_edges', u.* FROM mysql.role_edges u",
            "SELECT 'mysql.default_roles', u.* FROM mysql.default_roles u",
            "SELECT 'table of InnoDB', name FROM information_schema.innodb_tables",
            "SELECT 'tablespace of InnoDB', name FROM information_schema.innodb_tablespaces",
            "SELECT 'file of InnoDB', path FROM information_schema.innodb_datafiles",
            "SELECT 'foreign key of InnoDB', id, for_name, ref_name, n_cols, type FROM information_schema.innodb_foreign",
            "SELECT 'statistics of no table', database_name, table_name FROM mysql.innodb_table_stats s WHERE NOT EXISTS"
                    + " (SELECT 1 FROM information_schema.tables t WHERE t.table_schema = s.database_name"
                    + " AND t.table_name = s.table_name) AND table_name NOT LIKE '%#%'",
            "SELECT 'variable', v.* FROM performance_schema.global_variables v WHERE variable_name NOT LIKE 'gtid%'",
            "SELECT 'persisted', v.* FROM performance_schema.persisted_variables v");

    private MySqlPicture() {}

    /** On a connection of the caller's. */
    public static Picture of(Connection connection) throws SQLException {
        List<String> lines = new ArrayList<>();
        try (Statement statement = connection.createStatement()) {
            List<String> views = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery(VIEWS)) {
                while (rows.next()) {
                    if (!NO_VIEW_OF_OBJECTS.contains(rows.getString(1))) {
                        views.add(rows.getString(1));
                    }
                }
            }
            for (String view : views) {
                read(statement, "SELECT '" + view + "', v.* FROM information_schema." + view + " v", lines);
            }
            for (String query : MORE) {
                read(statement, query, lines);
            }
            try (ResultSet prepared = statement.executeQuery("XA RECOVER")) {
                while (prepared.next()) {
                    lines.add("prepared " + prepared.getString(4));
                }
            }
        }
        return new Picture(lines);
    }

    private static void read(Statement statement, String query, List<String> lines) throws SQLException {
        try (ResultSet rows = statement.executeQuery(query)) {
            int columns = rows.getMetaData().getColumnCount();
            while (rows.next()) {
                StringBuilder line = new StringBuilder(rows.getString(1)).append(':');
                for (int column = 2; column <= columns; column++) {
                    String name = rows.getMetaData().getColumnLabel(column);
                    if (!CHANGED_BY_THE_SERVER.contains(name.toUpperCase(Locale.ROOT))) {
                        line.append(' ').append(name).append('=').append(rows.getString(column));
                    }
                }
                lines.add(line.toString());
            }
        }
    }
}
