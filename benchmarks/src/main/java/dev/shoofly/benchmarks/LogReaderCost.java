package dev.shoofly.benchmarks;

import dev.shoofly.benchmarks.load.Traffic;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What a {@link LogReader} alone costs the writes of an application: the same load without one and with one, in turns, for the
 * machine's own ups and downs within a minute are larger than what is looked for.
 */
record LogReaderCost(List<Pair> pairs) {
    private static final int WINDOW_SECONDS = 6;
    private static final int SETTLE_SECONDS = 1;
    /** The chance that the true figure lies beyond one end of what is called likely. */
    private static final double EITHER_END = 0.025;

    /** Medians of the writes' response time, in milliseconds. */
    record Pair(double without, double with) {
        double percent() {
            return 100 * (with / without - 1);
        }
    }

    /** When what was measured; moments of the JVM's clock. */
    record Windows(long withoutFrom, long withoutTo, long withFrom, long withTo) {
        private Pair judge(Traffic traffic) {
            return new Pair(
                    traffic.writes(withoutFrom, withoutTo).responseMillis(0.5),
                    traffic.writes(withFrom, withTo).responseMillis(0.5));
        }
    }

    LogReaderCost {
        pairs = List.copyOf(pairs);
    }

    /** Blocks for 14 seconds for each pair. */
    static List<Windows> measure(BenchmarkServer server, int pairs)
            throws SQLException, IOException, InterruptedException {
        List<Windows> found = new ArrayList<>();
        for (int pair = 0; pair < pairs; pair++) {
            TimeUnit.SECONDS.sleep(SETTLE_SECONDS);
            long without = System.nanoTime();
            TimeUnit.SECONDS.sleep(WINDOW_SECONDS);
            long withoutTo = System.nanoTime();
            try (LogReader reader = LogReader.start(server)) {
                TimeUnit.SECONDS.sleep(SETTLE_SECONDS);
                // What a session is sent to begin with does not show that it is sent changes.
                reader.requireReading();
                long with = System.nanoTime();
                TimeUnit.SECONDS.sleep(WINDOW_SECONDS);
                found.add(new Windows(without, withoutTo, with, System.nanoTime()));
                reader.requireReading();
            }
        }
        return found;
    }

    /** @param traffic that has ended */
    static LogReaderCost of(List<Windows> windows, Traffic traffic) {
        return new LogReaderCost(
                windows.stream().map(each -> each.judge(traffic)).toList());
    }

    /** The median of the medians with a reader. */
    double p50() {
        return median(pairs.stream().map(Pair::with).toList());
    }

    /**
     * {@code spreadPercentWithout}: by how much the medians of the same load differ when nothing else is at work. {@code
     * percentLikely}: where the true {@code percent} lies, in 19 of 20 cases at least; empty when there are too few pairs to tell.
     */
    Map<String, Object> summary() {
        List<Double> without = pairs.stream().map(Pair::without).toList();
        return Map.of(
                "p50Millis",
                        pairs.stream()
                                .map(each -> List.of(each.without(), each.with()))
                                .toList(),
                "percent", rounded(median(percents())),
                "percentLikely", likely(percents()),
                "spreadPercentWithout", rounded(100 * (Collections.max(without) / Collections.min(without) - 1)));
    }

    private List<Double> percents() {
        return pairs.stream().map(Pair::percent).sorted().toList();
    }

    /**
     * The order statistics between which the median lies, whatever the distribution (the sign test turned round: Thompson 1936).
     *
     * @param sorted ascending
     * @return two figures, or none
     */
    static List<Double> likely(List<Double> sorted) {
        int size = sorted.size();
        // How many of them, from either end, may be left out: the chance that so few fall on one side of the median.
        double tail = 0;
        int out = 0;
        for (double next = Math.pow(0.5, size); tail + next <= EITHER_END; next = next * (size - out + 1) / out) {
            tail += next;
            out++;
        }
        return out == 0 ? List.of() : List.of(rounded(sorted.get(out - 1)), rounded(sorted.get(size - out)));
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    private static double rounded(double percent) {
        return Math.round(10 * percent) / 10.0;
    }
}
