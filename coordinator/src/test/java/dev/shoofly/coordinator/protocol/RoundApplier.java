package dev.shoofly.coordinator.protocol;

/**
 * An applier in a process of its own: begins by the recorded plan, and may go on by it long after another is recorded. What it
 * does under its partition's lock is one step here; {@link Applier} has the steps in between.
 *
 * @param number of the instance
 * @param rejoins whether it claims its partition, for the first time or anew, by a plan that may be a former one
 */
record RoundApplier(int number, boolean rejoins) implements Actor {
    static final int IDLE = 2;
    private static final int DOWN = 0;
    private static final int STARTED = 1;
    private static final int TAKEN = 3;

    @Override
    public void act(World now, Steps steps) {
        int step = now.get(Field.APPLIER_STEP, number);
        switch (step) {
            case DOWN -> start(now, steps);
            case STARTED -> claim(now, steps);
            case IDLE -> take(now, steps);
            case TAKEN -> apply(now, steps);
            default -> throw new IllegalStateException("step " + step);
        }
    }

    private World at(int step, World next) {
        next.set(Field.BATCH_END, number, step == TAKEN ? next.get(Field.TOPIC) : 0);
        if (step <= STARTED) {
            next.set(Field.APPLIER_EPOCH, number, 0).set(Field.APPLIER_MARKER, number, 0);
        }
        if (step == DOWN) {
            next.set(Field.APPLIER_SIDE, number, 0);
        }
        return next.set(Field.APPLIER_STEP, number, step);
    }

    private void start(World now, Steps steps) {
        if (now.get(Field.CANCELLED) == 0 && now.is(Field.PLAN, 0, now.get(Field.RECORDED))) {
            steps.can(
                    this + " starts", next -> at(STARTED, next).set(Field.APPLIER_SIDE, number, next.get(Field.PLAN)));
        }
    }

    private void claim(World now, Steps steps) {
        if (now.get(Field.PROGRESS_LOCK) != 0 || now.get(Field.CANCELLED) != 0) {
            return;
        }
        if (!rejoins && !now.is(Field.APPLIER_SIDE, number, now.get(Field.RECORDED))) {
            steps.can(this + " hears of another swap", next -> at(DOWN, next));
            return;
        }
        steps.can(this + " claims", next -> {
            if (steps.has(Guard.CLAIM_RAISES_EPOCH)) {
                supersedeAll(next);
            }
            at(IDLE, next)
                    .set(Field.APPLIER_EPOCH, number, 1)
                    .set(Field.APPLIER_MARKER, number, next.get(Field.SWAP_MARKER));
            if (next.is(Field.APPLIER_EPOCH, 1 - number, 1)) {
                next.fail(Failure.TWO_WRITERS);
            }
        });
    }

    static void supersedeAll(World next) {
        for (int applier = 0; applier < World.APPLIERS; applier++) {
            next.set(Field.APPLIER_EPOCH, applier, 0);
        }
    }

    private void take(World now, Steps steps) {
        if (now.get(Field.TOPIC) > 0 || now.get(Field.KEY_AGAIN) > 0) {
            steps.can(this + " takes what there is", next -> at(TAKEN, next));
        }
        if (!now.is(Field.APPLIER_SIDE, number, now.get(Field.PLAN))) {
            steps.can(this + " hears of another plan", next -> at(DOWN, next));
        }
    }

    private void apply(World now, Steps steps) {
        if (now.get(Field.PROGRESS_LOCK) != 0 || now.get(Field.TABLE_LOCK) != 0) {
            return;
        }
        boolean mine = now.is(Field.APPLIER_EPOCH, number, 1);
        boolean named = now.is(Field.APPLIER_SIDE, number, now.get(Field.SWAPS));
        if (now.get(Field.CANCELLED) != 0) {
            steps.can(this + " finds its progress gone", next -> at(DOWN, next));
        } else if (!mine && steps.has(Guard.APPLIER_EPOCH)) {
            steps.can(this + " finds another epoch", next -> at(rejoins ? STARTED : DOWN, next));
        } else if (!named && steps.has(Guard.FRESH_NAMES)) {
            steps.can(this + " finds its shadow's name gone", next -> {
                boolean former = !next.is(Field.PLAN, 0, next.get(Field.APPLIER_SIDE, number));
                if (former && !steps.has(Guard.PLAN_ROUND)) {
                    next.fail(Failure.FAILED_BY_A_FORMER_APPLIER);
                }
                at(DOWN, next);
            });
        } else {
            steps.can(this + " writes " + now.get(now.source()), next -> {
                if (!named) {
                    next.fail(Failure.WRITE_BY_A_FORMER_PLAN);
                }
                int swapMarker = next.get(Field.APPLIER_MARKER, number);
                if (Rows.hasKeys(next, next.get(Field.BATCH_END, number), swapMarker, steps)) {
                    Rows.reconcile(next);
                }
                if (next.get(Field.KEY_AGAIN) > 0) {
                    next.set(Field.KEY_AGAIN, -1);
                }
                Rows.moveProgress(next, next.get(Field.BATCH_END, number));
                at(IDLE, next);
            });
        }
    }

    @Override
    public String toString() {
        return "applier " + number;
    }
}
