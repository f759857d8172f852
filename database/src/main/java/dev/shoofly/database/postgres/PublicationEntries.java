package dev.shoofly.database.postgres;

import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The publications that list the source. Changed in the swap's transaction, they publish every change of the application
 * once: those before it were the old table's, and none of ours is theirs.
 */
final class PublicationEntries {
    /**
     * @param addition run when the new table has the source's name
     * @param original run when the old table has it again
     */
    record Entry(String removal, String addition, String original) {}

    private record Listed(
            String publication,
            @Nullable String numbers,
            @Nullable String filter) {}

    private PublicationEntries() {}

    static List<Entry> of(Connection connection, TableFacts source, TableFacts altered, ColumnTracker columns)
            throws SQLException {
        boolean selective =
                PostgresCatalog.test(connection, "SELECT current_setting('server_version_num')::int >= 150000");
        List<Listed> all = PostgresCatalog.query(
                connection,
                "SELECT p.pubname, "
                        + (selective ? "r.prattrs::text, pg_get_expr(r.prqual, r.prrelid)" : "NULL::text, NULL::text")
                        + " FROM pg_catalog.pg_publication_rel r JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid"
                        + " WHERE r.prrelid = ?::bigint::oid AND p.pubname !~ '^shoofly_[a-z0-9]{8}$' ORDER BY 1",
                row -> new Listed(row.getString(1), row.getString(2), row.getString(3)),
                source.oid());
        List<Entry> entries = new ArrayList<>();
        for (Listed listed : all) {
            entries.add(entry(source, altered, columns, listed));
        }
        return entries;
    }

    private static Entry entry(TableFacts source, TableFacts altered, ColumnTracker columns, Listed listed) {
        String table = quote(source.name());
        String publication = quote(listed.publication());
        String addition = "ALTER PUBLICATION " + publication + " ADD TABLE " + table;
        String original = addition;
        if (listed.numbers() != null) {
            addition += list(listed.numbers(), number -> column(source, columns, number, listed.publication()));
            original += list(
                    listed.numbers(),
                    number -> source.column(number).orElseThrow().name());
        }
        if (listed.filter() != null) {
            requireColumnsKept(source, altered, columns, listed.publication());
            addition += " WHERE (" + listed.filter() + ")";
            original += " WHERE (" + listed.filter() + ")";
        }
        return new Entry("ALTER PUBLICATION " + publication + " DROP TABLE " + table, addition, original);
    }

    private static String list(String numbers, IntFunction<String> name) {
        return Arrays.stream(numbers.strip().split(" +"))
                .map(number -> quote(name.apply(Integer.parseInt(number))))
                .collect(Collectors.joining(", ", " (", ")"));
    }

    private static String column(TableFacts source, ColumnTracker columns, int number, String publication) {
        String name = source.column(number).orElseThrow().name();
        return Optional.ofNullable(columns.shadowColumn(name))
                .orElseThrow(() -> refused(source, publication, "column \"" + name + "\", which the alterations drop"));
    }

    /** The filter is text over the source's names, and means what it does for their types. */
    private static void requireColumnsKept(
            TableFacts source, TableFacts altered, ColumnTracker columns, String publication) {
        for (TableFacts.Column column : source.columns()) {
            boolean kept = column.name().equals(columns.shadowColumn(column.name()))
                    && altered.column(column.name())
                            .filter(now -> now.type().equals(column.type()) && now.collation() == column.collation())
                            .isPresent();
            if (!kept) {
                throw refused(
                        source,
                        publication,
                        "a row filter, and the alterations drop, rename or retype column \"" + column.name() + "\"");
            }
        }
    }

    private static ShooflyException refused(TableFacts source, String publication, String what) {
        return new ShooflyException(
                ErrorKind.REFUSED,
                "the publication " + publication + " publishes " + source.name() + " with " + what
                        + ": take the table out of it first (ALTER PUBLICATION … DROP TABLE) and add it again afterwards."
                        + " Nothing was changed.");
    }
}
