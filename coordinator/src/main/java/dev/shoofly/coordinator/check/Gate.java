package dev.shoofly.coordinator.check;

/**
 * One of the things that must be right before the tables are swapped. Component names are those of {@code verify --json}: add,
 * never rename.
 *
 * @param name one word
 * @param words what was seen, or what stands in the way, for people
 */
public record Gate(String name, boolean open, String words) {
    static Gate open(String name, String words) {
        return new Gate(name, true, words);
    }

    static Gate shut(String name, String words) {
        return new Gate(name, false, words);
    }
}
