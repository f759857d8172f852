package dev.shoofly.verifier.sweep;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a task.
 *
 * @param compared null: it could not be compared, or too much differs to be told in a message; the owner looks itself
 */
record RangeVerdict(long run, long number, @Nullable ComparedRange compared) {
    /** So many keys fit into a message of the size that every broker takes. */
    static final int MOST_KEYS = 1_000;

    static RangeVerdict of(RangeTask task, ComparedRange compared) {
        return new RangeVerdict(task.run(), task.number(), compared.differing().size() > MOST_KEYS ? null : compared);
    }

    static RangeVerdict none(RangeTask task) {
        return new RangeVerdict(task.run(), task.number(), null);
    }

    Optional<ComparedRange> answer() {
        return Optional.ofNullable(compared);
    }
}
