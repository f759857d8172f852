package dev.shoofly.coordinator.protocol;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A state of everything. Equal to another of the same numbers; changed only by who made it, before anybody sees it. */
final class World {
    static final int KEYS = 2;
    static final int APPLIERS = 2;
    static final int COPIERS = 2;
    static final int OWNERS = 2;
    static final int TABLES = 2;

    /** Where each field begins, by its ordinal. */
    private static final int[] OFFSETS = new int[Field.values().length];

    private static final int SIZE;

    static {
        int size = 0;
        for (Field field : Field.values()) {
            OFFSETS[field.ordinal()] = size;
            size += field.size();
        }
        SIZE = size;
    }

    private final byte[] cells;
    private @Nullable Failure failure;

    World() {
        this(new byte[SIZE]);
    }

    private World(byte[] cells) {
        this.cells = cells;
    }

    World copy() {
        return new World(cells.clone());
    }

    private static int cell(Field field, int index) {
        return OFFSETS[field.ordinal()] + index;
    }

    int get(Field field) {
        return get(field, 0);
    }

    int get(Field field, int index) {
        return cells[cell(field, index)];
    }

    World set(Field field, int value) {
        return set(field, 0, value);
    }

    World set(Field field, int index, int value) {
        cells[cell(field, index)] = (byte) value;
        return this;
    }

    World add(Field field, int index, int more) {
        return set(field, index, get(field, index) + more);
    }

    boolean is(Field field, int index, int value) {
        return get(field, index) == value;
    }

    /** The table that has the application's name. */
    Field source() {
        return get(Field.SWAPS) % 2 == 0 ? Field.FIRST_TABLE : Field.SECOND_TABLE;
    }

    Field shadow() {
        return get(Field.SWAPS) % 2 == 0 ? Field.SECOND_TABLE : Field.FIRST_TABLE;
    }

    /** The first failure counts. */
    void fail(Failure what) {
        if (failure == null) {
            failure = what;
        }
    }

    @Nullable
    Failure failure() {
        return failure;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof World world && Arrays.equals(cells, world.cells) && failure == world.failure;
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(cells);
    }
}
