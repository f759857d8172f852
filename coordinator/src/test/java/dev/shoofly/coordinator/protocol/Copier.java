package dev.shoofly.coordinator.protocol;

/** Copies row 0 if the shadow does not have it, and sweeps. */
record Copier(int number) implements Actor {
    static final int READY = 1;
    private static final int DOWN = 0;
    private static final int READ = 2;
    private static final int INSERTED = 3;
    private static final int FOUND = 4;
    private static final int SWEPT = 5;

    private static final int MOST_CLAIMS = 2;

    /** Whether an exclusive lock on the shadow has to wait for it. */
    static boolean isInTransaction(World now, int number) {
        return now.is(Field.COPIER_STEP, number, READ);
    }

    @Override
    public void act(World now, Steps steps) {
        int step = now.get(Field.COPIER_STEP, number);
        switch (step) {
            case DOWN -> claim(now, steps);
            case READY -> read(now, steps);
            case READ -> insert(now, steps);
            case INSERTED -> sweep(now, steps);
            case FOUND -> settle(steps);
            case SWEPT -> done(now, steps);
            default -> throw new IllegalStateException("step " + step);
        }
        if (step != DOWN) {
            steps.can(this + " dies", next -> at(DOWN, release(next)));
        }
    }

    private World at(int step, World next) {
        if (step != READ) {
            next.set(Field.COPIER_READ, number, 0);
        }
        return next.set(Field.COPIER_STEP, number, step);
    }

    private World release(World next) {
        return next.is(Field.SEGMENT_LOCK, 0, 1 + number) ? next.set(Field.SEGMENT_LOCK, 0) : next;
    }

    private void claim(World now, Steps steps) {
        boolean free = now.get(Field.SEGMENT_LOCK) == 0 && now.get(Field.SEGMENT_DONE) == 0;
        if (free && now.get(Field.SEGMENT_EPOCH) < MOST_CLAIMS) {
            steps.can(
                    this + " claims",
                    next -> at(READY, next)
                            .add(Field.SEGMENT_EPOCH, 0, 1)
                            .set(Field.COPIER_EPOCH, number, next.get(Field.SEGMENT_EPOCH)));
        }
    }

    private boolean isMine(World now) {
        return now.is(Field.COPIER_EPOCH, number, now.get(Field.SEGMENT_EPOCH));
    }

    private void read(World now, Steps steps) {
        boolean fenced = steps.has(Guard.COPIER_FENCE);
        if (now.get(Field.TABLE_LOCK) != 0 || fenced && now.get(Field.SEGMENT_LOCK) != 0) {
            return;
        }
        if (fenced && !isMine(now)) {
            steps.can(this + " finds another epoch", next -> at(DOWN, next));
            return;
        }
        steps.can(
                this + " reads " + now.get(now.source(), 0),
                next -> at(READ, next)
                        .set(Field.COPIER_READ, number, next.get(next.source(), 0))
                        .set(Field.SEGMENT_LOCK, fenced ? 1 + number : next.get(Field.SEGMENT_LOCK)));
    }

    private void insert(World now, Steps steps) {
        int value = now.get(Field.COPIER_READ, number);
        if (!now.is(Field.ROW_LOCK, 0, 0)) {
            return;
        }
        steps.can(this + " inserts " + value + " if absent", next -> {
            if (next.is(next.shadow(), 0, 0)) {
                next.set(next.shadow(), 0, value);
            }
            at(steps.has(Guard.SWEEP) ? INSERTED : SWEPT, release(next));
        });
    }

    private void sweep(World now, Steps steps) {
        boolean ghost = now.get(now.shadow(), 0) != 0 && now.get(now.source(), 0) == 0;
        steps.can(this + (ghost ? " finds a ghost" : " finds no ghost"), next -> at(ghost ? FOUND : SWEPT, next));
    }

    private void settle(Steps steps) {
        if (steps.has(Guard.SWEEP_PUBLISHES)) {
            steps.can(this + " publishes the key", next -> at(SWEPT, next).add(Field.TOPIC, 0, 1));
        } else {
            steps.can(this + " deletes the ghost", next -> at(SWEPT, next).set(next.shadow(), 0, 0));
        }
    }

    private void done(World now, Steps steps) {
        if (isMine(now)) {
            steps.can(this + " is done", next -> at(DOWN, next).set(Field.SEGMENT_DONE, 1));
        } else {
            steps.can(this + " finds another epoch", next -> at(DOWN, next));
        }
    }

    @Override
    public String toString() {
        return "copier " + number;
    }
}
