package dev.shoofly.database.mysql;

import dev.shoofly.model.TableName;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * A foreign key of the source, or to it, as the catalog tells it.
 *
 * @param child the table that it is a constraint of
 * @param onDelete as the catalog has it; NO ACTION is what is not said
 */
record SourceForeignKey(
        String name,
        TableName child,
        List<String> columns,
        TableName parent,
        List<String> parentColumns,
        String onDelete,
        String onUpdate) {
    static final String UNSAID = "NO ACTION";
    private static final Set<String> WRITE_NOTHING = Set.of(UNSAID, "RESTRICT");

    SourceForeignKey {
        columns = List.copyOf(columns);
        parentColumns = List.copyOf(parentColumns);
    }

    /** Whether it changes rows of the child by itself, which the log does not show. */
    boolean cascades() {
        return !WRITE_NOTHING.contains(onDelete) || !WRITE_NOTHING.contains(onUpdate);
    }

    String id() {
        return child.schema() + "/" + name;
    }

    /**
     * With the names that its tables have now: somebody may have renamed one, and it followed.
     *
     * @param present foreign keys of the table that is live, or to it
     * @param known those that go over, this one among them
     * @return empty: it was dropped
     */
    Optional<SourceForeignKey> now(List<SourceForeignKey> present, List<SourceForeignKey> known) {
        return present.stream()
                .filter(key -> key.id().equals(id()))
                .findFirst()
                // In another schema it has the same name there, where another one that goes over may be called alike.
                .or(() -> present.stream()
                        .filter(key -> key.name().equals(name)
                                && key.columns().equals(columns)
                                && key.parentColumns().equals(parentColumns)
                                && known.stream().noneMatch(other -> other.id().equals(key.id())))
                        .findFirst())
                .map(key -> between(key.child(), key.parent()));
    }

    SourceForeignKey named(String other) {
        return new SourceForeignKey(other, child, columns, parent, parentColumns, onDelete, onUpdate);
    }

    SourceForeignKey between(TableName otherChild, TableName otherParent) {
        return new SourceForeignKey(name, otherChild, columns, otherParent, parentColumns, onDelete, onUpdate);
    }

    SourceForeignKey over(List<String> otherColumns, List<String> otherParentColumns) {
        return new SourceForeignKey(name, child, otherColumns, parent, otherParentColumns, onDelete, onUpdate);
    }

    /** A clause of ALTER TABLE. */
    String drop() {
        return "DROP FOREIGN KEY " + MySqlNames.quote(name);
    }

    /** A clause of ALTER TABLE. */
    String add() {
        return "ADD CONSTRAINT " + MySqlNames.quote(name) + " FOREIGN KEY (" + MySqlNames.list(columns)
                + ") REFERENCES " + MySqlNames.quote(parent) + " (" + MySqlNames.list(parentColumns) + ")"
                + said(" ON DELETE ", onDelete) + said(" ON UPDATE ", onUpdate);
    }

    private static String said(String when, String what) {
        return what.equals(UNSAID) ? "" : when + what;
    }

    ForeignKeyClause clause() {
        return new ForeignKeyClause(false, name, columns, parent, parentColumns);
    }

    String line() {
        return "foreign key " + name + " of " + child + " ("
                + add().replaceFirst("^ADD CONSTRAINT `(?:[^`]|``)*` ", "").toLowerCase(Locale.ROOT) + ")";
    }
}
