package dev.shoofly.database.mysql;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/** Several statements without bound values, as they are: in the text of a trigger nothing stands for anything else. */
final class Series {
    private Series() {}

    /**
     * In one packet; not for triggers, of whose text the server would take the semicolon for a part. Once the server has it, it goes on to the end, or to the first error, whatever becomes of its client.
     *
     * @param connection one that takes several statements at a time
     */
    static void inOnePacket(Connection connection, List<String> statements) throws SQLException {
        try (Statement series = connection.createStatement()) {
            series.setEscapeProcessing(false);
            series.execute(String.join(";\n", statements));
            while (series.getMoreResults() || series.getUpdateCount() != -1) {
                // An error of a later statement comes with its answer.
            }
        }
    }

    static void oneByOne(Connection connection, List<String> statements) throws SQLException {
        for (String each : statements) {
            try (Statement statement = connection.createStatement()) {
                statement.setEscapeProcessing(false);
                statement.execute(each);
            }
        }
    }
}
