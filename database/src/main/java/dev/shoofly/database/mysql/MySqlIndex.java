package dev.shoofly.database.mysql;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** An index as the catalog describes it. */
record MySqlIndex(String name, boolean unique, boolean visible, List<Part> parts) {
    static final String PRIMARY = "PRIMARY";

    MySqlIndex {
        parts = List.copyOf(parts);
    }

    boolean isPrimary() {
        return name.equals(PRIMARY);
    }

    /** Whether it holds whole values of columns only: then a join finds rows by it. */
    boolean isPlain() {
        return parts.stream().allMatch(part -> part.column() != null && part.prefix() == 0);
    }

    /** Whether it holds several values of one row: an array cast out of a JSON document. */
    boolean isMultiValued() {
        return parts.stream()
                .anyMatch(part -> part.expression() != null
                        && part.expression().toLowerCase(Locale.ROOT).endsWith(" array)"));
    }

    List<String> columns() {
        return parts.stream()
                .map(part -> part.column() == null ? "(" + part.expression() + ")" : part.column())
                .toList();
    }

    /**
     * @param column null for a functional part
     * @param prefix indexed length; 0: the whole value
     * @param expression of a functional part
     */
    record Part(
            @Nullable String column, int prefix, @Nullable String expression, boolean descending) {

        /** What the index holds of a row, over unqualified columns. */
        String value() {
            if (column == null) {
                return "(" + expression + ")";
            }
            String quoted = MySqlNames.quote(column);
            return prefix == 0 ? quoted : "LEFT(" + quoted + ", " + prefix + ")";
        }
    }
}
