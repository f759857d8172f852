package dev.shoofly.verifier;

import dev.shoofly.model.ChangeRecord;
import dev.shoofly.model.KeyDefinition;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Collects the tokens behind a marker, partition by partition. Fed in the order of each partition. One thread. */
final class TokenWindow {
    private final KeyDefinition key;
    private final long firstMarker;
    private final Map<Integer, Set<String>> tokens = new HashMap<>();
    private final Set<Integer> begun = new HashSet<>();

    TokenWindow(KeyDefinition key, long firstMarker) {
        this.key = key;
        this.firstMarker = firstMarker;
    }

    void add(int partition, ChangeRecord change) {
        if (change instanceof ChangeRecord.DirtyKey dirty) {
            tokens.computeIfAbsent(partition, each -> new HashSet<>()).add(key.token(dirty.key()));
        } else if (change instanceof ChangeRecord.Marker marker
                && marker.number() >= firstMarker
                && begun.add(partition)
                && marker.number() == firstMarker) {
            // Only the marker itself, at its first delivery, proves that what stands before it was applied: a capture
            // that restarts delivers again, and then keys of the window stand before a second copy of the marker.
            tokens.remove(partition);
        }
    }

    Set<String> tokens() {
        Set<String> all = new HashSet<>();
        tokens.values().forEach(all::addAll);
        return all;
    }
}
