package dev.shoofly.benchmarks.load;

import java.util.ArrayList;
import java.util.List;

/** What went wrong at the clients. Thread-safe. */
public final class Findings {
    private static final int KEPT = 10;

    private final List<String> firstFailed = new ArrayList<>();
    private final List<String> firstWrong = new ArrayList<>();
    private long failed;
    private long wrong;

    /** An operation ended in an error that the application saw. */
    synchronized void failed(String what) {
        failed++;
        if (firstFailed.size() < KEPT) {
            firstFailed.add(what);
        }
    }

    /** The server said something that cannot be: an acknowledged write is lost, or a client died. */
    synchronized void wrong(String what) {
        wrong++;
        if (firstWrong.size() < KEPT) {
            firstWrong.add(what);
        }
    }

    public synchronized long failedCount() {
        return failed;
    }

    public synchronized long wrongCount() {
        return wrong;
    }

    public synchronized List<String> firstFailed() {
        return List.copyOf(firstFailed);
    }

    public synchronized List<String> firstWrong() {
        return List.copyOf(firstWrong);
    }
}
