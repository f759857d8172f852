package dev.shoofly.verifier;

import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;

/** What the verifier asks about the changes topic. */
public interface ChangeWindow {

    /** The next offset of every partition now. What stands from there on is kept until {@link #release}. */
    Map<Integer, Long> endOffsets();

    /** Nothing is going to be read from these offsets on any more. To be called for each {@link #endOffsets}. */
    default void release(Map<Integer, Long> from) {}

    /**
     * What stands between two markers.
     *
     * @param tokens ({@code KeyDefinition.token}) of all dirty keys that stand after the first marker and before the second
     *     in their partition. Never fewer: where in doubt a token is in
     * @param secondCommitted when the second marker was committed, microseconds since 1970; 0 when unknown
     */
    record Changes(Set<String> tokens, long secondCommitted) {}

    /**
     * Reads the stretch between two markers.
     *
     * @param from offsets taken before the first marker was committed
     * @throws ShooflyException TRANSIENT when the second marker has not arrived everywhere in time
     */
    Changes changesBetween(Map<Integer, Long> from, long firstMarker, long secondMarker, Duration timeout);
}
