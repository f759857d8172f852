package dev.shoofly.coordinator.protocol;

/**
 * Writes the live table's rows, whose value is unique, and the log with them; a change reaches the log before others can see
 * it. The log's reader is here, too.
 *
 * @param keys how many
 * @param values of a row: absent, which is 0, and from 1 to this
 * @param atOnce whether a change can be seen as soon as it is in the log
 */
record Application(int keys, int values, boolean atOnce) implements Actor {
    @Override
    public void act(World now, Steps steps) {
        boolean lockedOut = now.get(Field.TABLE_LOCK) != 0 && steps.has(Guard.SOURCE_LOCK);
        if (now.get(Field.WRITES_LEFT) > 0 && !lockedOut) {
            for (int key = 0; key < keys; key++) {
                for (int value = 0; value <= values; value++) {
                    write(now, steps, key, value);
                }
            }
            if (keys == 2 && now.get(now.source(), 0) != 0 && now.get(now.source(), 1) != 0) {
                exchange(steps);
            }
        }
        for (int key = 0; key < keys; key++) {
            becomeVisible(now, steps, key);
            capture(now, steps, key);
        }
    }

    private void write(World now, Steps steps, int key, int value) {
        boolean taken = value != 0 && keys == 2 && now.is(now.source(), 1 - key, value);
        if (now.is(now.source(), key, value) || !now.is(Field.PENDING, key, 0) || taken) {
            return;
        }
        steps.can("row " + key + " becomes " + value + (atOnce ? "" : " in the log"), next -> {
            next.add(Field.WRITES_LEFT, 0, -1).add(Field.LOGGED, key, 1);
            if (atOnce) {
                next.add(Field.VISIBLE, key, 1).set(next.source(), key, value);
            } else {
                next.set(Field.PENDING, key, value + 1);
            }
        });
    }

    /** In one transaction. */
    private static void exchange(Steps steps) {
        steps.can("rows exchange their values", next -> {
            int first = next.get(next.source(), 0);
            next.set(next.source(), 0, next.get(next.source(), 1)).set(next.source(), 1, first);
            next.add(Field.WRITES_LEFT, 0, -1);
            for (int key = 0; key < 2; key++) {
                next.add(Field.LOGGED, key, 1).add(Field.VISIBLE, key, 1);
            }
        });
    }

    private static void becomeVisible(World now, Steps steps, int key) {
        int pending = now.get(Field.PENDING, key);
        if (pending != 0) {
            steps.can(
                    "row " + key + " is seen as " + (pending - 1),
                    next -> next.set(next.source(), key, pending - 1)
                            .set(Field.PENDING, key, 0)
                            .add(Field.VISIBLE, key, 1));
        }
    }

    private static void capture(World now, Steps steps, int key) {
        if (now.get(Field.CAPTURED, key) < now.get(Field.LOGGED, key)) {
            steps.can(
                    "a change of " + key + " is captured",
                    next -> next.add(Field.CAPTURED, key, 1).add(Field.TOPIC, key, 1));
        }
    }
}
