package dev.shoofly.model;

import java.util.List;

/**
 * An alteration that the server carries out by itself. Persisted as JSON with the migration; never changed afterwards.
 *
 * @param strategy INSTANT or ONLINE
 * @param steps in this order
 */
public record NativePlan(Strategy strategy, List<NativeStep> steps) {
    public NativePlan {
        if (strategy == Strategy.SHADOW) {
            throw new IllegalArgumentException("a shadow is not the server's own way");
        }
        steps = List.copyOf(steps);
    }
}
