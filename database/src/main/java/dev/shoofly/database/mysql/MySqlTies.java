package dev.shoofly.database.mysql;

import dev.shoofly.database.StepImpact.TableLock;
import dev.shoofly.database.TableTies;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Reads what a table has and what hangs on it, as far as a shadow takes it over. */
final class MySqlTies {
    private MySqlTies() {}

    static TableTies of(Connection connection, TableName source) throws SQLException {
        MySqlTable table = MySqlCatalog.table(connection, source);
        List<SourceForeignKey> keys = MySqlCatalog.references(connection, source);
        TableTies.Lines lines = new TableTies.Lines()
                .add("columns with their defaults, comments and generated values")
                .add("indexes", table.indexes().stream().map(MySqlIndex::name).toList(), "")
                .add("partitions", partitions(connection, source), "")
                .add(
                        "checks",
                        List.copyOf(CheckNames.of(connection, source).clauses().keySet()),
                        MovedChecks.warnings(connection, source).isEmpty()
                                ? ""
                                : " (but not under these names, see below)");
        if (table.columns().stream().anyMatch(MySqlColumn::autoIncrement)) {
            lines.add("the AUTO_INCREMENT counter, also past rows that are gone");
        }
        return lines.add(
                        "foreign keys of the table",
                        keys.stream()
                                .filter(key -> key.child().equals(source))
                                .map(key -> key.name() + " to " + key.parent())
                                .toList(),
                        "; their rows are looked at after the swap")
                .add(
                        "foreign keys to it",
                        keys.stream()
                                .filter(key -> !key.child().equals(source))
                                .map(key -> key.name() + " of " + key.child())
                                .toList(),
                        "; their rows are looked at after the swap")
                .add(
                        "triggers",
                        MySqlCatalog.triggers(connection, source).stream()
                                .map(SourceTrigger::name)
                                .toList(),
                        ", in force without a gap")
                .add("row format, character set and comment; privileges, which belong to the name")
                .locking(locked(connection, source, keys));
    }

    private static List<String> partitions(Connection connection, TableName source) throws SQLException {
        return SqlText.of(
                        "SELECT DISTINCT partition_name, partition_ordinal_position FROM information_schema.partitions"
                                + " WHERE table_schema = ? AND table_name = ? AND partition_name IS NOT NULL"
                                + " ORDER BY partition_ordinal_position",
                        source.schema(),
                        source.table())
                .list(connection, row -> row.getString(1));
    }

    private static List<TableLock> locked(Connection connection, TableName source, List<SourceForeignKey> keys)
            throws SQLException {
        List<TableLock> locked = new ArrayList<>();
        for (TableName other : Attached.lockedWith(connection, source, keys)) {
            locked.add(new TableLock(other, "metadata lock"));
        }
        return locked;
    }
}
