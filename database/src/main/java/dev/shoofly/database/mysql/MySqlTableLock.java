package dev.shoofly.database.mysql;

import dev.shoofly.database.connection.ConnectionPool;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Asks for {@code LOCK TABLES … WRITE} in short bursts. While the request is pending the application's statements queue
 * behind it, and a transaction that read the table and now writes it dies of a deadlock; so a request that is not granted
 * within milliseconds is withdrawn ({@code lock_wait_timeout} counts in whole seconds), and none is made while such a
 * transaction is there.
 */
final class MySqlTableLock implements AutoCloseable {
    private static final int ER_QUERY_INTERRUPTED = 1317;
    private static final int ER_LOCK_WAIT_TIMEOUT = 1205;
    private static final int PENDING_MILLIS = 20;
    private static final int LONGEST_PAUSE_MILLIS = 40;
    private final ScheduledExecutorService watchdog = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread thread = new Thread(work, "shoofly-lock-watchdog");
        thread.setDaemon(true);
        return thread;
    });
    private final Connection locking;
    private final Connection observing;
    private final MySqlBlockers blockers;
    private final long lockingId;
    private long pendingSince;

    /** @param observing for looking and for {@code KILL QUERY}; used by this object alone */
    MySqlTableLock(Connection locking, Connection observing, MySqlBlockers blockers) throws SQLException {
        this.locking = locking;
        this.observing = observing;
        this.blockers = blockers;
        this.lockingId = SqlText.of("SELECT CONNECTION_ID()")
                .list(locking, row -> row.getLong(1))
                .get(0);
    }

    /**
     * @param tables what follows {@code LOCK TABLES}
     * @return empty when granted; else who was in the way
     */
    Optional<String> acquire(String tables, Duration timeout) throws SQLException, InterruptedException {
        long giveUpAt = System.nanoTime() + timeout.toNanos();
        String inTheWay = "requests were withdrawn after " + PENDING_MILLIS + " ms each, holder unknown";
        while (System.nanoTime() < giveUpAt) {
            if (blockers.hasReadersThatMayWrite(observing)) {
                inTheWay = String.join("; ", blockers.readersThatMayWrite(observing));
            } else if (request(tables)) {
                return Optional.empty();
            } else {
                inTheWay = describeHolders(inTheWay);
            }
            Thread.sleep(ThreadLocalRandom.current().nextInt(5, LONGEST_PAUSE_MILLIS));
        }
        return Optional.of(inTheWay);
    }

    long sessionId() {
        return lockingId;
    }

    /** When the granted request began to hold the application up; {@link System#nanoTime} scale. */
    long pendingSince() {
        return pendingSince;
    }

    private String describeHolders(String otherwise) throws SQLException {
        String holders = String.join("; ", blockers.holders(observing));
        return holders.isEmpty() ? otherwise : holders;
    }

    private boolean request(String tables) throws SQLException {
        ScheduledFuture<?> withdrawal = watchdog.schedule(this::withdraw, PENDING_MILLIS, TimeUnit.MILLISECONDS);
        pendingSince = System.nanoTime();
        try {
            ConnectionPool.execute(locking, "LOCK TABLES " + tables);
            return true;
        } catch (SQLException e) {
            if (e.getErrorCode() == ER_QUERY_INTERRUPTED || e.getErrorCode() == ER_LOCK_WAIT_TIMEOUT) {
                return false;
            }
            throw e;
        } finally {
            settle(withdrawal);
        }
    }

    /** The kill must have run or never run before the next statement, or it would hit that one. */
    private void settle(ScheduledFuture<?> withdrawal) throws SQLException {
        if (!withdrawal.cancel(false)) {
            try {
                withdrawal.get();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (java.util.concurrent.ExecutionException e) {
                throw new SQLException("the pending lock request could not be withdrawn", e.getCause());
            }
            absorbLateKill();
        }
    }

    /** A kill that arrived after the statement had ended may be pending on the session: let a harmless one take it. */
    private void absorbLateKill() throws SQLException {
        try {
            ConnectionPool.execute(locking, "DO SLEEP(0)");
        } catch (SQLException e) {
            if (e.getErrorCode() != ER_QUERY_INTERRUPTED) {
                throw e;
            }
        }
    }

    private void withdraw() {
        try {
            ConnectionPool.execute(observing, "KILL QUERY " + lockingId);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        watchdog.shutdownNow();
    }
}
