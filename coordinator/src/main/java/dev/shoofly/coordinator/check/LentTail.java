package dev.shoofly.coordinator.check;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.verifier.ChangeWindow;
import java.time.Duration;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The changes topic, read beside an owner who does not know of it and trims it behind itself: what it has cut off meanwhile
 * is no loss, and the stretch is read anew from where the topic ends then.
 */
final class LentTail implements ChangeWindow {
    private final ChangeWindow tail;

    LentTail(ChangeWindow tail) {
        this.tail = tail;
    }

    @Override
    public Map<Integer, Long> endOffsets() {
        return tail.endOffsets();
    }

    @Override
    public void release(Map<Integer, Long> from) {
        tail.release(from);
    }

    @Override
    public boolean holds(Map<Integer, Long> from) {
        return tail.holds(from);
    }

    @Override
    public Stretch stretch(Map<Integer, Long> from, long marker, int most, Duration timeout) {
        return trimmedIsTransient(() -> tail.stretch(from, marker, most, timeout));
    }

    @Override
    public Changes changesBetween(Map<Integer, Long> from, long firstMarker, long secondMarker, Duration timeout) {
        return trimmedIsTransient(() -> tail.changesBetween(from, firstMarker, secondMarker, timeout));
    }

    private static <T> T trimmedIsTransient(Supplier<T> read) {
        try {
            return read.get();
        } catch (ShooflyException e) {
            if (e.kind() != ErrorKind.AMBIGUOUS) {
                throw e;
            }
            throw new ShooflyException(
                    ErrorKind.TRANSIENT, "the changes topic was trimmed while rows were looked at again", e);
        }
    }
}
