package dev.shoofly.database.postgres;

import dev.shoofly.database.throttle.Reading;
import dev.shoofly.database.throttle.SignalKind;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;

/** Checkpoints that the amount of log has forced: each makes the server write whole pages for a while. */
final class Checkpoints {
    static final String NAME = "checkpoints";
    private static final Duration WINDOW = Duration.ofMinutes(1);
    private static final int OWN_VIEW_SINCE = 17;
    private final int limit;
    private final Deque<Count> counts = new ArrayDeque<>();

    private record Count(long at, long requested) {}

    /** @param limit per minute */
    Checkpoints(int limit) {
        this.limit = limit;
    }

    List<Reading> readings(Connection connection) throws SQLException {
        boolean ownView = connection.getMetaData().getDatabaseMajorVersion() >= OWN_VIEW_SINCE;
        String query = ownView
                ? "SELECT num_requested::text FROM pg_stat_checkpointer"
                : "SELECT checkpoints_req::text FROM pg_stat_bgwriter";
        long requested = Long.parseLong(Objects.requireNonNull(PostgresCatalog.text(connection, query)));
        return List.of(reading(requested, System.nanoTime()));
    }

    Reading reading(long requested, long nowNanos) {
        counts.addLast(new Count(nowNanos, requested));
        while (nowNanos - counts.getFirst().at() > WINDOW.toNanos()) {
            counts.removeFirst();
        }
        long lately = Math.max(0, requested - counts.getFirst().requested());
        return Reading.of(
                SignalKind.CHECKPOINTS,
                NAME,
                lately,
                limit,
                "were forced " + lately + " times in the last minute (limit " + limit + ")");
    }
}
