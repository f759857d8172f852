package dev.shoofly.benchmarks.changes;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Times between two successes of one client. Thread-safe. */
final class Gaps {
    private final List<Long> nanos = new ArrayList<>();
    private long last = System.nanoTime();
    private long failures;
    private String lastFailure = "";

    synchronized void begin() {
        nanos.clear();
        last = System.nanoTime();
        failures = 0;
        lastFailure = "";
    }

    synchronized void succeeded() {
        long now = System.nanoTime();
        nanos.add(now - last);
        last = now;
    }

    synchronized void failed(SQLException error) {
        failures++;
        lastFailure = String.valueOf(error.getMessage());
    }

    synchronized long longestMillis() {
        long longest = System.nanoTime() - last;
        for (long each : nanos) {
            longest = Math.max(longest, each);
        }
        return TimeUnit.NANOSECONDS.toMillis(longest);
    }

    synchronized long quantileMillis(double share) {
        List<Long> sorted = new ArrayList<>(nanos);
        Collections.sort(sorted);
        return sorted.isEmpty()
                ? 0
                : TimeUnit.NANOSECONDS.toMillis(sorted.get((int) Math.min(sorted.size() - 1, sorted.size() * share)));
    }

    synchronized long failures() {
        return failures;
    }

    synchronized String lastFailure() {
        return lastFailure;
    }
}
