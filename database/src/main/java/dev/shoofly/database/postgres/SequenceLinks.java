package dev.shoofly.database.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Which sequences the table that takes another's place goes on with, and which it takes over. */
final class SequenceLinks {
    private SequenceLinks() {}

    /**
     * @param own the sequences of the table that takes the place
     * @param originals those of the table whose place it takes
     * @param column the one's name of a column of the other; null: it has none
     */
    static List<SwapState.Carry> carries(
            List<OwnedSequence> own, List<OwnedSequence> originals, Function<String, @Nullable String> column) {
        List<SwapState.Carry> carries = new ArrayList<>();
        for (OwnedSequence original : originals) {
            String target = column.apply(original.column());
            if (target != null
                    && own.stream().anyMatch(sequence -> sequence.column().equals(target))) {
                carries.add(new SwapState.Carry(original.column(), target));
            }
        }
        return carries;
    }

    /** @param table oid of the table that takes the place */
    static List<SwapState.HandOver> handOvers(
            Connection connection, long table, List<OwnedSequence> originals, Function<String, @Nullable String> column)
            throws SQLException {
        List<SwapState.HandOver> handOvers = new ArrayList<>();
        for (OwnedSequence original : originals) {
            boolean used = PostgresCatalog.test(
                    connection,
                    "SELECT true FROM pg_depend d JOIN pg_attrdef a ON a.oid = d.objid"
                            + " WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass"
                            + " AND d.refobjid = ?::bigint::oid AND a.adrelid = ?::bigint::oid",
                    original.oid(),
                    table);
            if (used && original.isSerial()) {
                String target = column.apply(original.column());
                handOvers.add(new SwapState.HandOver(
                        original.schema(),
                        original.name(),
                        target == null ? firstColumnWithDefault(connection, table, original.oid()) : target));
            }
        }
        return handOvers;
    }

    private static String firstColumnWithDefault(Connection connection, long table, long sequence) throws SQLException {
        return Objects.requireNonNull(PostgresCatalog.text(
                connection,
                "SELECT c.attname FROM pg_depend d JOIN pg_attrdef a ON a.oid = d.objid"
                        + " JOIN pg_attribute c ON c.attrelid = a.adrelid AND c.attnum = a.adnum"
                        + " WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass"
                        + " AND d.refobjid = ?::bigint::oid AND a.adrelid = ?::bigint::oid ORDER BY c.attnum",
                sequence,
                table));
    }
}
