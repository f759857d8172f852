package dev.shoofly.coordinator.protocol;

/**
 * What an owner reconciles while it holds the progress rows and nobody is locked out yet: in a session of its own, beside the one
 * that holds them, which may be lost meanwhile. One key.
 *
 * @param number of the owner
 */
record Ahead(int number, Way way) {
    static final int READ = 10;
    private static final int WRITTEN = 11;
    private static final int ASKED = 12;

    /** How it comes about that no applier has written since. */
    enum Way {
        /** Nothing is written ahead. */
        NONE,
        /** MySQL: who holds the progress rows is asked, with the rows written and locked. */
        ASKS,
        /** PostgreSQL: the writing transaction keeps the progress rows, too. */
        JOINS
    }

    static boolean isStep(int step) {
        return step >= READ;
    }

    void read(World now, Actor.Steps steps) {
        boolean visible = now.get(Field.VISIBLE) >= now.get(Field.CAPTURED);
        boolean more = Math.max(now.get(Field.OFFSET), now.get(Field.DRAINED)) < now.get(Field.TOPIC);
        boolean named = now.is(Field.OWNER_SIDE, number, now.get(Field.SWAPS));
        if (way == Way.NONE || !more || !named || now.get(Field.TABLE_LOCK) != 0) {
            return;
        }
        if (visible || !steps.has(Guard.AWAIT_VISIBLE)) {
            steps.can(
                    owner() + " reads " + now.get(now.source()) + " ahead",
                    next -> at(READ, next)
                            .set(Field.AHEAD_READ, number, next.get(next.source()))
                            .set(Field.AHEAD_END, number, next.get(Field.TOPIC)));
        }
    }

    void act(World now, Actor.Steps steps, int step) {
        switch (step) {
            case READ -> write(now, steps);
            case WRITTEN -> ask(now, steps);
            case ASKED -> commit(steps);
            default -> throw new IllegalStateException("step " + step);
        }
    }

    private void write(World now, Actor.Steps steps) {
        if (now.get(Field.ROW_LOCK) == 0) {
            steps.can(owner() + " writes ahead", next -> at(WRITTEN, next).set(Field.ROW_LOCK, session()));
        }
    }

    private void ask(World now, Actor.Steps steps) {
        boolean asks = way == Way.ASKS && steps.has(Guard.AHEAD_ASKS_LAST);
        if (asks && !isHeld(now)) {
            steps.can(owner() + " finds its hold lost", next -> at(Owner.RUNNING, release(next)));
        } else {
            steps.can(owner() + " believes in its hold", next -> at(ASKED, next));
        }
    }

    private void commit(Actor.Steps steps) {
        steps.can(owner() + " commits what it wrote ahead", next -> {
            next.set(next.shadow(), next.get(Field.AHEAD_READ, number));
            if (isHeld(next)) {
                at(Owner.PROGRESS_LOCKED, next).set(Field.DRAINED, next.get(Field.AHEAD_END, number));
            } else {
                at(Owner.RUNNING, next);
            }
            release(next);
        });
    }

    /** The other session's end. */
    void loseHold(World now, Actor.Steps steps) {
        if (isHeld(now)) {
            boolean joined = way == Way.JOINS && steps.has(Guard.AHEAD_JOINS_THE_HOLD);
            steps.can(
                    owner() + " loses the session that holds progress",
                    next -> next.set(Field.DRAINED, 0).set(Field.PROGRESS_LOCK, joined ? session() : 0));
        }
    }

    /** Its session's end: what is not committed is not written. */
    World release(World next) {
        for (Field lock : new Field[] {Field.ROW_LOCK, Field.PROGRESS_LOCK}) {
            if (next.is(lock, 0, session())) {
                next.set(lock, 0);
            }
        }
        return next.set(Field.AHEAD_READ, number, 0).set(Field.AHEAD_END, number, 0);
    }

    private boolean isHeld(World now) {
        return now.is(Field.PROGRESS_LOCK, 0, Owner.session(number));
    }

    private World at(int step, World next) {
        return next.set(Field.OWNER_STEP, number, step);
    }

    private int session() {
        return 20 + number;
    }

    private String owner() {
        return "owner " + number;
    }
}
