package dev.shoofly.database.mysql;

import dev.shoofly.database.DefinitionChange;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What hung on the source when the shadow was made, and goes over to the new table in the swap.
 *
 * @param triggers in the order in which the server fires those of one event and time
 * @param foreignKeys from the source and to it
 * @param others tables that the server locks together with these: those at the other ends of the foreign keys, and those that
 *     triggers use
 */
record Attached(List<SourceTrigger> triggers, List<ForeignKeyMove> foreignKeys, List<TableName> others) {
    static final Attached NONE = new Attached(List.of(), List.of(), List.of());

    Attached {
        triggers = List.copyOf(triggers);
        foreignKeys = List.copyOf(foreignKeys);
        others = List.copyOf(others);
    }

    static Attached of(MigrationPlan plan) {
        return DialectState.of(plan).attached();
    }

    static Attached read(Connection connection, TableName source, List<ForeignKeyMove> foreignKeys)
            throws SQLException {
        List<SourceForeignKey> keys =
                foreignKeys.stream().map(ForeignKeyMove::before).toList();
        return new Attached(
                MySqlCatalog.triggers(connection, source), foreignKeys, lockedWith(connection, source, keys));
    }

    /** @param keys from the source and to it */
    static List<TableName> lockedWith(Connection connection, TableName source, List<SourceForeignKey> keys)
            throws SQLException {
        // Those that are locked for writing, and so with what their triggers use.
        Set<TableName> written = new LinkedHashSet<>(Set.of(source));
        Set<TableName> others = new LinkedHashSet<>();
        for (SourceForeignKey key : keys) {
            written.add(key.child());
            others.add(key.child());
            others.add(key.parent());
        }
        for (TableName table : written) {
            if (!MySqlCatalog.triggers(connection, table).isEmpty()) {
                others.addAll(UsedTables.of(connection, table));
            }
        }
        others.remove(source);
        return List.copyOf(others);
    }

    /**
     * What goes over on the way back.
     *
     * @param live the new table
     */
    Attached back(Connection connection, TableName live) throws SQLException {
        List<SourceForeignKey> present = foreignKeys.isEmpty() ? List.of() : MySqlCatalog.references(connection, live);
        List<SourceForeignKey> swapped =
                foreignKeys.stream().map(ForeignKeyMove::after).toList();
        return read(
                connection,
                live,
                foreignKeys.stream().map(move -> move.back(present, swapped)).toList());
    }

    /** What is different now; empty: nothing. */
    Optional<String> change(Connection connection, TableName source) throws SQLException {
        List<String> changes = new ArrayList<>();
        triggersChange(connection, source).ifPresent(changes::add);
        DefinitionChange.between(
                        lines(foreignKeys.stream().map(ForeignKeyMove::before).toList()),
                        lines(MySqlCatalog.references(connection, source)))
                .ifPresent(changes::add);
        MySqlCatalog.hiddenReferences(connection, source).forEach(key -> changes.add("new: foreign key " + key));
        return changes.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", changes));
    }

    private static String lines(List<SourceForeignKey> keys) {
        // In an order that does not depend on what a table was called when they were read.
        return keys.stream().map(SourceForeignKey::line).sorted().collect(Collectors.joining("\n"));
    }

    Optional<String> triggersChange(Connection connection, TableName source) throws SQLException {
        return DefinitionChange.between(
                SourceTrigger.lines(triggers), SourceTrigger.lines(MySqlCatalog.triggers(connection, source)));
    }
}
