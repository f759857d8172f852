package dev.shoofly.database.mysql;

import dev.shoofly.database.DefinitionChange;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What hung on the source when the shadow was made, and goes over to the new table in the swap.
 *
 * @param triggers in the order in which the server fires those of one event and time
 * @param used tables that the triggers use, which the server locks together with the source
 */
record Attached(List<SourceTrigger> triggers, List<TableName> used) {
    static final Attached NONE = new Attached(List.of(), List.of());

    Attached {
        triggers = List.copyOf(triggers);
        used = List.copyOf(used);
    }

    static Attached of(MigrationPlan plan) {
        return DialectState.of(plan).attached();
    }

    static Attached read(Connection connection, TableName source) throws SQLException {
        List<SourceTrigger> triggers = MySqlCatalog.triggers(connection, source);
        return new Attached(triggers, triggers.isEmpty() ? List.of() : UsedTables.of(connection, source));
    }

    /** All tables but source and shadow that the swap locks. */
    List<TableName> others() {
        return used;
    }

    /** What is different now; empty: nothing. */
    Optional<String> change(Connection connection, TableName source) throws SQLException {
        List<String> changes = new ArrayList<>();
        triggersChange(connection, source).ifPresent(changes::add);
        MySqlCatalog.foreignKeys(connection, source).forEach(key -> changes.add("new: foreign key " + key));
        return changes.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", changes));
    }

    Optional<String> triggersChange(Connection connection, TableName source) throws SQLException {
        return DefinitionChange.between(
                SourceTrigger.lines(triggers), SourceTrigger.lines(MySqlCatalog.triggers(connection, source)));
    }
}
