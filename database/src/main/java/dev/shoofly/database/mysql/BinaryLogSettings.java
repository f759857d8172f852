package dev.shoofly.database.mysql;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** What the server's settings must be so that the log holds every change, whole. */
final class BinaryLogSettings {
    private BinaryLogSettings() {}

    static List<String> findings(Connection connection) throws SQLException {
        List<String> findings = new ArrayList<>();
        if (MySqlCatalog.variable(connection, "log_bin").equals("0")) {
            findings.add(
                    "the binary log is off (log_bin=OFF), so changes cannot be followed. Start the server with log_bin");
            return findings;
        }
        String format = MySqlCatalog.variable(connection, "binlog_format");
        if (!format.equals("ROW")) {
            findings.add("binlog_format is " + format + ", so the log does not name the rows that change."
                    + " SET GLOBAL binlog_format = 'ROW', and let the sessions that are connected connect anew");
        }
        String image = MySqlCatalog.variable(connection, "binlog_row_image");
        if (!image.equals("FULL")) {
            findings.add("binlog_row_image is " + image + ", so the log may leave out the shared key."
                    + " SET GLOBAL binlog_row_image = 'FULL', and let the sessions that are connected connect anew");
        }
        boolean ordered =
                MySqlCatalog.variable(connection, "binlog_order_commits").equals("1");
        if (!ordered && !MySqlVisibility.hasGtids(connection)) {
            findings.add("binlog_order_commits is OFF and gtid_mode is not ON, so nothing tells when a logged change is"
                    + " visible. SET GLOBAL binlog_order_commits = ON");
        }
        String options = MySqlCatalog.variable(connection, "binlog_row_value_options");
        if (!options.isEmpty()) {
            findings.add("binlog_row_value_options is " + options + ", which row events cannot be read with."
                    + " SET GLOBAL binlog_row_value_options = ''");
        }
        return findings;
    }
}
