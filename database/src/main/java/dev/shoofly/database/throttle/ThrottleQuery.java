package dev.shoofly.database.throttle;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;

/** The operator's own query: a first value above 0 stands for "stop". It can read only, whatever it says. */
public final class ThrottleQuery {
    private static final Duration EVERY = Duration.ofSeconds(1);
    private static final int PATIENCE_SECONDS = 2;

    private ThrottleQuery() {}

    public static LoadSignal signal(String query, LoadConnection connection) {
        return new SqlSignal(
                SignalKind.QUERY,
                "throttle query",
                EVERY,
                connection,
                SqlSignal.OnError.STOP,
                open -> List.of(reading(value(open, query))));
    }

    private static Reading reading(BigDecimal value) {
        String words = "says " + value.toPlainString();
        return value.signum() > 0
                ? Reading.stop(SignalKind.QUERY, "throttle query", words)
                : Reading.calm(SignalKind.QUERY, "throttle query", words);
    }

    /**
     * The first value; no row and NULL count as 0.
     *
     * @throws SQLException when the server refuses the query, it takes more than two seconds, or its value is no number
     */
    public static BigDecimal value(Connection connection, String query) throws SQLException {
        connection.setReadOnly(true);
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(PATIENCE_SECONDS);
            try (ResultSet rows = statement.executeQuery(query)) {
                return rows.next() ? number(rows) : BigDecimal.ZERO;
            }
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
            connection.setReadOnly(false);
        }
    }

    private static BigDecimal number(ResultSet rows) throws SQLException {
        String text = rows.getString(1);
        if (text == null) {
            return BigDecimal.ZERO;
        }
        if (text.equals("t") || text.equals("f")) {
            return text.equals("t") ? BigDecimal.ONE : BigDecimal.ZERO;
        }
        try {
            return new BigDecimal(text.strip());
        } catch (NumberFormatException e) {
            throw new SQLException("the first value of the query is '" + text + "', not a number", "22018", e);
        }
    }
}
