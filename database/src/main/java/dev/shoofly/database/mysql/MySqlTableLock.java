package dev.shoofly.database.mysql;

import dev.shoofly.database.StallBudget;
import dev.shoofly.database.StallWatch;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.Pause;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/**
 * Asks for a table's exclusive lock, by {@code LOCK TABLES … WRITE} or an ALTER that takes but a moment, in short bursts. While the request is pending the application's statements queue
 * behind it, and a transaction that has read the table and now writes it dies of a deadlock: the server always chooses it.
 * So the request is sent in one packet behind a look for such transactions, which fails if there is one; and a watchdog
 * goes on looking, and withdraws the request as soon as one has slipped in between, or when it was not granted within
 * milliseconds ({@code lock_wait_timeout} counts in whole seconds). Once it is pending, nobody else can read the table.
 *
 * <p>What is left: a transaction that reads in the fraction of a millisecond between look and request, and writes within
 * the next millisecond or two. Used by one thread; owns the watchdog's.
 */
final class MySqlTableLock implements AutoCloseable {
    private static final Duration LEAST_PENDING = Duration.ofMillis(5);
    private static final Duration MOST_PENDING = Duration.ofMillis(20);
    /** After a request, which has held the application up. */
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(60);
    /** After a look, which has not. */
    private static final Duration LOOK_AGAIN = Duration.ofMillis(10);
    /** A transaction that has lasted so long will not end within a burst: asking would only hold others up. */
    private static final Duration LONG_HELD = Duration.ofMillis(100);

    private static final long GLANCE_NANOS = 300_000;
    private final ExecutorService watchdog = Executors.newSingleThreadExecutor(work -> {
        Thread thread = new Thread(work, "shoofly-lock-watchdog");
        thread.setDaemon(true);
        return thread;
    });
    private final Connection locking;
    private final Connection observing;
    private final MySqlBlockers blockers;
    private final SqlText refusal;
    private final long session;
    private final Map<String, Long> firstSeen = new HashMap<>();
    private long pendingSince;

    /**
     * @param locking takes several statements in one packet
     * @param observing for looking and for {@code KILL QUERY}; used by this object alone
     */
    MySqlTableLock(Connection locking, Connection observing, MySqlBlockers blockers) throws SQLException {
        this(locking, observing, blockers, blockers.refusalOfReaders());
    }

    /** @param refusal the statement before the request, whose failure keeps it from being made */
    MySqlTableLock(Connection locking, Connection observing, MySqlBlockers blockers, SqlText refusal)
            throws SQLException {
        this.locking = locking;
        this.observing = observing;
        this.blockers = blockers;
        this.refusal = refusal;
        this.session = SqlText.of("SELECT CONNECTION_ID()")
                .list(locking, row -> row.getLong(1))
                .get(0);
    }

    /**
     * Asks until it is granted or the time is up.
     *
     * @param request the statement that needs the lock
     * @return empty when granted; else who was in the way
     */
    Optional<String> acquire(String request, Duration timeout) throws SQLException {
        return acquire(request, timeout, () -> {});
    }

    /** What may be done between two tries, while nobody waits for us. */
    @FunctionalInterface
    interface Between<E extends Exception> {
        void use() throws SQLException, E;
    }

    /** As above. What is between two tries counts for the time. */
    <E extends Exception> Optional<String> acquire(String request, Duration timeout, Between<E> tries)
            throws SQLException, E {
        long giveUpAt = System.nanoTime() + timeout.toNanos();
        String inTheWay = "every request was withdrawn after at most " + MOST_PENDING.toMillis() + " ms";
        while (true) {
            boolean last = giveUpAt - System.nanoTime() < LONGEST_PAUSE.toNanos();
            List<MySqlBlockers.Holder> holders = blockers.transactions(observing);
            boolean held = isLongHeld(holders);
            Duration pause = LOOK_AGAIN;
            if (holders.stream().anyMatch(MySqlBlockers.Holder::mayStillWrite)) {
                inTheWay = words(holders.stream()
                        .filter(MySqlBlockers.Holder::mayStillWrite)
                        .toList());
            } else if (held && !last) {
                inTheWay = words(holders);
            } else if (request(request, randomPatience())) {
                return Optional.empty();
            } else {
                pause = LONGEST_PAUSE;
                List<String> users = blockers.holders(observing);
                inTheWay = users.isEmpty() ? inTheWay : String.join("; ", users);
            }
            if (last) {
                return Optional.of(inTheWay);
            }
            Pause.jittered(pause, "waiting for the table lock");
            tries.use();
        }
    }

    private static String words(List<MySqlBlockers.Holder> holders) {
        return holders.stream().map(MySqlBlockers.Holder::words).collect(Collectors.joining("; "));
    }

    private boolean isLongHeld(List<MySqlBlockers.Holder> holders) {
        long now = System.nanoTime();
        firstSeen
                .keySet()
                .retainAll(holders.stream().map(MySqlBlockers.Holder::id).toList());
        holders.forEach(holder -> firstSeen.putIfAbsent(holder.id(), now));
        return firstSeen.values().stream().anyMatch(since -> now - since >= LONG_HELD.toNanos());
    }

    /** Ends the statements of the locking session when the time is up; to be called when the lock is granted. */
    StallWatch watch(StallBudget budget) {
        return new StallWatch(budget, () -> ConnectionPool.execute(observing, "KILL QUERY " + session));
    }

    /** Before a statement that must not be interrupted: the watch interrupts nothing any more, nor did it leave anything. */
    void settle(StallWatch watch) throws SQLException {
        if (watch.settle()) {
            absorbLateKill();
        }
    }

    /** When the granted request began to hold the application up; {@link System#nanoTime}. */
    long pendingSince() {
        return pendingSince;
    }

    private static Duration randomPatience() {
        return Duration.ofNanos(
                ThreadLocalRandom.current().nextLong(LEAST_PENDING.toNanos(), MOST_PENDING.toNanos() + 1));
    }

    /** @param patience how long it may be pending */
    boolean request(String request, Duration patience) throws SQLException {
        Asked asked = new Asked(System.nanoTime() + patience.toNanos());
        Future<Boolean> withdrawn = watchdog.submit(() -> withdrawInTime(asked));
        pendingSince = System.nanoTime();
        boolean granted = false;
        SQLException failure = null;
        try (PreparedStatement series =
                SqlText.of("").add(refusal).add("; " + request).prepare(locking)) {
            series.execute();
            // The second answer: the lock, or why there is none.
            series.getMoreResults();
            granted = true;
        } catch (SQLException e) {
            if (!MySqlErrors.isInterrupted(e) && !MySqlErrors.isContention(e) && !MySqlErrors.isOverflow(e)) {
                failure = e;
            }
        } finally {
            asked.answered = true;
        }
        // The kill has run or never runs before the next statement, or it would hit that one.
        if (!asked.decided.compareAndSet(false, true) || withdrawn.isDone()) {
            try {
                settle(withdrawn);
            } catch (SQLException e) {
                if (failure == null) {
                    throw e;
                }
                failure.addSuppressed(e);
            }
        }
        if (failure != null) {
            throw failure;
        }
        return granted;
    }

    /** A request. Whoever decides it first, the server by its answer or the watchdog by a kill, is the only one. */
    private static final class Asked {
        private final AtomicBoolean decided = new AtomicBoolean();
        private final long giveUpAt;
        private volatile boolean answered;

        Asked(long giveUpAt) {
            this.giveUpAt = giveUpAt;
        }
    }

    private void settle(Future<Boolean> withdrawn) throws SQLException {
        try {
            if (withdrawn.get()) {
                absorbLateKill();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SQLException("interrupted while a lock request was withdrawn", e);
        } catch (ExecutionException e) {
            throw new SQLException("a pending lock request could not be withdrawn", e.getCause());
        }
    }

    /** A kill that met no statement stays with the session: a harmless statement takes it. */
    void absorbLateKill() throws SQLException {
        try {
            ConnectionPool.execute(locking, "DO SLEEP(0)");
        } catch (SQLException e) {
            if (!MySqlErrors.isInterrupted(e)) {
                throw e;
            }
        }
    }

    /**
     * On the watchdog's thread, until the request is answered. Kills nothing but a request that is pending: a kill that
     * comes between the two statements makes the server forget the second, for whose answer the driver would wait on.
     *
     * @return whether a kill was sent
     */
    private boolean withdrawInTime(Asked asked) throws SQLException {
        boolean killed = false;
        while (!asked.answered) {
            MySqlBlockers.Pending pending = blockers.pending(observing, session);
            if (pending.requested() && (pending.reader() || System.nanoTime() - asked.giveUpAt >= 0)) {
                if (!killed && !asked.decided.compareAndSet(false, true)) {
                    return false;
                }
                ConnectionPool.execute(observing, "KILL QUERY " + session);
                killed = true;
            }
            LockSupport.parkNanos(GLANCE_NANOS);
        }
        return killed;
    }

    @Override
    public void close() {
        watchdog.shutdownNow();
    }
}
