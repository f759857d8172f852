package dev.shoofly.verifier;

import dev.shoofly.model.KeyRange;
import dev.shoofly.model.RowKey;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Where a pass starts, and who wants to know how far it is.
 *
 * @param after last key that an earlier pass verified; null: from the start
 * @param onVerified told of each range once all its suspects are settled, in key order, on the pass's thread
 */
public record VerificationPosition(@Nullable RowKey after, Consumer<KeyRange> onVerified) {
    /** A whole pass that nobody is going to resume. */
    public static final VerificationPosition START = new VerificationPosition(null, range -> {});
}
