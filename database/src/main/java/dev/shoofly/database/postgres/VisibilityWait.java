package dev.shoofly.database.postgres;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits until transactions whose changes the log has delivered are visible to readers. Decoding sends a commit as soon as
 * its record is flushed; the transaction leaves the running set later, and with a synchronous standby that is gone, not
 * before it returns.
 */
final class VisibilityWait {
    private static final Logger LOG = LoggerFactory.getLogger(VisibilityWait.class);
    private static final long LONGEST_PAUSE_MILLIS = 20;
    private static final long REPORT_EVERY_NANOS = 30_000_000_000L;
    private static final long SUSPECT_AFTER_NANOS = 5_000_000_000L;

    /**
     * How many of the transactions are not visible yet. The log names a transaction by the low half of its number; the
     * upper half is that of the nearest number to the snapshot's, right over a wrap-around.
     */
    static final String INVISIBLE = """
            WITH m AS (SELECT s, pg_snapshot_xmax(s)::text::bigint AS xm FROM (SELECT pg_current_snapshot() AS s) q)
            SELECT count(*) FROM m, unnest(?::bigint[]) AS x
            WHERE NOT pg_visible_in_snapshot(
              greatest((xm + ((x - mod(xm, 4294967296) + 6442450944) % 4294967296) - 2147483648), 3)::text::xid8, s)
            """;

    private VisibilityWait() {}

    /** Returns at once for an empty set. The connection is in auto-commit mode: no lock and no snapshot is held. */
    static void await(Connection connection, Set<String> transactions) throws SQLException {
        if (transactions.isEmpty()) {
            return;
        }
        String literal = "{" + String.join(",", transactions) + "}";
        long start = System.nanoTime();
        long reported = start;
        long pause = 1;
        while (invisible(connection, literal) > 0) {
            long now = System.nanoTime();
            if (now - start > SUSPECT_AFTER_NANOS && allBeyondTheNext(connection, literal)) {
                return;
            }
            if (now - reported > REPORT_EVERY_NANOS) {
                reported = now;
                LOG.warn(
                        "waiting for {} s for delivered transactions to become visible; is a synchronous standby gone"
                                + " (pg_stat_activity: wait_event = 'SyncRep')?",
                        (now - start) / 1_000_000_000L);
            }
            sleep(pause);
            pause = Math.min(pause * 2, LONGEST_PAUSE_MILLIS);
        }
    }

    /**
     * For who must not wait for long.
     *
     * @return whether all of them are visible
     */
    static boolean awaitWithin(Connection connection, Set<String> transactions, Duration time) throws SQLException {
        String literal = "{" + String.join(",", transactions) + "}";
        long giveUpAt = System.nanoTime() + time.toNanos();
        while (!transactions.isEmpty() && invisible(connection, literal) > 0) {
            if (System.nanoTime() - giveUpAt > 0) {
                return false;
            }
            sleep(1);
        }
        return true;
    }

    private static long invisible(Connection connection, String literal) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(INVISIBLE)) {
            statement.setObject(1, literal, Types.OTHER);
            try (ResultSet rows = statement.executeQuery()) {
                rows.next();
                return rows.getLong(1);
            }
        }
    }

    /**
     * Whether no transaction of the set that is invisible has been started on this server: after a fail-over, numbers of
     * the old primary may never come up here, and its changes that did not arrive never will.
     */
    private static boolean allBeyondTheNext(Connection connection, String literal) throws SQLException {
        String running = """
                WITH m AS (SELECT pg_current_snapshot() AS s, pg_current_xact_id()::text::bigint AS next), n AS (
                  SELECT next, s, next + ((x - mod(next, 4294967296) + 6442450944) % 4294967296) - 2147483648 AS x
                  FROM m, unnest(?::bigint[]) AS x)
                SELECT bool_and(x >= next OR pg_visible_in_snapshot(greatest(x, 3)::text::xid8, s)) FROM n
                """;
        boolean beyond = PostgresCatalog.test(connection, running, literal(literal));
        if (beyond) {
            LOG.warn("transactions named by the log are unknown to this server (a fail-over?); they count as settled");
        }
        return beyond;
    }

    private static Object literal(String text) throws SQLException {
        org.postgresql.util.PGobject object = new org.postgresql.util.PGobject();
        object.setType("_int8");
        object.setValue(text);
        return object;
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ShooflyException(ErrorKind.SUPERSEDED, "the wait for visible transactions was interrupted", e);
        }
    }

    /** As {@link #await(Connection, Set)} on a connection borrowed for it. */
    static void await(ConnectionPool pool, Set<String> transactions) {
        pool.with("waiting for transactions to become visible", connection -> {
            await(connection, transactions);
            return true;
        });
    }
}
