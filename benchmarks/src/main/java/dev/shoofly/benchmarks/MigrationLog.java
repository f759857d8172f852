package dev.shoofly.benchmarks;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.Calendar;
import java.util.GregorianCalendar;
import java.util.List;
import java.util.TimeZone;

/**
 * What the server's table of events says of a migration.
 *
 * @param events in time order
 */
record MigrationLog(List<Event> events) {

    /** @param epochMillis when it was logged, by the server's clock; that is this machine's */
    record Event(String name, long epochMillis) {}

    MigrationLog {
        events = List.copyOf(events);
    }

    /** Of the only migration that the server knows. */
    static MigrationLog read(Connection connection) throws SQLException {
        try (PreparedStatement select =
                connection.prepareStatement("SELECT event, logged_at FROM shoofly.migration_log ORDER BY entry")) {
            return read(select);
        }
    }

    static MigrationLog read(Connection connection, String migration) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(
                "SELECT event, logged_at FROM shoofly.migration_log WHERE migration_id = ? ORDER BY entry")) {
            select.setString(1, migration);
            return read(select);
        }
    }

    private static MigrationLog read(PreparedStatement select) throws SQLException {
        List<Event> found = new ArrayList<>();
        try (ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                // MySQL's DATETIME has no zone: sessions write it in UTC.
                Calendar utc = new GregorianCalendar(TimeZone.getTimeZone("UTC"));
                Timestamp time = rows.getTimestamp("logged_at", utc);
                found.add(new Event(rows.getString("event"), time.getTime()));
            }
        }
        return new MigrationLog(found);
    }

    /** When this was logged for the first time. */
    long millis(String name) {
        return events.stream()
                .filter(event -> event.name().equals(name))
                .mapToLong(Event::epochMillis)
                .findFirst()
                .orElseThrow(() -> new BenchmarkFailure("the migration's log has no " + name + ": " + events));
    }
}
