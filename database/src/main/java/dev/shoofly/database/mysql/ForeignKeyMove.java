package dev.shoofly.database.mysql;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * @param before on the source
 * @param after on the new table, under the source's name: the ALTER may have renamed columns
 */
record ForeignKeyMove(SourceForeignKey before, SourceForeignKey after) {

    /**
     * @param present foreign keys of the new table, or to it, whose other ends may have been renamed since the swap
     * @param swapped all that went over
     */
    ForeignKeyMove back(List<SourceForeignKey> present, List<SourceForeignKey> swapped) {
        return after.now(present, swapped)
                .map(now -> new ForeignKeyMove(now, before.between(now.child(), now.parent())))
                .orElseGet(() -> new ForeignKeyMove(after, before));
    }

    /** One statement per table. Without a look at the rows, which the session must have switched off. */
    static List<String> alter(List<SourceForeignKey> keys, Function<SourceForeignKey, String> clause) {
        Map<String, List<SourceForeignKey>> byTable = keys.stream()
                .collect(Collectors.groupingBy(
                        key -> MySqlNames.quote(key.child()), LinkedHashMap::new, Collectors.toList()));
        return byTable.entrySet().stream()
                .map(table -> "ALTER TABLE " + table.getKey() + " "
                        + table.getValue().stream().map(clause).collect(Collectors.joining(", "))
                        + ", ALGORITHM=INPLACE")
                .toList();
    }
}
