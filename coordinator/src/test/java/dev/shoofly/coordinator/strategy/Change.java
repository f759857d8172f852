package dev.shoofly.coordinator.strategy;

/**
 * A schema change.
 *
 * @param name for people
 * @param alter what is given as {@code --alter}
 */
record Change(String name, String alter) {
    static Change of(String name, String alter) {
        return new Change(name, alter);
    }
}
