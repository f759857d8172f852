package dev.shoofly.coordinator.protocol;

import java.util.List;

/** Who takes part, and how it begins: each small enough to be searched to its end. */
enum Scene {
    /** A row that is not copied yet; its copier may be superseded. */
    COPY(List.of(
            new Application(1, 2, false),
            new Applier(0, 0, 1),
            new Copier(0),
            new Copier(1),
            new Owner(0, 1, 1, false))) {
        @Override
        World begin() {
            return running(2)
                    .set(Field.FIRST_TABLE, 0, 1)
                    .set(Field.SEGMENT_EPOCH, 1)
                    .set(Field.COPIER_STEP, 0, Copier.READY)
                    .set(Field.COPIER_EPOCH, 0, 1);
        }
    },
    /** Copied, applied by an instance that may be superseded. */
    APPLY(List.of(
            new Application(1, 2, false), new Applier(0, 0, 1), new Applier(1, 0, 1), new Owner(0, 1, 1, false))) {
        @Override
        World begin() {
            return copied(running(3), 1);
        }
    },
    /** Two rows whose values are unique, each with an applier of its own. */
    UNIQUE(List.of(
            new Application(2, 2, true), new Applier(0, 0, 2), new Applier(1, 1, 2), new Owner(0, 2, 1, false))) {
        @Override
        World begin() {
            World world = copied(running(3), 1, 2);
            return world.set(Field.APPLIER_STEP, 1, Applier.IDLE)
                    .set(Field.APPLIER_EPOCH, 1, 1)
                    .set(Field.EPOCH, 1, 1);
        }
    },
    /** There and back, by owners that may be superseded. */
    SWAP(List.of(
            new Application(1, 2, true), new Applier(0, 0, 1), new Owner(0, 1, 2, true), new Owner(1, 1, 2, true))) {
        @Override
        World begin() {
            return copied(running(3), 1);
        }
    },
    /** There, by an owner that reconciles before it locks the tables, as MySQL has it. */
    AHEAD(swappersAhead(Ahead.Way.ASKS)) {
        @Override
        World begin() {
            return copied(running(3), 1);
        }
    },
    /** As PostgreSQL has it. */
    AHEAD_JOINED(swappersAhead(Ahead.Way.JOINS)) {
        @Override
        World begin() {
            return copied(running(3), 1);
        }
    },
    /** There, back, and there again; or cancelled. By owners that go on by what they knew before. */
    FORMER_OWNERS(List.of(
            new RoundApplication(2, false),
            new Operator(true),
            new RoundApplier(0, true),
            new RoundOwner(0, 3, true),
            new RoundOwner(1, 3, true))) {
        @Override
        World begin() {
            return rounds(2);
        }
    },
    /** The same with one owner, and appliers that go on by what they knew before. */
    FORMER_APPLIERS(List.of(
            new RoundApplication(2, false),
            new Operator(false),
            new RoundApplier(0, true),
            new RoundApplier(1, true),
            new RoundOwner(0, 3, true))) {
        @Override
        World begin() {
            return rounds(2);
        }
    },
    /** With a capture that begins anew and hands out again what it had read before. */
    REPEATED(List.of(
            new RoundApplication(2, true),
            new Operator(false),
            new RoundApplier(0, true),
            new RoundOwner(0, 3, true))) {
        @Override
        World begin() {
            return rounds(2);
        }
    },
    /** Of whom the first line of defence, the names, lets pass: a former copier, and appliers that claim nothing anew. */
    SECOND_LINE(List.of(
            new RoundApplication(2, false),
            new Operator(false),
            new RoundApplier(0, false),
            new RoundApplier(1, false),
            new RoundCopier(),
            new RoundOwner(0, 3, false))) {
        @Override
        World begin() {
            return rounds(2);
        }
    };

    private final List<Actor> actors;

    Scene(List<Actor> actors) {
        this.actors = actors;
    }

    private static List<Actor> swappersAhead(Ahead.Way way) {
        return List.of(
                new Application(1, 2, false),
                new Applier(0, 0, 1),
                new Owner(0, 1, 1, true, new Ahead(0, way)),
                new Owner(1, 1, 1, true, new Ahead(1, way)));
    }

    abstract World begin();

    /** The most that there can be. */
    int swaps() {
        return switch (this) {
            case COPY, APPLY, UNIQUE, AHEAD, AHEAD_JOINED -> 1;
            case SWAP -> 2;
            case FORMER_OWNERS, FORMER_APPLIERS, REPEATED, SECOND_LINE -> 3;
        };
    }

    List<Actor> actors() {
        return actors;
    }

    /** The first applier and the first owner are at work. */
    private static World running(int writes) {
        return new World()
                .set(Field.WRITES_LEFT, writes)
                .set(Field.APPLIER_STEP, 0, Applier.IDLE)
                .set(Field.APPLIER_EPOCH, 0, 1)
                .set(Field.EPOCH, 0, 1)
                .set(Field.OWNER_STEP, 0, Owner.RUNNING)
                .set(Field.OWNER_EPOCH, 0, 1)
                .set(Field.MIGRATION_EPOCH, 1);
    }

    /** Everything was compared, and somebody has said cutover. */
    private static World rounds(int writes) {
        return copied(running(writes), 1)
                .set(Field.APPLIER_STEP, 0, RoundApplier.IDLE)
                .set(Field.OWNER_STEP, 0, RoundOwner.RUNNING)
                .set(Field.DIGITS, 0, 1)
                .set(Field.VERIFIED, 1)
                .set(Field.WORD, 1);
    }

    private static World copied(World world, int... values) {
        for (int key = 0; key < values.length; key++) {
            world.set(Field.FIRST_TABLE, key, values[key]).set(Field.SECOND_TABLE, key, values[key]);
        }
        return world.set(Field.SEGMENT_DONE, 1);
    }
}
