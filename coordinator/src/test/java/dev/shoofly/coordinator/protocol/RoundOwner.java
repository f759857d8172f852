package dev.shoofly.coordinator.protocol;

/**
 * Swaps the tables there, back, and there again; as {@link Owner}, with what follows each swap and without the steps of its
 * locks. Or cancels it.
 *
 * @param number of the process
 * @param swaps the most
 * @param mortal whether it may die or let go, and is there to take over or to cancel
 */
record RoundOwner(int number, int swaps, boolean mortal) implements Actor {
    static final int RUNNING = 1;
    private static final int DOWN = 0;
    private static final int LOCKED = 2;
    private static final int NOTED = 3;
    private static final int RECORDING = 4;
    private static final int RENAMED = 5;
    private static final int UNLOCKED = 6;
    private static final int LOOKED = 7;

    @Override
    public void act(World now, Steps steps) {
        int step = now.get(Field.OWNER_STEP, number);
        switch (step) {
            case DOWN -> begin(now, steps);
            case LOOKED -> cancel(now, steps);
            case RUNNING -> run(now, steps);
            case LOCKED -> drain(now, steps);
            case NOTED -> record(now, steps);
            case RECORDING -> rename(steps);
            case RENAMED ->
                steps.can(
                        this + " unlocks the tables", next -> at(UNLOCKED, next).set(Field.TABLE_LOCK, 0));
            case UNLOCKED -> commit(steps);
            default -> throw new IllegalStateException("step " + step);
        }
        if (mortal) {
            die(now, steps, step);
            finishWithoutItsClient(now, steps);
        }
    }

    private void begin(World now, Steps steps) {
        if (mortal) {
            takeOver(now, steps);
            lookBeforeCancelling(now, steps);
        }
    }

    private World at(int step, World next) {
        if (step == DOWN) {
            next.set(Field.OWNER_SIDE, number, 0).set(Field.OWNER_EPOCH, number, 0);
        }
        return next.set(Field.OWNER_STEP, number, step);
    }

    private int me() {
        return 10 + number;
    }

    private World release(World next) {
        if (next.is(Field.PROGRESS_LOCK, 0, me())) {
            next.set(Field.DRAINED, 0).set(Field.DRAINED_KEYS, 0);
        }
        for (Field lock : new Field[] {Field.PROGRESS_LOCK, Field.TABLE_LOCK, Field.MIGRATION_LOCK}) {
            if (next.is(lock, 0, me())) {
                next.set(lock, 0);
            }
        }
        return next;
    }

    private void die(World now, Steps steps, int step) {
        if (step == DOWN || step == LOOKED) {
            return;
        }
        steps.can(this + " dies", next -> at(DOWN, release(next)));
        if (step == RECORDING && now.get(Field.ORPHAN) == 0) {
            steps.can(this + " dies while its RENAME runs on", next -> {
                int drained = next.get(Field.DRAINED);
                int keys = next.get(Field.DRAINED_KEYS);
                at(DOWN, release(next));
                next.set(Field.DRAINED, drained)
                        .set(Field.DRAINED_KEYS, keys)
                        .set(Field.TABLE_LOCK, me())
                        .set(Field.ORPHAN, me());
            });
        }
        if (step == LOCKED || step == NOTED) {
            steps.can(this + " lets go", next -> at(RUNNING, release(next)));
        }
    }

    private void finishWithoutItsClient(World now, Steps steps) {
        if (now.is(Field.ORPHAN, 0, me())) {
            steps.can("the RENAME of " + this + " ends", next -> {
                swap(next);
                next.set(Field.ORPHAN, 0)
                        .set(Field.TABLE_LOCK, 0)
                        .set(Field.DRAINED, 0)
                        .set(Field.DRAINED_KEYS, 0);
            });
        }
    }

    private static boolean mayTakeOver(World now) {
        return now.get(Field.MIGRATION_LOCK) == 0 && now.get(Field.CANCELLED) == 0;
    }

    private void takeOver(World now, Steps steps) {
        if (!mayTakeOver(now)) {
            return;
        }
        if (steps.has(Guard.NO_SESSION_LEFT) && now.get(Field.ORPHAN) != 0) {
            steps.can(
                    this + " kills the session of a dead owner",
                    next -> next.set(Field.ORPHAN, 0)
                            .set(Field.TABLE_LOCK, 0)
                            .set(Field.DRAINED, 0)
                            .set(Field.DRAINED_KEYS, 0));
            return;
        }
        // Whoever has died in between holds the progress no more, and is waited for if he has not.
        if (now.get(Field.PROGRESS_LOCK) == 0 || now.get(Field.SWAPS) == now.get(Field.RECORDED)) {
            steps.can(this + " takes over", next -> {
                own(next);
                if (steps.has(Guard.NAMES_DECIDE)) {
                    redeem(next, steps);
                    next.set(Field.RECORDED, next.get(Field.SWAPS));
                }
                at(RUNNING, next).set(Field.OWNER_SIDE, number, next.get(Field.RECORDED));
            });
        }
    }

    private void own(World next) {
        next.set(Field.OWNER_EPOCH, 1 - number, 0).set(Field.OWNER_EPOCH, number, 1);
    }

    private static void redeem(World next, Steps steps) {
        int swapsThen = next.get(Field.NOTE);
        // Without a swap's name, one that is found by any look at the names would do.
        boolean ofTheSwapFound =
                steps.has(Guard.NOTE_OF_ITS_SWAP) ? swapsThen == next.get(Field.SWAPS) : next.get(Field.SWAPS) % 2 == 1;
        if (swapsThen != 0 && ofTheSwapFound) {
            Rows.moveProgress(next, next.get(Field.NOTE_END));
            saveMarker(next, swapsThen, steps);
            raise(next, steps);
            next.set(Field.NOTE, 0).set(Field.NOTE_END, 0);
        }
    }

    private static void raise(World next, Steps steps) {
        if (steps.has(Guard.SWAP_RAISES_EPOCHS)) {
            RoundApplier.supersedeAll(next);
        }
    }

    private static boolean mayBeCancelled(World now) {
        int plan = now.get(Field.PLAN);
        return plan % 2 == 0 && now.is(Field.RECORDED, 0, plan) && now.is(Field.SWAPS, 0, plan);
    }

    private void lookBeforeCancelling(World now, Steps steps) {
        if (mayTakeOver(now) && now.get(Field.ORPHAN) == 0 && mayBeCancelled(now)) {
            steps.can(this + " looks whether it can cancel", next -> at(LOOKED, next));
        }
    }

    private void cancel(World now, Steps steps) {
        if (!mayTakeOver(now) || now.get(Field.ORPHAN) != 0 && steps.has(Guard.NO_SESSION_LEFT)) {
            return;
        }
        if (steps.has(Guard.CANCEL_LOOKS_AGAIN) && !mayBeCancelled(now)) {
            steps.can(this + " finds the tables swapped", next -> at(DOWN, next));
        } else {
            steps.can(this + " takes over and cancels", next -> {
                own(next);
                takeAway(next);
            });
        }
    }

    /** The permission to apply first; what follows needs nobody's consent. */
    private void takeAway(World next) {
        if (!mayBeCancelled(next)) {
            next.fail(Failure.CANCELLED_WHEN_SWAPPED);
        }
        at(DOWN, next).set(Field.CANCELLED, 1);
    }

    private boolean isCurrent(World now) {
        return now.is(Field.OWNER_EPOCH, number, 1);
    }

    private void run(World now, Steps steps) {
        boolean mine = isCurrent(now) && now.get(Field.CANCELLED) == 0;
        int side = now.get(Field.OWNER_SIDE, number);
        if (mine && now.get(Field.PLAN) < side) {
            steps.can(this + " goes on as after swap " + side, next -> exchangeParts(next, side, steps));
            return;
        }
        boolean back = side % 2 == 1;
        if (mine && !back && now.get(Field.VERIFIED) == 0) {
            steps.can(this + " compares", Rows::compare);
        }
        if (mine && mayBeCancelled(now) && now.get(Field.CANCEL_WORD) != 0) {
            steps.can(this + " cancels", next -> {
                if (!next.is(Field.CANCEL_WORD, 0, 1 + side)) {
                    next.fail(Failure.CANCEL_BY_A_FORMER_WORD);
                }
                takeAway(next);
            });
        }
        boolean ready = back || now.get(Field.WORD) != 0 && now.get(Field.VERIFIED) == 1;
        // A former owner may have found everything ready long ago.
        if (side < swaps && (ready || !isCurrent(now))) {
            lock(now, steps);
        }
    }

    private static void exchangeParts(World next, int side, Steps steps) {
        next.set(Field.PLAN, side);
        if (steps.has(Guard.COMPARED_ANEW)) {
            next.set(Field.VERIFIED, 0);
        }
        if (side % 2 == 1) {
            return;
        }
        if (steps.has(Guard.WORD_OF_ITS_ROUND)) {
            next.set(Field.WORD, 0);
        }
        if (steps.has(Guard.CANCEL_OF_ITS_ROUND)) {
            next.set(Field.CANCEL_WORD, 0);
        }
    }

    private void lock(World now, Steps steps) {
        if (now.get(Field.PROGRESS_LOCK) != 0 || now.get(Field.TABLE_LOCK) != 0) {
            return;
        }
        boolean nameGone = !now.is(Field.OWNER_SIDE, number, now.get(Field.SWAPS)) && steps.has(Guard.FRESH_NAMES);
        if (nameGone || now.get(Field.CANCELLED) != 0) {
            steps.can(this + " finds its shadow's name or its progress gone", next -> {
                if (isCurrent(next)) {
                    next.fail(Failure.STUCK);
                }
                at(DOWN, next);
            });
        } else {
            steps.can(
                    this + " locks progress and tables",
                    next -> at(LOCKED, next).set(Field.PROGRESS_LOCK, me()).set(Field.TABLE_LOCK, me()));
        }
    }

    private void drain(World now, Steps steps) {
        boolean passed = now.get(Field.LOGGED) == 0 || now.get(Field.MARKER_AGAIN) == 1;
        if (!passed && steps.has(Guard.MARKER)) {
            return;
        }
        steps.can(this + " reconciles the remainder, and notes it", next -> {
            if (!next.is(Field.OWNER_SIDE, number, next.get(Field.SWAPS))) {
                next.fail(Failure.WRITE_BY_A_FORMER_PLAN);
            }
            if (!isCurrent(next) && steps.has(Guard.OWNER_EPOCH)) {
                at(DOWN, release(next));
                return;
            }
            boolean keys = Rows.hasKeys(next, next.get(Field.TOPIC), next.get(Field.SWAP_MARKER), steps);
            at(NOTED, next).set(Field.DRAINED, next.get(Field.TOPIC)).set(Field.DRAINED_KEYS, keys ? 1 : 0);
            if (steps.has(Guard.DRAINED_NOTE)) {
                next.set(Field.NOTE, 1 + next.get(Field.OWNER_SIDE, number)).set(Field.NOTE_END, next.get(Field.TOPIC));
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

    private void rename(Steps steps) {
        steps.can(this + " renames", next -> {
            if (!isCurrent(next)) {
                next.fail(Failure.SWAP_BY_A_FORMER_OWNER);
            }
            swap(next);
            at(RENAMED, next);
        });
    }

    /** What it reconciled is committed with the RENAME, and gone with a session that ends before it. */
    private static void swap(World next) {
        int side = next.get(Field.SWAPS);
        boolean back = side % 2 == 1;
        if (!back && !next.is(Field.WORD, 0, 1 + side)) {
            next.fail(Failure.SWAP_BY_A_FORMER_WORD);
        }
        if (next.get(Field.DRAINED_KEYS) > 0) {
            Rows.reconcile(next);
        }
        Rows.requireEqual(next);
        next.add(Field.SWAPS, 0, 1).set(Field.TOUCHED, 0).set(Field.SINCE_SWAP, 0);
    }

    /** Of the marker that was written under the swap's locks: one of now stands behind changes that nobody has reconciled. */
    private static void saveMarker(World next, int swaps, Steps steps) {
        int marker = steps.has(Guard.MARKER_OF_THE_LOCK) ? swaps : swaps + next.get(Field.TOUCHED);
        next.set(Field.SWAP_MARKER, Math.max(next.get(Field.SWAP_MARKER), marker));
    }

    private void commit(Steps steps) {
        steps.can(this + " commits the state", next -> {
            raise(next, steps);
            if (steps.has(Guard.SWAP_MOVES_PROGRESS)) {
                Rows.moveProgress(next, next.get(Field.DRAINED));
                saveMarker(next, next.get(Field.SWAPS), steps);
            }
            next.set(Field.NOTE, 0).set(Field.NOTE_END, 0).set(Field.RECORDED, next.get(Field.SWAPS));
            at(RUNNING, release(next)).set(Field.OWNER_SIDE, number, next.get(Field.SWAPS));
        });
    }

    @Override
    public String toString() {
        return "owner " + number;
    }
}
