package dev.shoofly.model;

import java.util.List;

/**
 * Which part of a larger request a migration is. Each part is a migration of its own; they follow one another.
 *
 * @param whole what the operator asked for, as in {@link MigrationSpec#alters}
 * @param parts all of them, in this order
 * @param index of this one, from 0
 */
public record Split(List<String> whole, List<List<String>> parts, int index) {
    public Split {
        whole = List.copyOf(whole);
        parts = parts.stream().map(List::copyOf).toList();
        if (index < 0 || index >= parts.size()) {
            throw new IllegalArgumentException("part " + index + " of " + parts.size());
        }
    }

    public boolean isLast() {
        return index == parts.size() - 1;
    }

    /** For people: {@code part 1 of 3}. */
    public String words() {
        return "part " + (index + 1) + " of " + parts.size();
    }
}
