package dev.shoofly.database.mysql;

import dev.shoofly.database.DuplicateRows;
import dev.shoofly.model.DuplicateRowsException;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.RowKey;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Proves that rows of the source really share a unique value of the shadow, and reports them. Thread-safe. */
final class RealDuplicates {
    private static final Logger LOG = LoggerFactory.getLogger(RealDuplicates.class);
    private static final int SLICE = 5_000;
    private static final int MOST_SLICES = 20;
    private static final Duration SEARCH_AT_MOST = Duration.ofSeconds(5);
    private final MigrationSql sql;
    private final TwinTable twin;
    private final UniqueValues values;

    RealDuplicates(MigrationSql sql, TwinTable twin, UniqueValues values) {
        this.sql = sql;
        this.twin = twin;
        this.values = values;
    }

    /** How far to look for other pairs once one is proved. */
    enum Search {
        /** Under the application's eyes: only what is proved. */
        NONE,
        /** Through the first rows of the table, for a few seconds. */
        WIDE
    }

    /**
     * One statement is one read view: two rows of the source that it shows with one value both hold it at that instant. On
     * a connection that has the twin table, outside a transaction.
     *
     * @throws DuplicateRowsException when two of these rows hold one unique value
     */
    void requireNone(Connection connection, MigrationSql.Rows rows, Search search) throws SQLException {
        twin.fill(connection, rows);
        for (MySqlIndex index : values.indexes(connection)) {
            List<DuplicateRows.Pair> pairs = pairs(connection, index);
            if (!pairs.isEmpty()) {
                List<DuplicateRows.Pair> others = search == Search.WIDE ? searched(connection, index) : List.of();
                throw new DuplicateRows(
                                sql.plan().source(),
                                "the unique key " + MySqlNames.quote(index.name()) + " ("
                                        + String.join(", ", index.columns()) + ")",
                                DuplicateRows.merged(pairs, others))
                        .error(null);
            }
        }
    }

    private List<DuplicateRows.Pair> pairs(Connection connection, MySqlIndex index) throws SQLException {
        KeySide key = sql.shadowKey();
        int width = sql.plan().key().columns().size();
        String same = UniqueValues.numbered(index, i -> "u" + i, ", ");
        // A temporary table can be named only once in a statement, so a window finds the row before.
        String before = String.join(", ", windowed(key));
        return SqlText.of("SELECT * FROM (SELECT CONCAT_WS(', ', " + same + ") AS v, " + key.texts("") + ", " + before
                        + " FROM " + values.side(twin.name(), index) + " n WHERE "
                        + UniqueValues.numbered(index, i -> "u" + i + " IS NOT NULL", " AND ")
                        + " WINDOW w AS (PARTITION"
                        + " BY " + same + " ORDER BY " + key.columns("") + ")) pairs WHERE before0 IS NOT NULL LIMIT "
                        + DuplicateRows.MOST_PAIRS)
                .list(
                        connection,
                        row -> new DuplicateRows.Pair(
                                String.valueOf(row.getString(1)), key.read(row, width + 2), key.read(row, 2)));
    }

    private static List<String> windowed(KeySide key) {
        List<String> items = new ArrayList<>();
        for (int i = 0; i < key.parts().size(); i++) {
            items.add("LAG(" + key.parts().get(i).asText("") + ") OVER w AS before" + i);
        }
        return items;
    }

    /** Further pairs, for the report only: what goes wrong here must not hide what is proved. */
    private List<DuplicateRows.Pair> searched(Connection connection, MySqlIndex index) {
        long giveUpAt = System.nanoTime() + SEARCH_AT_MOST.toNanos();
        try {
            RowKey lower = null;
            twin.clear(connection);
            for (int slice = 0; slice < MOST_SLICES && System.nanoTime() < giveUpAt; slice++) {
                RowKey upper =
                        sql.nthKey(new KeyRange(lower, null), SLICE).list(connection, sql.sourceKey()::read).stream()
                                .findFirst()
                                .orElse(null);
                twin.add(connection, MigrationSql.Rows.of(new KeyRange(lower, upper)));
                if (upper == null) {
                    break;
                }
                lower = upper;
            }
            return pairs(connection, index);
        } catch (SQLException e) {
            LOG.debug("no further duplicates of {} are listed: {}", sql.plan().source(), e.getMessage());
            return List.of();
        }
    }
}
