package dev.shoofly.applier;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;

/**
 * Checks that no change is missing. The saved progress in the database is the truth, Kafka's committed offset only a hint
 * where to start reading: it may be behind (expired, or an instance killed between the two commits), never ahead. The
 * topic is written without transactions and never compacted, so its offsets have no gaps. Used by Streams' thread.
 */
final class OffsetSequence {
    private final String topic;
    private final int partition;
    private long expected;
    private boolean started;

    OffsetSequence(String topic, int partition, long nextOffset) {
        this.topic = topic;
        this.partition = partition;
        this.expected = nextOffset;
    }

    /**
     * What the topic holds when the partition is claimed.
     *
     * @throws ShooflyException REFUSED when it cannot hold the next change
     */
    void check(long beginning, long end) {
        if (beginning > expected) {
            throw missing(beginning);
        }
        if (end < expected) {
            throw lost("it ends before record " + end);
        }
    }

    /**
     * @return whether the record is to be applied; false: it already is
     * @throws ShooflyException REFUSED when changes are missing before this record
     */
    boolean accepts(long offset) {
        if (offset > expected) {
            throw missing(offset);
        }
        if (offset < expected) {
            if (started) {
                // Reading went back: Kafka no longer knew the position, so what it lost has been written
                // anew or is gone.
                throw lost("reading fell back to record " + offset);
            }
            return false;
        }
        started = true;
        expected = offset + 1;
        return true;
    }

    private ShooflyException missing(long found) {
        return refused("records " + expected + " to " + (found - 1)
                + " are missing: they were deleted, or the control tables were set back to an earlier time");
    }

    private ShooflyException lost(String what) {
        return refused("changes up to record " + (expected - 1) + " were read from it, but now " + what
                + ": Kafka lost records that it had acknowledged, and later ones may be lost as well");
    }

    private ShooflyException refused(String what) {
        return new ShooflyException(
                ErrorKind.REFUSED,
                "cannot go on applying partition " + partition + " of topic " + topic + ": " + what
                        + ". Nothing after record " + (expected - 1) + " was applied; the source table is untouched,"
                        + " the shadow is incomplete. Cancel this migration and start it again.");
    }
}
