package dev.shoofly.database.fidelity;

import java.util.List;
import net.jqwik.api.Arbitrary;
import org.jspecify.annotations.Nullable;

/**
 * A column of a table, and what is written into it.
 *
 * @param becomes its type after the alteration; null: it stays what it is
 * @param kept expression over the column, written {@code %s}, whose value no widening changes
 * @param literals one for each time that a row is written
 */
public record Column(String type, @Nullable String becomes, String kept, List<String> literals) {
    /** How often a row is written in a try. */
    public static final int WRITES = 8;

    /** Every tenth value is NULL. */
    public static Arbitrary<Column> of(String type, @Nullable String becomes, String kept, Arbitrary<String> literals) {
        return literals.injectNull(0.1)
                .map(literal -> literal == null ? "NULL" : literal)
                .list()
                .ofSize(WRITES)
                .map(list -> new Column(type, becomes, kept, list));
    }

    public Column unchanged() {
        return new Column(type, null, kept, literals);
    }

    @Override
    public String toString() {
        return type + (becomes == null ? "" : " -> " + becomes);
    }
}
