package dev.shoofly.verifier;

import dev.shoofly.database.Comparer;
import dev.shoofly.database.DirtyKeys;
import dev.shoofly.database.throttle.Throttle;
import dev.shoofly.model.MigrationMetrics;
import java.util.List;

/**
 * What a verification works with. Nothing in it says which of the two tables is the live one.
 *
 * @param dirtyKeys where the keys of rows go that are to be written anew
 * @param sinks each gets every verdict
 * @param throttle asked before each range and each re-check
 */
public record Surroundings(
        Comparer comparer,
        MarkerFence fence,
        ChangeWindow changes,
        DirtyKeys dirtyKeys,
        List<MismatchSink> sinks,
        Throttle throttle,
        MigrationMetrics metrics) {
    public Surroundings {
        sinks = List.copyOf(sinks);
    }

    Surroundings withSinks(List<MismatchSink> others) {
        return new Surroundings(comparer, fence, changes, dirtyKeys, others, throttle, metrics);
    }

    Surroundings throttledBy(Throttle other) {
        return new Surroundings(comparer, fence, changes, dirtyKeys, sinks, other, metrics);
    }
}
