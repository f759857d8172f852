package dev.shoofly.coordinator.protocol;

/**
 * reconcile: takes what its partition's topic holds, reads the source and writes the shadow in one transaction, and makes room
 * for a unique value in one of its own.
 *
 * @param number of the instance
 * @param key that is its partition's only one
 * @param keys how many there are
 */
record Applier(int number, int key, int keys) implements Actor {
    static final int DOWN = 0;
    static final int IDLE = 1;
    private static final int TAKEN = 2;
    private static final int LOCKED = 3;
    private static final int READ = 4;
    private static final int CONFLICT = 5;
    private static final int CLEARING = 6;

    private static final int MOST_CLAIMS = 3;

    /** Whether an exclusive lock on the shadow has to wait for it. */
    static boolean isInTransaction(World now, int number) {
        int step = now.get(Field.APPLIER_STEP, number);
        return step == LOCKED || step == READ || step == CLEARING;
    }

    @Override
    public void act(World now, Steps steps) {
        int step = now.get(Field.APPLIER_STEP, number);
        switch (step) {
            case DOWN -> claim(now, steps);
            case IDLE -> take(now, steps);
            case TAKEN -> begin(now, steps);
            case LOCKED ->
                steps.can(
                        this + " reads " + now.get(now.source(), key),
                        next -> at(READ, next).set(Field.BATCH_READ, number, next.get(next.source(), key)));
            case READ -> write(now, steps);
            case CONFLICT -> lockTheRowInTheWay(now, steps);
            case CLEARING -> clear(now, steps);
            default -> throw new IllegalStateException("step " + step);
        }
        if (step > IDLE) {
            steps.can(this + " dies", next -> at(DOWN, release(next)));
        }
    }

    private World at(int step, World next) {
        if (step <= IDLE) {
            next.set(Field.BATCH_END, number, 0).set(Field.BATCH_NEEDS, number, 0);
        }
        if (step != READ && step != CONFLICT && step != CLEARING) {
            next.set(Field.BATCH_READ, number, 0);
        }
        return next.set(Field.APPLIER_STEP, number, step);
    }

    private World release(World next) {
        for (int k = 0; k < World.KEYS; k++) {
            if (next.is(Field.PROGRESS_LOCK, k, me())) {
                next.set(Field.PROGRESS_LOCK, k, 0);
            }
            if (next.is(Field.ROW_LOCK, k, me())) {
                next.set(Field.ROW_LOCK, k, 0);
            }
        }
        return next;
    }

    private int me() {
        return 1 + number;
    }

    private void claim(World now, Steps steps) {
        boolean recorded = now.get(Field.RECORDED) == now.get(Field.SWAPS);
        if (now.is(Field.PROGRESS_LOCK, key, 0) && now.get(Field.EPOCH, key) < MOST_CLAIMS && recorded) {
            steps.can(
                    this + " claims",
                    next -> at(IDLE, next)
                            .add(Field.EPOCH, key, 1)
                            .set(Field.APPLIER_EPOCH, number, next.get(Field.EPOCH, key))
                            .set(Field.APPLIER_SIDE, number, next.get(Field.SWAPS)));
        }
    }

    private void take(World now, Steps steps) {
        if (now.get(Field.OFFSET, key) < now.get(Field.TOPIC, key)) {
            steps.can(
                    this + " takes what there is",
                    next -> at(TAKEN, next)
                            .set(Field.BATCH_END, number, next.get(Field.TOPIC, key))
                            .set(Field.BATCH_NEEDS, number, next.get(Field.CAPTURED, key)));
        }
    }

    private void begin(World now, Steps steps) {
        boolean visible = now.get(Field.VISIBLE, key) >= now.get(Field.BATCH_NEEDS, number);
        if (steps.has(Guard.AWAIT_VISIBLE) && !visible || now.get(Field.TABLE_LOCK) != 0) {
            return;
        }
        if (!now.is(Field.APPLIER_SIDE, number, now.get(Field.SWAPS))) {
            steps.can(this + " finds its shadow's name gone", next -> at(DOWN, next));
        } else if (!steps.has(Guard.PROGRESS_ROW)) {
            steps.can(this + " begins", next -> at(LOCKED, next));
        } else if (now.is(Field.PROGRESS_LOCK, key, 0)) {
            boolean mine = now.is(Field.APPLIER_EPOCH, number, now.get(Field.EPOCH, key));
            if (mine || !steps.has(Guard.APPLIER_EPOCH)) {
                steps.can(this + " locks its progress", next -> at(LOCKED, next).set(Field.PROGRESS_LOCK, key, me()));
            } else {
                steps.can(this + " finds another epoch", next -> at(DOWN, next));
            }
        }
    }

    private void write(World now, Steps steps) {
        int value = now.get(Field.BATCH_READ, number);
        if (!now.is(Field.ROW_LOCK, key, 0)) {
            return;
        }
        if (value != 0 && keys == 2 && now.is(now.shadow(), 1 - key, value)) {
            steps.can(this + " meets " + value + " in the other row", next -> at(CONFLICT, release(next)));
            return;
        }
        steps.can(this + " writes " + value, next -> {
            next.set(next.shadow(), key, value);
            save(next, steps.has(Guard.PROGRESS_ROW));
            at(IDLE, release(next));
        });
    }

    private void save(World next, boolean inItsRow) {
        int end = next.get(Field.BATCH_END, number);
        if (end >= next.get(Field.OFFSET, key)) {
            next.set(Field.OFFSET, key, end);
        } else if (inItsRow) {
            // Kept elsewhere, as a consumer group's offsets are, it only moves on.
            next.fail(Failure.PROGRESS_GOES_BACK);
        }
    }

    private void lockTheRowInTheWay(World now, Steps steps) {
        if (now.get(Field.TABLE_LOCK) != 0) {
            return;
        }
        if (!now.is(now.shadow(), 1 - key, now.get(Field.BATCH_READ, number))) {
            steps.can(this + " finds nothing in the way", next -> at(TAKEN, next));
        } else if (now.is(Field.ROW_LOCK, 1 - key, 0)) {
            steps.can(
                    this + " locks the row in the way",
                    next -> at(CLEARING, next).set(Field.ROW_LOCK, 1 - key, me()));
        }
    }

    private void clear(World now, Steps steps) {
        boolean sourceGivesItThat = now.is(now.source(), 1 - key, now.get(Field.BATCH_READ, number));
        if (steps.has(Guard.CONFLICT_RECHECK) && sourceGivesItThat) {
            steps.can(this + " leaves the row in the way", next -> at(TAKEN, release(next)));
        } else {
            steps.can(
                    this + " deletes the row in the way",
                    next -> at(TAKEN, release(next)).set(next.shadow(), 1 - key, 0));
        }
    }

    @Override
    public String toString() {
        return "applier " + number;
    }
}
