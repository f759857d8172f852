package dev.shoofly.verifier.sweep;

import dev.shoofly.model.KeyRange;
import dev.shoofly.model.RowKey;
import java.time.Duration;
import java.util.List;

/**
 * What one double read of a range has shown.
 *
 * @param sourceRows in the range
 * @param differing keys whose rows differed when they were read: suspects, not more
 * @param took the reading alone, without waiting
 */
public record ComparedRange(KeyRange range, long sourceRows, List<RowKey> differing, Duration took) {
    public ComparedRange {
        differing = List.copyOf(differing);
    }
}
