package dev.shoofly.coordinator;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;

/**
 * Ends a comparison that nobody waits for any more. Of a kind that is told apart from a failure wherever it passes: taken for
 * one, it would cost the way back to whoever has just asked for it.
 */
final class CutShort extends ShooflyException {
    CutShort() {
        super(ErrorKind.SUPERSEDED, "the comparison was cut short: the old table is asked for, or kept no longer");
    }
}
