package dev.shoofly.model.throttle;

import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Signals that the operator makes.
 *
 * @param query a SELECT whose first value, while it is a number above 0, stands for "stop"; null: none
 * @param endpoint an HTTP address that is asked with GET: every answer but 200, or none within two seconds, stands for
 *     "stop"; null: none
 * @param flagFiles paths on the host of the process that runs the migration: while one of them exists, it stops
 */
public record OutsideSignals(
        @Nullable String query, @Nullable String endpoint, List<String> flagFiles) {
    public static final OutsideSignals NONE = new OutsideSignals(null, null, List.of());

    /** Without the characters that no address may have unescaped: asked for, it would end in an error and not in an answer. */
    private static final Pattern ADDRESS =
            Pattern.compile("https?://[^/?#@\\s\"<>\\\\^`{|}]+([/?#][^\\s\"<>\\\\^`{|}]*)?");

    public OutsideSignals {
        flagFiles = flagFiles == null ? List.of() : List.copyOf(flagFiles);
    }

    void check(List<String> problems) {
        if (query != null && query.isBlank()) {
            problems.add("throttle-query is empty");
        }
        if (endpoint != null && !ADDRESS.matcher(endpoint).matches()) {
            problems.add("throttle-http must be an address such as http://127.0.0.1:8080/may-copy, without credentials:"
                    + " it is shown and kept in the control tables");
        }
        if (flagFiles.stream().anyMatch(String::isBlank)) {
            problems.add("throttle-flag-file is empty");
        }
    }
}
