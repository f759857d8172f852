package dev.shoofly.coordinator.protocol;

/** The only row of both tables in a world of rounds. */
final class Rows {
    private Rows() {}

    private static boolean isBack(World world) {
        return world.get(Field.SWAPS) % 2 == 1;
    }

    private static int shadow(World world) {
        return 1 - world.get(Field.SWAPS) % 2;
    }

    static World write(World next, int value) {
        return next.set(next.source(), value)
                .set(Field.DIGITS, next.get(Field.SWAPS) % 2, value == 0 ? 0 : 1)
                .set(Field.TOUCHED, 1);
    }

    /** The shadow's row becomes what its type has room for of the source's. */
    static void reconcile(World next) {
        if (isBack(next) && next.get(Field.TOUCHED) == 0 && next.is(Field.DIGITS, shadow(next), 1)) {
            next.fail(Failure.ROUNDED_ROW);
        }
        next.set(next.shadow(), next.get(next.source())).set(Field.DIGITS, shadow(next), 0);
    }

    /**
     * Whether a key is to be reconciled among the topic's records up to an end, with the repeated one: whoever knows that a swap has
     * reconciled what stands before its marker passes over that.
     */
    static boolean hasKeys(World world, int end, int swapMarker, Actor.Steps steps) {
        int again = world.get(Field.KEY_AGAIN) - 1;
        if (!steps.has(Guard.KEYS_KNOW_THEIR_SWAP)) {
            return end > 0 || again >= 0;
        }
        int firstSince = world.get(Field.TOPIC) + world.get(Field.LOGGED) - world.get(Field.SINCE_SWAP);
        int newest = world.get(Field.SWAPS) - (end > firstSince ? 0 : 1);
        return end > 0 && newest >= swapMarker || again >= 0 && again >= swapMarker;
    }

    /** Nothing if progress is there already, or behind it. */
    static void moveProgress(World next, int end) {
        lower(next, Field.TOPIC, 0, end);
        lower(next, Field.NOTE_END, 0, end);
        lower(next, Field.DRAINED, 0, end);
        next.set(
                Field.SINCE_SWAP, Math.min(next.get(Field.SINCE_SWAP), next.get(Field.TOPIC) + next.get(Field.LOGGED)));
        for (int applier = 0; applier < World.APPLIERS; applier++) {
            lower(next, Field.BATCH_END, applier, end);
        }
    }

    private static void lower(World next, Field offset, int index, int by) {
        next.set(offset, index, Math.max(0, next.get(offset, index) - by));
    }

    /** What differs is published. Only on the way there: what a conversion leaves out is not compared on the way back. */
    static void compare(World next) {
        next.set(Field.VERIFIED, 1);
        boolean equal = next.is(next.shadow(), 0, next.get(next.source())) && next.is(Field.DIGITS, shadow(next), 0);
        if (!equal) {
            next.add(Field.TOPIC, 0, 1).add(Field.SINCE_SWAP, 0, 1);
        }
    }

    /** The moment at which all must be right. The old table may hold digits in a row that nobody has written since. */
    static void requireEqual(World next) {
        int right = next.get(next.source());
        int found = next.get(next.shadow());
        boolean mayHaveDigits = isBack(next) && next.get(Field.TOUCHED) == 0;
        if (right != found) {
            next.fail(right == 0 ? Failure.GHOST_ROW : found == 0 ? Failure.LOST_ROW : Failure.STALE_ROW);
        } else if (next.is(Field.DIGITS, shadow(next), 1) && !mayHaveDigits) {
            next.fail(Failure.STALE_ROW);
        }
    }
}
