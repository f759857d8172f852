package dev.shoofly.verifier;

import dev.shoofly.model.RowKey;
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

    /** Keeps what stands from these offsets on, as {@link #endOffsets} does. To be released with the same object. */
    default void keep(Map<Integer, Long> from) {}

    /** Whether the topic still has everything from these offsets on, one for each partition. */
    boolean holds(Map<Integer, Long> from);

    /**
     * A part of the topic.
     *
     * @param keys all dirty keys in it
     * @param next where each partition goes on
     * @param complete whether it reaches to the marker in every partition
     */
    record Stretch(Set<RowKey> keys, Map<Integer, Long> next, boolean complete) {}

    /**
     * Reads from the offsets to the marker, or less when there are more keys than can be handled at a time.
     *
     * @param most beyond which no more is read; some more may come
     * @throws ShooflyException TRANSIENT when the marker has not arrived everywhere in time
     */
    Stretch stretch(Map<Integer, Long> from, long marker, int most, Duration timeout);

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
