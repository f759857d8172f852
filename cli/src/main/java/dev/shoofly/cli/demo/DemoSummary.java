package dev.shoofly.cli.demo;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/**
 * What came of the demo. The components' names are those of the JSON object.
 *
 * @param mismatches found by the migration's verifier, and rows that nobody wrote to and that differ afterwards
 * @param lostWrites orders whose last acknowledged write is not in the new table
 * @param writeStallMillis the longest write that overlaps the cut-over
 * @param findings first errors and losses, for people
 */
public record DemoSummary(
        String database,
        long rowsCopied,
        long keysApplied,
        long mismatches,
        long acknowledgedWrites,
        long lostWrites,
        long clientErrors,
        long writeStallMillis,
        long readStallMillis,
        double totalSeconds,
        @JsonIgnore List<String> findings) {

    @JsonIgnore
    public boolean isClean() {
        return mismatches == 0 && lostWrites == 0 && clientErrors == 0;
    }

    /** One object on one line. */
    public String json() {
        try {
            return JsonMapper.builder().build().writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot write the summary as JSON", e);
        }
    }

    public void print(PrintStream out) {
        row(out, "database", database);
        row(out, "rows copied", number(rowsCopied));
        row(out, "keys applied", number(keysApplied));
        row(out, "mismatches", number(mismatches));
        row(out, "acknowledged writes", number(acknowledgedWrites));
        row(out, "lost writes", number(lostWrites));
        row(out, "client errors", number(clientErrors));
        row(out, "longest write at cut-over", writeStallMillis + " ms");
        row(out, "longest read at cut-over", readStallMillis + " ms");
        row(out, "total time", String.format(Locale.ROOT, "%.1f s", totalSeconds));
    }

    private static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    private static void row(PrintStream out, String name, String value) {
        out.printf(Locale.ROOT, "%-26s %15s%n", name, value);
    }
}
