package dev.shoofly.database;

import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationMetrics.Counter;
import java.sql.SQLException;

/**
 * What the transactions of one call ran into and got past by being tried again.
 *
 * @param deadlocks that the server ended by choosing one of ours
 * @param lockWaits that took longer than our sessions wait for a lock
 * @param conflictRounds transactions rolled back because another row of the shadow held a unique value
 */
public record Contention(int deadlocks, int lockWaits, int conflictRounds) {
    public static final Contention NONE = new Contention(0, 0, 0);

    /** Adds this to the counters. */
    public void countIn(MigrationMetrics metrics) {
        metrics.count(Counter.DEADLOCKS, deadlocks);
        metrics.count(Counter.LOCK_WAITS, lockWaits);
        metrics.count(Counter.CONFLICT_ROUNDS, conflictRounds);
    }

    /** Counts while a call runs. One thread. */
    public static final class Tally {
        private int deadlocks;
        private int lockWaits;
        private int conflictRounds;

        /** Counts a deadlock or a lock wait, if that is what stands behind the error. */
        public void met(Throwable error) {
            for (Throwable at = error; at != null; at = at.getCause()) {
                if (at instanceof SQLException sql) {
                    count(sql);
                    return;
                }
            }
        }

        private void count(SQLException error) {
            String state = String.valueOf(error.getSQLState());
            // MySQL's error numbers, PostgreSQL's states.
            if (error.getErrorCode() == 1213 || state.equals("40P01")) {
                deadlocks++;
            } else if (error.getErrorCode() == 1205 || state.equals("55P03")) {
                lockWaits++;
            }
        }

        public void conflictRound() {
            conflictRounds++;
        }

        public Contention total() {
            return new Contention(deadlocks, lockWaits, conflictRounds);
        }
    }
}
