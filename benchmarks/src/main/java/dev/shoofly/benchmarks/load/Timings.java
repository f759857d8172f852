package dev.shoofly.benchmarks.load;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What the operations that were due within a time took, of those that were begun: service time counts from the begin,
 * response time from when the operation was due, so that waiting for a slow one before it is in it.
 */
public final class Timings {
    private final int[] service;
    private final int[] response;
    private final long due;
    private final long ended;

    private Timings(int[] service, int[] response, long due, long ended) {
        this.service = service;
        this.response = response;
        this.due = due;
        this.ended = ended;
    }

    static Timings of(List<OperationLog> logs, long fromNanos, long toNanos) {
        List<IntStream> services = new ArrayList<>();
        List<IntStream> responses = new ArrayList<>();
        long due = 0;
        long ended = 0;
        for (OperationLog log : logs) {
            int first = log.firstDueAt(fromNanos);
            int end = log.firstDueAt(toNanos);
            due += end - first;
            int last = Math.min(end, log.size());
            ended += IntStream.range(0, log.size())
                    .mapToLong(log::endNanos)
                    .filter(nanos -> nanos >= fromNanos && nanos < toNanos)
                    .count();
            services.add(IntStream.range(first, last).map(log::serviceMicros));
            responses.add(IntStream.range(first, last).map(log::responseMicros));
        }
        return new Timings(sorted(services), sorted(responses), due, ended);
    }

    private static int[] sorted(List<IntStream> parts) {
        return parts.stream().flatMapToInt(part -> part).sorted().toArray();
    }

    /** Operations that were begun and are over. */
    public int count() {
        return service.length;
    }

    /** What ended within the time, divided by what was due within it; below 1, the clients fell behind. */
    public double shareAchieved() {
        return due == 0 ? 1 : (double) ended / due;
    }

    /**
     * The response time that this share of the operations does not exceed; 0 when there was none.
     *
     * @param share 0.5: the median; 1: the longest
     */
    public double responseMillis(double share) {
        return millis(response, share);
    }

    /** The same of the service time. */
    public double serviceMillis(double share) {
        return millis(service, share);
    }

    private static double millis(int[] sorted, double share) {
        if (sorted.length == 0) {
            return 0;
        }
        return sorted[Math.max(0, (int) Math.ceil(share * sorted.length) - 1)] / 1e3;
    }

    /** For a report: service and response, each with p50, p99 and the longest, in milliseconds. */
    public Map<String, Object> summary() {
        Map<String, Object> found = new LinkedHashMap<>();
        found.put("operations", count());
        for (String kind : List.of("service", "response")) {
            int[] times = kind.equals("service") ? service : response;
            Map<String, Double> millis = new LinkedHashMap<>();
            millis.put("p50", millis(times, 0.5));
            millis.put("p99", millis(times, 0.99));
            millis.put("max", millis(times, 1));
            found.put(kind + "Millis", millis);
        }
        return found;
    }

    /** The longest time within which no operation of these clients ended, of those that touch this window. */
    static long longestGapNanos(List<OperationLog> logs, long fromNanos, long toNanos) {
        long[] ends = logs.stream()
                .flatMapToLong(log -> IntStream.range(0, log.size()).mapToLong(log::endNanos))
                .toArray();
        Arrays.sort(ends);
        long longest = 0;
        for (int i = 1; i < ends.length; i++) {
            if (ends[i] >= fromNanos && ends[i - 1] <= toNanos) {
                longest = Math.max(longest, ends[i] - ends[i - 1]);
            }
        }
        return longest;
    }
}
