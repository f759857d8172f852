package dev.shoofly.coordinator.strategy;

import java.util.List;

/**
 * A schema change.
 *
 * @param name for people
 * @param alter what is given as {@code --alter}
 * @param given what the table is made by before it, each what follows ALTER TABLE
 * @param rows how its rows compare with those that the plain statement makes
 */
record Change(String name, String alter, List<String> given, Rows rows) {
    static Change of(String name, String alter) {
        return new Change(name, alter, List.of(), Rows.ALL);
    }

    Change given(String... alters) {
        return new Change(name, alter, List.of(alters), rows);
    }

    /** Each row has another value in the column x, every time. */
    Change withItsOwnX() {
        return new Change(name, alter, given, Rows.BUT_FOR_X);
    }

    /** What can be compared. */
    enum Rows {
        ALL("definition, rows"),
        BUT_FOR_X("definition, rows but for x");

        final String words;

        Rows(String words) {
            this.words = words;
        }
    }
}
