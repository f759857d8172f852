package dev.shoofly.coordinator.picture;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Every row of every table of schema {@code shoofly}, on either server. */
public final class ControlPicture {
    private static final String TABLES = "SELECT table_name FROM information_schema.tables"
            + " WHERE table_schema = 'shoofly' AND table_type = 'BASE TABLE'";

    private ControlPicture() {}

    /** Each line begins with the name of its table. On a connection of the caller's. */
    public static Picture of(Connection connection) throws SQLException {
        List<String> lines = new ArrayList<>();
        try (Statement statement = connection.createStatement()) {
            List<String> tables = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery(TABLES)) {
                while (rows.next()) {
                    tables.add(rows.getString(1));
                }
            }
            for (String table : tables) {
                read(statement, table, lines);
            }
        }
        return new Picture(lines);
    }

    private static void read(Statement statement, String table, List<String> lines) throws SQLException {
        try (ResultSet rows = statement.executeQuery("SELECT * FROM shoofly." + table)) {
            int columns = rows.getMetaData().getColumnCount();
            while (rows.next()) {
                StringBuilder line = new StringBuilder(table);
                for (int column = 1; column <= columns; column++) {
                    line.append(' ')
                            .append(rows.getMetaData().getColumnLabel(column))
                            .append('=')
                            .append(rows.getString(column));
                }
                lines.add(line.toString());
            }
        }
    }
}
