package dev.shoofly.verifier;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * When and where in the log a verdict holds.
 *
 * @param appliedMarker everything before it was in the shadow when the row was looked at
 * @param sourceMarker everything that the look could see was committed before it
 * @param committedAt when that marker was, at the source; null: the log does not tell
 * @param logPosition where the source's log ended then; empty: the server does not tell
 */
public record Evidence(
        long appliedMarker, long sourceMarker, @Nullable Instant committedAt, String logPosition) {}
