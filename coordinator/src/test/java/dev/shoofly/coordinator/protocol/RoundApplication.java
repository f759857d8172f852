package dev.shoofly.coordinator.protocol;

/**
 * Writes the live table's only row, and the log with it. The log's reader is here, too, and what it repeats when it begins
 * anew.
 *
 * @param values of the row: absent, which is 0, and from 1 to this
 * @param repeatsKeys whether the capture, begun anew, may hand out a key for the second time
 */
record RoundApplication(int values, boolean repeatsKeys) implements Actor {
    @Override
    public void act(World now, Steps steps) {
        if (now.get(Field.CANCELLED) != 0) {
            return;
        }
        if (now.get(Field.WRITES_LEFT) > 0 && now.get(Field.TABLE_LOCK) == 0) {
            for (int value = 0; value <= values; value++) {
                write(now, steps, value);
            }
        }
        if (now.get(Field.LOGGED) > 0) {
            steps.can(
                    "a change is captured",
                    next -> next.add(Field.LOGGED, 0, -1).add(Field.TOPIC, 0, 1));
        }
        repeat(now, steps);
    }

    private static void write(World now, Steps steps, int value) {
        if (now.is(now.source(), 0, value)) {
            return;
        }
        steps.can(
                "the row becomes " + value,
                next -> Rows.write(next, value)
                        .add(Field.WRITES_LEFT, 0, -1)
                        .add(Field.LOGGED, 0, 1)
                        .add(Field.SINCE_SWAP, 0, 1));
    }

    private void repeat(World now, Steps steps) {
        // With the guard such a marker changes nothing.
        if (!steps.has(Guard.MARKERS_RISE) && now.get(Field.SWAPS) > 0 && now.get(Field.MARKER_AGAIN) == 0) {
            steps.can("an earlier swap's marker is captured again", next -> next.set(Field.MARKER_AGAIN, 1));
        }
        if (repeatsKeys && now.get(Field.KEY_AGAIN) == 0) {
            int newest = now.get(Field.SWAPS) - 1 + now.get(Field.TOUCHED);
            for (int swaps = 0; swaps <= newest; swaps++) {
                int again = 1 + swaps;
                steps.can(
                        "a change made after " + swaps + " swaps is captured again",
                        next -> next.set(Field.KEY_AGAIN, again));
            }
        }
    }
}
