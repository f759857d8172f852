package dev.shoofly.database.postgres;

import dev.shoofly.database.postgres.SwapState.Kind;
import dev.shoofly.database.postgres.SwapState.Original;
import dev.shoofly.database.postgres.SwapState.Rename;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;

/** The names of a table's partitions, indexes, sequences and statistics, which the swap gives to the new table's; for the way back. */
final class OriginalNames {
    private OriginalNames() {}

    static List<Original> of(Connection connection, long table) throws SQLException {
        List<Original> found = ofOne(connection, table);
        for (PartitionTree.Partition partition : PartitionTree.of(connection, table)) {
            found.addAll(ofOne(connection, partition.oid()));
            found.add(new Original(
                    Kind.TABLE,
                    partition.oid(),
                    partition.name().schema(),
                    partition.name().table()));
        }
        return found;
    }

    private static List<Original> ofOne(Connection connection, long table) throws SQLException {
        List<Original> found = new ArrayList<>(PostgresCatalog.query(
                connection,
                "SELECT c.oid::bigint, n.nspname, c.relname FROM pg_catalog.pg_index i"
                        + " JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
                        + " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                        + " WHERE i.indrelid = ?::bigint::oid ORDER BY c.oid",
                row -> new Original(Kind.INDEX, row.getLong(1), row.getString(2), row.getString(3)),
                table));
        for (OwnedSequence sequence : OwnedSequence.of(connection, table)) {
            found.add(new Original(Kind.SEQUENCE, sequence.oid(), sequence.schema(), sequence.name()));
        }
        found.addAll(PostgresCatalog.query(
                connection,
                "SELECT s.oid::bigint, n.nspname, s.stxname FROM pg_catalog.pg_statistic_ext s"
                        + " JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace WHERE s.stxrelid = ?::bigint::oid"
                        + " ORDER BY s.oid",
                row -> new Original(Kind.STATISTICS, row.getLong(1), row.getString(2), row.getString(3)),
                table));
        return found;
    }

    /** By which indexes are known again however often they are built anew; the names are those of the indexes. */
    static Map<TableName, Integer> numbers(List<Original> originals) {
        Map<TableName, Integer> numbers = new HashMap<>();
        for (int number = 0; number < originals.size(); number++) {
            Original original = originals.get(number);
            if (original.kind() == Kind.INDEX) {
                numbers.put(new TableName(original.schema(), original.name()), number);
            }
        }
        return numbers;
    }

    /**
     * By which those that were set aside have their names again.
     *
     * @param table oid of the one that they are of
     * @param asideName the name under which an index was set aside, by its number
     */
    static List<Rename> back(Connection connection, long table, List<Original> originals, IntFunction<String> asideName)
            throws SQLException {
        List<Rename> renames = new ArrayList<>();
        for (int number = 0; number < originals.size(); number++) {
            Original original = originals.get(number);
            Optional<String> now = name(connection, original);
            if (now.isEmpty() && original.kind() == Kind.INDEX) {
                now = rebuilt(connection, table, original.schema(), asideName.apply(number));
            }
            if (now.isPresent() && !now.get().equals(original.name())) {
                renames.add(new Rename(original.kind(), original.schema(), now.get(), original.name()));
            }
        }
        return renames;
    }

    /** REINDEX CONCURRENTLY makes another index, and gives it the name. Empty: it was dropped. */
    private static Optional<String> rebuilt(Connection connection, long table, String schema, String name)
            throws SQLException {
        return Optional.ofNullable(PostgresCatalog.text(
                connection,
                "SELECT c.relname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
                        + " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE i.indrelid IN "
                        + PartitionTree.MEMBERS_BY_OID + " AND n.nspname = ? AND c.relname = ?",
                table,
                schema,
                name));
    }

    private static Optional<String> name(Connection connection, Original original) throws SQLException {
        String sql = original.kind() == Kind.STATISTICS
                ? "SELECT stxname FROM pg_catalog.pg_statistic_ext WHERE oid = ?::bigint::oid"
                : "SELECT relname FROM pg_catalog.pg_class WHERE oid = ?::bigint::oid";
        return Optional.ofNullable(PostgresCatalog.text(connection, sql, original.oid()));
    }
}
