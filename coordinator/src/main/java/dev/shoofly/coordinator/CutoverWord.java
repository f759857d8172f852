package dev.shoofly.coordinator;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * The operator's word for the cut-over. The phase thread waits for it, the command thread gives it; whoever is told that it was
 * heard is told the truth. Thread-safe.
 */
final class CutoverWord {
    private boolean given;
    private boolean tooLate;

    CutoverWord(boolean given) {
        this.given = given;
    }

    /**
     * @param record makes it known to whoever takes the migration over; when it fails, or says false because nobody would
     *     hear it, nothing is given
     * @return false: nobody waits for it any more
     */
    synchronized boolean give(BooleanSupplier record) {
        if (tooLate || !record.getAsBoolean()) {
            return false;
        }
        given = true;
        notifyAll();
        return true;
    }

    synchronized boolean isGiven() {
        return given;
    }

    /** @return whether it is given; after this time at the latest */
    synchronized boolean await(Duration time) throws InterruptedException {
        if (!given) {
            wait(time.toMillis());
        }
        return given;
    }

    /**
     * @param record makes it known to whoever takes the migration over; false: somebody was heard elsewhere
     * @return whether nobody has given it; from then on nobody can
     */
    synchronized boolean callOff(BooleanSupplier record) {
        if (!given && record.getAsBoolean()) {
            tooLate = true;
        }
        return tooLate;
    }

    /** For another swap. */
    synchronized void askAgain() {
        given = false;
    }
}
