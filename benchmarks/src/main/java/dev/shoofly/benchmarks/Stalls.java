package dev.shoofly.benchmarks;

import java.util.ArrayList;
import java.util.List;

/** The longest wait of each of several occasions, in milliseconds. One thread. */
final class Stalls {
    private final List<Double> millis = new ArrayList<>();

    void add(double longest) {
        millis.add(longest);
    }

    /** In the order in which they were. */
    List<Double> millis() {
        return List.copyOf(millis);
    }

    /** The greater of the two in the middle, should they be even in number. */
    double medianMillis() {
        return sorted().get(millis.size() / 2);
    }

    double longestMillis() {
        return sorted().get(millis.size() - 1);
    }

    private List<Double> sorted() {
        if (millis.isEmpty()) {
            throw new BenchmarkFailure("nothing was measured");
        }
        return millis.stream().sorted().toList();
    }
}
