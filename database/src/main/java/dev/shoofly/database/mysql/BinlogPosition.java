package dev.shoofly.database.mysql;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** Where the server's binary log ends: the set of its transactions, or file and offset where they have no identifiers. */
final class BinlogPosition {
    private BinlogPosition() {}

    /** Empty without the privilege to ask. */
    static String read(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            try (ResultSet row = statement.executeQuery("SELECT @@GLOBAL.gtid_executed")) {
                String executed = row.next() ? row.getString(1) : null;
                if (executed != null && !executed.isEmpty()) {
                    return executed.replace("\n", "");
                }
            }
            String version = connection.getMetaData().getDatabaseProductVersion();
            boolean renamed = version.startsWith("9.") || version.startsWith("8.4");
            try (ResultSet row = statement.executeQuery(renamed ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS")) {
                return row.next() ? row.getString(1) + ":" + row.getLong(2) : "";
            } catch (SQLException e) {
                if (e.getErrorCode() == MISSING_PRIVILEGE) {
                    return "";
                }
                throw e;
            }
        }
    }

    /** ER_SPECIFIC_ACCESS_DENIED_ERROR. */
    private static final int MISSING_PRIVILEGE = 1227;
}
