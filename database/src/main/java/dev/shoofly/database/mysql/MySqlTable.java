package dev.shoofly.database.mysql;

import dev.shoofly.model.TableName;
import java.util.List;
import java.util.Optional;

/** A table as the catalog describes it; columns in order. */
record MySqlTable(TableName name, String engine, List<MySqlColumn> columns, List<MySqlIndex> indexes) {
    MySqlTable {
        columns = List.copyOf(columns);
        indexes = List.copyOf(indexes);
    }

    /** Names of columns are equal whatever their case. */
    Optional<MySqlColumn> column(String wanted) {
        return columns.stream().filter(c -> c.name().equalsIgnoreCase(wanted)).findFirst();
    }

    List<MySqlIndex> uniqueIndexes() {
        return indexes.stream().filter(MySqlIndex::unique).toList();
    }
}
