package dev.shoofly.servers.history;

import java.util.List;
import java.util.Objects;

/** Tries all orders of a small history, by the definition of linearizability and nothing else. */
final class EveryOrder {
    private final List<Operation> history;

    EveryOrder(List<Operation> history) {
        this.history = history;
    }

    /** Whether there is one that explains every read. */
    boolean exists() {
        return isPossible(0, "nothing");
    }

    /** @param done bit by bit, those that stand in the order already */
    private boolean isPossible(int done, String value) {
        if (isComplete(done)) {
            return true;
        }
        for (int i = 0; i < history.size(); i++) {
            Operation next = history.get(i);
            if (!has(done, i) && mayFollow(done, next) && (!next.isRead() || Objects.equals(next.value(), value))) {
                if (isPossible(done | 1 << i, next.value())) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Writes without an answer may be left out. */
    private boolean isComplete(int done) {
        for (int i = 0; i < history.size(); i++) {
            if (!has(done, i) && history.get(i).responded() != Operation.UNKNOWN) {
                return false;
            }
        }
        return true;
    }

    private boolean mayFollow(int done, Operation next) {
        for (int i = 0; i < history.size(); i++) {
            if (!has(done, i) && history.get(i).responded() < next.invoked()) {
                return false;
            }
        }
        return true;
    }

    private static boolean has(int done, int i) {
        return (done & 1 << i) != 0;
    }
}
