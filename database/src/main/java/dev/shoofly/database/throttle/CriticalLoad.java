package dev.shoofly.database.throttle;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Tells a spike from an emergency: a critical limit counts when two readings in a row are beyond it. Thread-safe. */
final class CriticalLoad implements Consumer<Reading> {
    private static final int IN_A_ROW = 2;
    private final Map<String, Integer> beyond = new HashMap<>();
    private @Nullable String verdict;

    @Override
    public synchronized void accept(Reading reading) {
        if (reading.kind() != SignalKind.CRITICAL_LOAD) {
            return;
        }
        int times = reading.pressure() >= 1 ? beyond.getOrDefault(reading.name(), 0) + 1 : 0;
        beyond.put(reading.name(), times);
        if (times >= IN_A_ROW) {
            verdict = reading.sentence();
        }
    }

    /** What is critical; empty: nothing. Starts to count anew. */
    synchronized Optional<String> take() {
        Optional<String> taken = Optional.ofNullable(verdict);
        if (taken.isPresent()) {
            verdict = null;
            beyond.clear();
        }
        return taken;
    }
}
