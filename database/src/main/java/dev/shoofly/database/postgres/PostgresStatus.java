package dev.shoofly.database.postgres;

import dev.shoofly.database.throttle.Reading;
import dev.shoofly.database.throttle.SignalKind;
import dev.shoofly.database.throttle.Words;
import dev.shoofly.model.throttle.LoadLimit;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Counts of sessions beside their limits: the nearest that PostgreSQL has to MySQL's status variables. */
final class PostgresStatus {
    /** Of client backends. */
    private static final Map<String, String> CONDITIONS = new TreeMap<>(Map.of(
            "active_backends", "state = 'active'",
            "waiting_backends", "state = 'active' AND wait_event_type = 'Lock'",
            "idle_in_transaction", "state LIKE 'idle in transaction%'",
            "connections", "true"));

    private PostgresStatus() {}

    static List<Reading> readings(Connection connection, SignalKind kind, List<LoadLimit> limits) throws SQLException {
        List<Reading> readings = new ArrayList<>();
        for (LoadLimit limit : limits) {
            String condition = CONDITIONS.get(key(limit));
            if (condition == null) {
                readings.add(Reading.stop(kind, limit.variable(), "is none of " + names()));
            } else {
                readings.add(reading(connection, kind, limit, condition));
            }
        }
        return readings;
    }

    private static Reading reading(Connection connection, SignalKind kind, LoadLimit limit, String condition)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT count(*) FROM pg_stat_activity"
                        + " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND " + condition);
                ResultSet row = statement.executeQuery()) {
            row.next();
            long value = row.getLong(1);
            return Reading.of(
                    kind,
                    key(limit),
                    value,
                    limit.limit(),
                    "is " + Words.count(value) + " (" + (kind == SignalKind.CRITICAL_LOAD ? "critical: " : "limit ")
                            + Words.number(limit.limit()) + ")");
        }
    }

    static List<String> findings(String option, List<LoadLimit> limits) {
        return limits.stream()
                .filter(limit -> !CONDITIONS.containsKey(key(limit)))
                .map(limit -> option + " " + limit + ": " + limit.variable() + " is none of " + names())
                .toList();
    }

    private static String names() {
        return String.join(", ", CONDITIONS.keySet());
    }

    private static String key(LoadLimit limit) {
        return limit.variable().toLowerCase(Locale.ROOT);
    }
}
