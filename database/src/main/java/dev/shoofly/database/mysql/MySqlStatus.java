package dev.shoofly.database.mysql;

import dev.shoofly.database.throttle.Reading;
import dev.shoofly.database.throttle.SignalKind;
import dev.shoofly.database.throttle.Words;
import dev.shoofly.model.throttle.LoadLimit;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Status variables beside their limits. */
final class MySqlStatus {
    private MySqlStatus() {}

    static List<Reading> readings(Connection connection, SignalKind kind, List<LoadLimit> limits) throws SQLException {
        Map<String, String> values = values(connection, limits);
        List<Reading> readings = new ArrayList<>();
        for (LoadLimit limit : limits) {
            String text = values.get(key(limit));
            if (text == null) {
                readings.add(Reading.stop(kind, limit.variable(), "is no status variable of this server"));
            } else {
                readings.add(reading(kind, limit, text));
            }
        }
        return readings;
    }

    private static Reading reading(SignalKind kind, LoadLimit limit, String text) {
        try {
            double value = Double.parseDouble(text);
            return Reading.of(
                    kind,
                    limit.variable(),
                    value,
                    limit.limit(),
                    "is " + Words.number(value) + " (" + (kind == SignalKind.CRITICAL_LOAD ? "critical: " : "limit ")
                            + Words.number(limit.limit()) + ")");
        } catch (NumberFormatException e) {
            return Reading.stop(kind, limit.variable(), "is '" + text + "', not a number");
        }
    }

    /** What the server does not have, or has as a text. */
    static List<String> findings(Connection connection, String option, List<LoadLimit> limits) throws SQLException {
        Map<String, String> values = values(connection, limits);
        List<String> findings = new ArrayList<>();
        for (LoadLimit limit : limits) {
            String value = values.get(key(limit));
            if (value == null) {
                findings.add(option + " " + limit + ": the server has no status variable " + limit.variable()
                        + "; SHOW GLOBAL STATUS lists them");
            } else if (!value.matches("-?\\d+(\\.\\d+)?")) {
                findings.add(option + " " + limit + ": " + limit.variable() + " is '" + value + "', not a number");
            }
        }
        return findings;
    }

    private static Map<String, String> values(Connection connection, List<LoadLimit> limits) throws SQLException {
        Map<String, String> values = new HashMap<>();
        if (limits.isEmpty()) {
            return values;
        }
        SqlText query = SqlText.of(
                "SELECT variable_name, variable_value FROM performance_schema.global_status WHERE variable_name IN (");
        for (int i = 0; i < limits.size(); i++) {
            query.bind(i == 0 ? "?" : ", ?", limits.get(i).variable());
        }
        query.add(")")
                .list(
                        connection,
                        row -> values.put(row.getString(1).toLowerCase(Locale.ROOT), String.valueOf(row.getString(2))));
        return values;
    }

    private static String key(LoadLimit limit) {
        return limit.variable().toLowerCase(Locale.ROOT);
    }
}
