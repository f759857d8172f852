package dev.shoofly.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a JVM's garbage collector wrote about its pauses.
 *
 * @param pauses how many
 * @param longestPauseMillis 0: none
 * @param mostHeapAfterPauseMiB the most that was in use right after a pause, garbage of older generations included
 * @param lastHeapAfterPauseMiB the same after the last one
 */
record CollectorLog(int pauses, double longestPauseMillis, long mostHeapAfterPauseMiB, long lastHeapAfterPauseMiB) {
    /** {@code Pause … 24M->6M(256M) 2.345ms}. */
    private static final Pattern PAUSE = Pattern.compile("Pause .* \\d+M->(\\d+)M\\(\\d+M\\) ([0-9.]+)ms");

    /** The option by which a JVM writes such a log. */
    static String option(Path file) {
        return "-Xlog:gc:file=" + file + "::filecount=0";
    }

    static CollectorLog read(Path file) {
        int pauses = 0;
        double longest = 0;
        long most = 0;
        long last = 0;
        try {
            for (String line : Files.readAllLines(file)) {
                Matcher matcher = PAUSE.matcher(line);
                if (matcher.find()) {
                    pauses++;
                    last = Long.parseLong(matcher.group(1));
                    most = Math.max(most, last);
                    longest = Math.max(longest, Double.parseDouble(matcher.group(2)));
                }
            }
        } catch (IOException e) {
            throw new BenchmarkFailure("cannot read the collector's log: " + e.getMessage(), e);
        }
        return new CollectorLog(pauses, longest, most, last);
    }
}
