package dev.shoofly.database.mysql;

import dev.shoofly.database.connection.ConnectionPool;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Asks for {@code LOCK TABLES … WRITE} in short bursts. While the request is pending the application's statements queue
 * behind it, and a transaction that has read the table and now writes it dies of a deadlock. So none is made while there
 * is such a transaction, and one that is not granted within milliseconds is withdrawn by a watchdog ({@code
 * lock_wait_timeout} counts in whole seconds). Used by one thread; owns the watchdog's.
 */
final class MySqlTableLock implements AutoCloseable {
    private static final int LEAST_PENDING_MILLIS = 5;
    private static final int MOST_PENDING_MILLIS = 20;
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(60);
    private final ScheduledExecutorService watchdog = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread thread = new Thread(work, "shoofly-lock-watchdog");
        thread.setDaemon(true);
        return thread;
    });
    private final Connection locking;
    private final Connection observing;
    private final MySqlBlockers blockers;
    private final long session;
    private long pendingSince;

    /** @param observing for looking and for {@code KILL QUERY}; used by this object alone */
    MySqlTableLock(Connection locking, Connection observing, MySqlBlockers blockers) throws SQLException {
        this.locking = locking;
        this.observing = observing;
        this.blockers = blockers;
        this.session = SqlText.of("SELECT CONNECTION_ID()")
                .list(locking, row -> row.getLong(1))
                .get(0);
    }

    /**
     * Asks until it is granted or the time is up.
     *
     * @param tables what follows {@code LOCK TABLES}
     * @return empty when granted; else who was in the way
     */
    Optional<String> acquire(String tables, Duration timeout) throws SQLException {
        long giveUpAt = System.nanoTime() + timeout.toNanos();
        String inTheWay = "every request was withdrawn after at most " + MOST_PENDING_MILLIS + " ms";
        do {
            List<String> readers = blockers.readersThatMayWrite(observing);
            if (readers.isEmpty()) {
                if (request(tables)) {
                    return Optional.empty();
                }
                List<String> holders = blockers.holders(observing);
                inTheWay = holders.isEmpty() ? inTheWay : String.join("; ", holders);
            } else {
                inTheWay = String.join("; ", readers);
            }
            Pause.jittered(LONGEST_PAUSE, "waiting for the table lock");
        } while (System.nanoTime() - giveUpAt < 0);
        return Optional.of(inTheWay);
    }

    /** When the granted request began to hold the application up; {@link System#nanoTime}. */
    long pendingSince() {
        return pendingSince;
    }

    private boolean request(String tables) throws SQLException {
        int patience = ThreadLocalRandom.current().nextInt(LEAST_PENDING_MILLIS, MOST_PENDING_MILLIS + 1);
        ScheduledFuture<?> withdrawal = watchdog.schedule(this::withdraw, patience, TimeUnit.MILLISECONDS);
        pendingSince = System.nanoTime();
        boolean granted = false;
        try {
            ConnectionPool.execute(locking, "LOCK TABLES " + tables);
            granted = true;
        } catch (SQLException e) {
            if (!MySqlErrors.isInterrupted(e) && !MySqlErrors.isContention(e)) {
                throw e;
            }
        }
        settle(withdrawal);
        return granted;
    }

    /** The kill has run or never runs before the next statement, or it would hit that one. */
    private void settle(ScheduledFuture<?> withdrawal) throws SQLException {
        if (withdrawal.cancel(false)) {
            return;
        }
        try {
            withdrawal.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SQLException("interrupted while a lock request was withdrawn", e);
        } catch (ExecutionException e) {
            throw new SQLException("a pending lock request could not be withdrawn", e.getCause());
        }
        absorbLateKill();
    }

    /** A kill that met no statement stays with the session: a harmless statement takes it. */
    private void absorbLateKill() throws SQLException {
        try {
            ConnectionPool.execute(locking, "DO SLEEP(0)");
        } catch (SQLException e) {
            if (!MySqlErrors.isInterrupted(e)) {
                throw e;
            }
        }
    }

    private void withdraw() {
        try {
            ConnectionPool.execute(observing, "KILL QUERY " + session);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        watchdog.shutdownNow();
    }
}
