package dev.shoofly.coordinator.protocol;

/**
 * Swaps the tables, there and perhaps back, as MySQL lets it: the names in one session, what is recorded in another, so that a
 * death between them leaves one without the other.
 *
 * @param number of the process
 * @param keys how many there are
 * @param swaps 1: there; 2: and back
 * @param mortal whether it may die or let go, and is there to take over
 * @param ahead what it reconciles before it locks the tables
 */
record Owner(int number, int keys, int swaps, boolean mortal, Ahead ahead) implements Actor {
    static final int RUNNING = 1;
    private static final int DOWN = 0;
    static final int PROGRESS_LOCKED = 2;
    private static final int TABLES_LOCKED = 3;
    private static final int DRAINED = 4;
    private static final int RECORDING = 5;
    private static final int RENAMED = 6;
    private static final int UNLOCKED = 7;

    private static final int MOST_OWNERS = 2;

    /** One that reconciles nothing ahead. */
    Owner(int number, int keys, int swaps, boolean mortal) {
        this(number, keys, swaps, mortal, new Ahead(number, Ahead.Way.NONE));
    }

    /** Who holds the locks. */
    static int session(int number) {
        return 10 + number;
    }

    @Override
    public void act(World now, Steps steps) {
        int step = now.get(Field.OWNER_STEP, number);
        switch (step) {
            case DOWN -> takeOver(now, steps);
            case RUNNING -> lockProgress(now, steps);
            case PROGRESS_LOCKED -> {
                ahead.read(now, steps);
                lockTables(now, steps);
            }
            case TABLES_LOCKED -> drain(now, steps);
            case DRAINED -> record(now, steps);
            case RECORDING -> rename(steps);
            case RENAMED ->
                steps.can(
                        this + " unlocks the tables", next -> at(UNLOCKED, next).set(Field.TABLE_LOCK, 0));
            case UNLOCKED -> commit(steps);
            default -> ahead.act(now, steps, step);
        }
        if (mortal) {
            die(now, steps, step);
            finishWithoutItsClient(now, steps);
        }
    }

    private World at(int step, World next) {
        return next.set(Field.OWNER_STEP, number, step);
    }

    private int me() {
        return session(number);
    }

    private World release(World next) {
        ahead.release(next);
        for (int key = 0; key < World.KEYS; key++) {
            if (next.is(Field.PROGRESS_LOCK, key, me())) {
                next.set(Field.PROGRESS_LOCK, key, 0).set(Field.DRAINED, key, 0);
            }
        }
        for (Field lock : new Field[] {Field.TABLE_LOCK, Field.MIGRATION_LOCK}) {
            if (next.is(lock, 0, me())) {
                next.set(lock, 0);
            }
        }
        return next;
    }

    private void die(World now, Steps steps, int step) {
        if (step == DOWN) {
            return;
        }
        steps.can(this + " dies", next -> at(DOWN, release(next)));
        if (step == RECORDING && now.get(Field.ORPHAN) == 0) {
            steps.can(this + " dies while its RENAME runs on", next -> {
                at(DOWN, release(next));
                next.set(Field.TABLE_LOCK, me()).set(Field.ORPHAN, me());
            });
        }
        if (Ahead.isStep(step)) {
            ahead.loseHold(now, steps);
        }
        if (step > RUNNING && step < RENAMED) {
            steps.can(this + " lets go", next -> at(RUNNING, release(next)));
        }
    }

    private void finishWithoutItsClient(World now, Steps steps) {
        if (now.is(Field.ORPHAN, 0, me())) {
            steps.can("the RENAME of " + this + " ends", next -> {
                swap(next);
                next.set(Field.ORPHAN, 0).set(Field.TABLE_LOCK, 0);
            });
        }
    }

    private void takeOver(World now, Steps steps) {
        if (now.get(Field.MIGRATION_LOCK) != 0 || now.get(Field.MIGRATION_EPOCH) >= MOST_OWNERS) {
            return;
        }
        if (steps.has(Guard.NO_SESSION_LEFT) && now.get(Field.ORPHAN) != 0) {
            steps.can(
                    this + " kills the session of a dead owner",
                    next -> next.set(Field.ORPHAN, 0).set(Field.TABLE_LOCK, 0));
            return;
        }
        steps.can(this + " takes over", next -> {
            at(RUNNING, next)
                    .add(Field.MIGRATION_EPOCH, 0, 1)
                    .set(Field.OWNER_EPOCH, number, next.get(Field.MIGRATION_EPOCH));
            if (steps.has(Guard.NAMES_DECIDE)) {
                next.set(Field.RECORDED, next.get(Field.SWAPS));
            }
            next.set(Field.OWNER_SIDE, number, next.get(Field.RECORDED));
        });
    }

    private void lockProgress(World now, Steps steps) {
        boolean free = now.get(Field.SEGMENT_DONE) == 1 && now.get(Field.OWNER_SIDE, number) < swaps;
        for (int key = 0; key < keys; key++) {
            free &= now.is(Field.PROGRESS_LOCK, key, 0);
        }
        if (free) {
            steps.can(this + " locks progress", next -> {
                at(PROGRESS_LOCKED, next);
                for (int key = 0; key < keys; key++) {
                    next.set(Field.PROGRESS_LOCK, key, me());
                }
            });
        }
    }

    private void lockTables(World now, Steps steps) {
        boolean free = now.get(Field.TABLE_LOCK) == 0;
        for (int applier = 0; applier < World.APPLIERS; applier++) {
            free &= !Applier.isInTransaction(now, applier);
        }
        for (int copier = 0; copier < World.COPIERS; copier++) {
            free &= !Copier.isInTransaction(now, copier);
        }
        for (int key = 0; key < keys; key++) {
            free &= now.is(Field.PENDING, key, 0) || !steps.has(Guard.SOURCE_LOCK);
        }
        for (int owner = 0; owner < World.OWNERS; owner++) {
            free &= !Ahead.isStep(now.get(Field.OWNER_STEP, owner));
        }
        boolean nameGone = !now.is(Field.OWNER_SIDE, number, now.get(Field.SWAPS));
        if (free && nameGone && steps.has(Guard.FRESH_NAMES)) {
            steps.can(this + " finds its shadow's name gone", next -> {
                if (isCurrent(next)) {
                    next.fail(Failure.STUCK);
                }
                at(DOWN, release(next));
            });
        } else if (free) {
            steps.can(
                    this + " locks the tables", next -> at(TABLES_LOCKED, next).set(Field.TABLE_LOCK, me()));
        }
    }

    private void drain(World now, Steps steps) {
        for (int key = 0; key < keys; key++) {
            if (steps.has(Guard.MARKER) && now.get(Field.CAPTURED, key) < now.get(Field.LOGGED, key)) {
                return;
            }
        }
        steps.can(this + " reconciles the remainder", next -> {
            if (!next.is(Field.OWNER_SIDE, number, next.get(Field.SWAPS))) {
                next.fail(Failure.WRONG_DIRECTION);
            }
            at(DRAINED, next);
            for (int key = 0; key < keys; key++) {
                if (Math.max(next.get(Field.OFFSET, key), next.get(Field.DRAINED, key)) < next.get(Field.TOPIC, key)) {
                    next.set(next.shadow(), key, next.get(next.source(), key));
                }
                next.set(Field.DRAINED, key, next.get(Field.TOPIC, key));
            }
        });
    }

    private void record(World now, Steps steps) {
        if (!steps.has(Guard.OWNER_EPOCH)) {
            steps.can(this + " goes on", next -> at(RECORDING, next));
        } else if (!isCurrent(now)) {
            steps.can(this + " finds another epoch", next -> at(DOWN, release(next)));
        } else if (now.get(Field.MIGRATION_LOCK) == 0) {
            steps.can(this + " writes the state", next -> at(RECORDING, next).set(Field.MIGRATION_LOCK, me()));
        }
    }

    private boolean isCurrent(World now) {
        return now.is(Field.OWNER_EPOCH, number, now.get(Field.MIGRATION_EPOCH));
    }

    private void rename(Steps steps) {
        steps.can(this + " renames", next -> {
            if (!isCurrent(next)) {
                next.fail(Failure.SWAP_BY_A_FORMER_OWNER);
            }
            swap(next);
            at(RENAMED, next);
        });
    }

    /** The moment at which all must be right. */
    private void swap(World next) {
        for (int key = 0; key < keys; key++) {
            int right = next.get(next.source(), key);
            int found = next.get(next.shadow(), key);
            if (right != found) {
                next.fail(right == 0 ? Failure.GHOST_ROW : found == 0 ? Failure.LOST_ROW : Failure.STALE_ROW);
            }
        }
        next.add(Field.SWAPS, 0, 1);
    }

    private void commit(Steps steps) {
        steps.can(this + " commits the state", next -> {
            for (int key = 0; key < keys; key++) {
                next.add(Field.EPOCH, key, 1).set(Field.OFFSET, key, next.get(Field.DRAINED, key));
            }
            at(RUNNING, release(next))
                    .set(Field.RECORDED, next.get(Field.SWAPS))
                    .set(Field.OWNER_SIDE, number, next.get(Field.SWAPS));
        });
    }

    @Override
    public String toString() {
        return "owner " + number;
    }
}
