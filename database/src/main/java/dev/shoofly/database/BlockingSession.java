package dev.shoofly.database;

import java.time.Duration;

/**
 * A session of the application that holds what the swap needs, or has a snapshot older than the shadow. Never one of
 * Shoofly's own, of replication, of a backup, or of the server itself.
 *
 * @param id of its transaction, not of the session alone: two transactions of one session are two
 * @param number the server's for the session
 * @param state what the server says that it is at; never its statement, which may hold values
 * @param idleFor for how long it has done nothing inside its transaction; zero: it is at work
 * @param visible false: the server does not show its state to this user, so it must not be ended
 */
public record BlockingSession(
        String id,
        long number,
        String user,
        String host,
        String state,
        Duration idleFor,
        Duration age,
        boolean visible) {

    /** Whether it does nothing inside an open transaction. */
    public boolean isIdle() {
        return visible && !idleFor.isZero();
    }

    /** For people. */
    public String words() {
        return "session " + number + " (" + user + "@" + host + ", " + state + ", in its transaction for "
                + age.toSeconds() + " s)";
    }
}
