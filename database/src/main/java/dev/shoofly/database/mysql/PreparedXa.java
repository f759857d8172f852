package dev.shoofly.database.mysql;

import dev.shoofly.database.connection.Pause;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** XA transactions between their PREPARE and their end. */
final class PreparedXa {
    private static final Duration POLL = Duration.ofMillis(20);

    private PreparedXa() {}

    /** In the words of the XA statements, as the log has them: {@code X'6162',X'',1}. */
    static List<String> list(Connection connection) throws SQLException {
        return SqlText.of("XA RECOVER CONVERT XID").list(connection, row -> {
            String hex = String.valueOf(row.getString("data")).substring("0x".length());
            int split = 2 * row.getInt("gtrid_length");
            return "X'" + hex.substring(0, split).toLowerCase(Locale.ROOT) + "',X'"
                    + hex.substring(split).toLowerCase(Locale.ROOT) + "'," + row.getLong("formatID");
        });
    }

    /** Which of those that are prepared, or being prepared, at this moment are so still when the time is up. */
    static List<String> leftAfter(Connection connection, Duration patience) throws SQLException {
        long giveUpAt = System.nanoTime() + patience.toNanos();
        // In this order: the rows of one that is being prepared may be logged while the list does not show it yet.
        List<String> left = leftAfter(connection, giveUpAt, PreparedXa::preparing);
        return left.isEmpty() ? leftAfter(connection, giveUpAt, PreparedXa::list) : left;
    }

    /** Reads names. */
    @FunctionalInterface
    private interface Look {
        List<String> at(Connection connection) throws SQLException;
    }

    private static List<String> leftAfter(Connection connection, long giveUpAt, Look look) throws SQLException {
        List<String> left = new ArrayList<>(look.at(connection));
        while (!left.isEmpty() && System.nanoTime() - giveUpAt < 0) {
            Pause.exactly(POLL, "waiting for prepared XA transactions");
            left.retainAll(look.at(connection));
        }
        return left;
    }

    private static List<String> preparing(Connection connection) throws SQLException {
        return SqlText.of("SELECT t.processlist_id, e.event_id FROM performance_schema.events_statements_current e"
                        + " JOIN performance_schema.threads t ON t.thread_id = e.thread_id"
                        + " WHERE e.event_name = 'statement/sql/xa_prepare' AND e.end_event_id IS NULL")
                .list(
                        connection,
                        row -> "by session " + row.getLong(1) + " at this moment, in its statement " + row.getLong(2));
    }
}
