package dev.shoofly.database;

import dev.shoofly.model.MigrationId;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** An alteration taken apart into its clauses, to be carried out in several parts. Changes nothing. Any thread. */
public interface AlterClauses {

    /**
     * One thing that is asked for.
     *
     * @param text the number of the text that it is from, from 0
     * @param sql a text of its own: what could follow {@code ALTER TABLE name}, or a whole statement
     * @param complete whether it is a whole statement; others of one text can be joined by commas
     * @param names of columns, indexes and constraints of the table, before or after the alteration, that it speaks of
     * @param key what it does to indexes and constraints
     */
    record Clause(int text, String sql, boolean complete, Set<String> names, Key key) {
        public Clause {
            names = Set.copyOf(names);
        }
    }

    /** What a clause does to an index or a constraint. */
    enum Key {
        NOTHING,
        ADDS,
        /** Perhaps for the sake of one that another clause adds. */
        DROPS;

        private static final Set<String> KEYS = Set.of(
                "index",
                "key",
                "unique",
                "fulltext",
                "spatial",
                "constraint",
                "primary",
                "foreign",
                "check",
                "exclude");

        /** @param words the first words of a clause, or of a statement about an index */
        public static Key of(String first, String second) {
            boolean key = KEYS.contains(second.toLowerCase(Locale.ROOT));
            return switch (first.toLowerCase(Locale.ROOT)) {
                case "drop" -> key ? DROPS : NOTHING;
                case "add" -> key ? ADDS : NOTHING;
                case "create" -> ADDS;
                default -> NOTHING;
            };
        }
    }

    /**
     * Tries the alteration on an empty table, which is gone afterwards.
     *
     * @throws ShooflyException REFUSED: the server refuses it, or it cannot be taken apart; the message says why
     */
    List<Clause> takeApart(MigrationId id, TableName source, List<String> alters);

    /**
     * Carries out both on an empty table, which is gone afterwards.
     *
     * @param parts one after the other
     * @return why the parts do not make the same table as the whole; empty: they do
     */
    Optional<String> objection(MigrationId id, TableName source, List<String> whole, List<List<String>> parts);
}
