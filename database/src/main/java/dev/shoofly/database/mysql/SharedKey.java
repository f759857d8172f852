package dev.shoofly.database.mysql;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.KeyColumn;
import dev.shoofly.model.KeyDefinition;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the unique key that both sides have: the primary key if it serves, else another unique one.
 *
 * @param shadowIndex name of the same key in the shadow
 */
record SharedKey(KeyDefinition definition, String shadowIndex) {

    /**
     * @param origins shadow's column to source's column, lower case
     * @param computed the shadow's columns whose values an expression gives, lower case
     * @throws ShooflyException REFUSED with the reason for each candidate
     */
    static SharedKey find(
            Connection connection,
            MySqlTable source,
            MySqlTable shadow,
            Map<String, String> origins,
            Set<String> computed)
            throws SQLException {
        List<String> reasons = new ArrayList<>();
        // The catalog lists the primary key first.
        for (MySqlIndex candidate : source.uniqueIndexes()) {
            Candidate found = examine(connection, source, shadow, origins, computed, candidate);
            if (found.key() != null) {
                return found.key();
            }
            reasons.add(candidate.name() + " (" + String.join(", ", candidate.columns()) + "): " + found.reason());
        }
        throw new ShooflyException(
                ErrorKind.REFUSED,
                "cannot migrate " + source.name()
                        + ": rows are matched by a unique key of NOT NULL columns that the table"
                        + " has before and after the ALTER, and there is none. "
                        + (reasons.isEmpty() ? "The table has no unique key." : String.join("; ", reasons) + ".")
                        + " Nothing was changed. Add such a key first, or leave one as it is.");
    }

    private record Candidate(@Nullable SharedKey key, String reason) {}

    private static Candidate examine(
            Connection connection,
            MySqlTable source,
            MySqlTable shadow,
            Map<String, String> origins,
            Set<String> computed,
            MySqlIndex candidate)
            throws SQLException {
        String unusable = unusable(source, candidate);
        if (unusable != null) {
            return new Candidate(null, unusable);
        }
        List<KeyColumn> columns = new ArrayList<>();
        for (String name : candidate.columns()) {
            MySqlColumn before = source.column(name).orElseThrow();
            Optional<MySqlColumn> after = successor(shadow, origins, name);
            if (after.isEmpty()) {
                return new Candidate(null, "the ALTER drops " + name);
            }
            String obstacle = obstacle(connection, before, after.get(), computed);
            if (obstacle != null) {
                return new Candidate(null, name + ": " + obstacle);
            }
            columns.add(new KeyColumn(
                    before.name(),
                    after.get().name(),
                    KeyTypes.of(before).orElseThrow(),
                    KeyTypes.equality(connection, before),
                    before.declared(),
                    after.get().declared()));
        }
        List<String> wanted = columns.stream().map(KeyColumn::shadowName).toList();
        for (MySqlIndex index : shadow.uniqueIndexes()) {
            if (index.columns().equals(wanted) && unusable(shadow, index) == null) {
                return new Candidate(new SharedKey(new KeyDefinition(candidate.name(), columns), index.name()), "");
            }
        }
        return new Candidate(null, "the ALTER leaves no unique key on these columns in this order");
    }

    private static @Nullable String obstacle(
            Connection connection, MySqlColumn before, MySqlColumn after, Set<String> computed) throws SQLException {
        if (after.nullable()) {
            return "the ALTER makes it nullable";
        }
        if (after.generated()) {
            return "the ALTER makes it generated";
        }
        return computed.contains(after.name().toLowerCase(Locale.ROOT))
                ? "its value is computed anew (--transform)"
                : KeyTypes.obstacle(connection, before, after);
    }

    private static Optional<MySqlColumn> successor(
            MySqlTable shadow, Map<String, String> origins, String sourceColumn) {
        return shadow.columns().stream()
                .filter(column -> sourceColumn
                        .toLowerCase(Locale.ROOT)
                        .equals(origins.get(column.name().toLowerCase(Locale.ROOT))))
                .findFirst();
    }

    private static @Nullable String unusable(MySqlTable table, MySqlIndex index) {
        if (!index.visible()) {
            return "the index is invisible";
        }
        boolean descending = index.parts().get(0).descending();
        for (MySqlIndex.Part part : index.parts()) {
            Optional<MySqlColumn> column = part.column() == null ? Optional.empty() : table.column(part.column());
            if (column.isEmpty()) {
                return "an expression is no key";
            }
            if (part.prefix() > 0) {
                return part.column() + " is indexed in part only";
            }
            if (column.get().nullable()) {
                return part.column() + " is nullable";
            }
            if (column.get().generated()) {
                return part.column() + " is generated";
            }
            if (part.descending() != descending) {
                return "its columns are sorted in both directions";
            }
        }
        return null;
    }
}
