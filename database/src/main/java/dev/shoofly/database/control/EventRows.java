package dev.shoofly.database.control;

import dev.shoofly.database.DatabaseKind;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.MigrationId;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Calendar;
import java.util.GregorianCalendar;
import java.util.List;
import java.util.TimeZone;
import org.jspecify.annotations.Nullable;

/**
 * What of {@code shoofly.migration_log} was announced. Every line is written in the transaction of what it tells, so none is
 * lost with the process; each bears its own mark, because lines of other transactions may become visible out of order.
 */
public final class EventRows {
    private final ConnectionPool pool;
    private final DatabaseKind kind;

    EventRows(ConnectionPool pool, DatabaseKind kind) {
        this.pool = pool;
        this.kind = kind;
    }

    /** @param name of a state that was entered, or of something else that happened */
    public record Line(
            long entry, Instant at, String name, @Nullable String detail) {}

    /** Oldest first. */
    public List<Line> open(MigrationId id) {
        return pool.with("reading what is to be announced of migration " + id, connection -> {
            List<Line> found = new ArrayList<>();
            try (PreparedStatement statement = Sql.prepare(
                            connection,
                            "SELECT entry, logged_at, event, detail FROM shoofly.migration_log"
                                    + " WHERE migration_id = ? AND announced = 0 ORDER BY entry",
                            id.value());
                    ResultSet row = statement.executeQuery()) {
                Calendar utc = new GregorianCalendar(TimeZone.getTimeZone("UTC"));
                while (row.next()) {
                    found.add(new Line(
                            row.getLong(1), row.getTimestamp(2, utc).toInstant(), row.getString(3), row.getString(4)));
                }
            }
            return found;
        });
    }

    public void announced(long entry) {
        pool.with(
                "noting that an event was announced",
                connection -> Sql.update(
                        connection, "UPDATE shoofly.migration_log SET announced = 1 WHERE entry = ?", entry));
    }

    /** Tells whoever listens on the server itself, where it has such a thing: {@code LISTEN shoofly} on PostgreSQL. */
    public void notifyListeners(String payload) {
        if (kind == DatabaseKind.POSTGRES) {
            pool.with("notifying the listeners of channel shoofly", connection -> {
                try (PreparedStatement statement = Sql.prepare(connection, "SELECT pg_notify('shoofly', ?)", payload)) {
                    return statement.execute();
                }
            });
        }
    }
}
