package dev.shoofly.database.mysql;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Several statements without bound values, as they are: in the text of a trigger nothing stands for anything else. */
final class Series {
    private Series() {}

    /**
     * In one packet; not for triggers, of whose text the server would take the semicolon for a part. Once the server has it, it goes on to the end, or to the first error, whatever becomes of its client.
     *
     * @param connection one that takes several statements at a time
     * @param reader of the rows that those give which ask for some
     * @return what it read of them all
     */
    static <T> List<T> inOnePacket(Connection connection, List<String> statements, SqlText.RowReader<T> reader)
            throws SQLException {
        List<T> read = new ArrayList<>();
        try (Statement series = connection.createStatement()) {
            series.setEscapeProcessing(false);
            boolean rows = series.execute(String.join(";\n", statements));
            // An error of a later statement comes with its answer.
            while (rows || series.getUpdateCount() != -1) {
                if (rows) {
                    try (ResultSet found = series.getResultSet()) {
                        while (found.next()) {
                            read.add(reader.read(found));
                        }
                    }
                }
                rows = series.getMoreResults();
            }
        }
        return read;
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
