package dev.shoofly.database.replay;

import java.util.List;
import java.util.Optional;

/**
 * A statement that only reads, cut where it names the source.
 *
 * @param digest the statement without its literals, for people
 * @param parts what stands before, between and behind the places where a table's name belongs; one more than those
 * @param ordered whether its rows come in one order only, whatever the plan
 * @param loose why it may answer in more than one way though no row differs; empty: its answer is determined by the rows
 */
public record Read(String digest, List<String> parts, boolean ordered, Optional<String> loose) {
    public Read {
        parts = List.copyOf(parts);
    }

    /** How often it names the table. */
    public int places() {
        return parts.size() - 1;
    }

    /** The whole statement with this text in each of the places. */
    public String over(String table) {
        return String.join(table, parts);
    }
}
