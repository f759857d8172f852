package dev.shoofly.verifier;

import java.time.Duration;
import java.util.AbstractSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The changes topic, where it cannot be reached: any row may have changed between any two markers. So a row that is equal at
 * some look is equal, and one that differs at every look is undecided, never a mismatch. Stateless.
 */
public final class UnknownChanges implements ChangeWindow {
    private static final Set<String> EVERY_TOKEN = new AbstractSet<>() {
        @Override
        public boolean contains(Object token) {
            return true;
        }

        @Override
        public Iterator<String> iterator() {
            return List.<String>of().iterator();
        }

        @Override
        public int size() {
            return 0;
        }
    };

    @Override
    public Map<Integer, Long> endOffsets() {
        return Map.of();
    }

    @Override
    public boolean holds(Map<Integer, Long> from) {
        return false;
    }

    @Override
    public Stretch stretch(Map<Integer, Long> from, long marker, int most, Duration timeout) {
        return new Stretch(Set.of(), from, false);
    }

    @Override
    public Changes changesBetween(Map<Integer, Long> from, long firstMarker, long secondMarker, Duration timeout) {
        return new Changes(EVERY_TOKEN, 0);
    }
}
