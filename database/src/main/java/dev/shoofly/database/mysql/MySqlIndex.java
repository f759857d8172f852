package dev.shoofly.database.mysql;

import java.util.List;
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
