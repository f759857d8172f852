package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;
import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.DuplicateRows;
import dev.shoofly.database.DuplicateRows.Pair;
import dev.shoofly.database.postgres.PostgresKeys.Side;
import dev.shoofly.model.KeyColumn;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Makes room for unique values that moved from one row to another, when the owner of the row that gave the value up has
 * not come to it yet. Rows are deleted only where the source no longer gives them the value; their keys are in the topic,
 * and their owners write them again.
 */
final class UniqueConflicts {
    private static final int MOST_HOLDERS = 5_000;
    private static final String SEARCH_AT_MOST = "5s";
    private final MigrationPlan plan;
    private final PostgresKeys keys;
    private final PostgresProjection projection;
    private final KeptValues kept;
    private final ReconcileStatements statements;

    UniqueConflicts(MigrationPlan plan) {
        this.plan = plan;
        this.keys = new PostgresKeys(plan.key());
        this.projection = new PostgresProjection(plan);
        this.kept = new KeptValues(plan);
        this.statements = new ReconcileStatements(plan);
    }

    /**
     * In the caller's transaction, which must not be the applier's own: two appliers that clear for each other there
     * would deadlock.
     *
     * @return keys of the rows deleted
     */
    List<RowKey> clear(Connection connection, UniqueRule rule, List<RowKey> batch) throws SQLException {
        List<RowKey> locked = lock(connection, rule, batch);
        // A statement of its own, with a snapshot taken after the locks: the one above may have read what was old.
        return locked.isEmpty() ? List.of() : deleteStale(connection, rule, locked);
    }

    /**
     * As {@link #clear}, on the way back, where the source's row of one in the way may be none that the shadow could take. Such
     * a row is stale for certain, and its own change is on its way: it is set aside then.
     *
     * @return how many rows were deleted
     * @throws SQLException a data error when rows of the batch itself do not fit
     */
    int clearEach(Connection connection, UniqueRule rule, List<RowKey> batch) throws SQLException {
        int deleted = 0;
        for (RowKey each : lock(connection, rule, batch)) {
            execute(connection, "SAVEPOINT shoofly_clear");
            try {
                deleted += deleteStale(connection, rule, List.of(each)).size();
            } catch (SQLException e) {
                if (!PostgresErrors.isDataError(e)) {
                    throw e;
                }
                execute(connection, "ROLLBACK TO SAVEPOINT shoofly_clear");
                statements.remove(connection, List.of(each));
                deleted++;
            }
            execute(connection, "RELEASE SAVEPOINT shoofly_clear");
        }
        return deleted;
    }

    private List<RowKey> lock(Connection connection, UniqueRule rule, List<RowKey> batch) throws SQLException {
        return keys(connection, inTheWay(rule) + " FOR UPDATE OF t", batch).stream()
                .distinct()
                .toList();
    }

    /** Keys of other rows of the shadow that hold values which these rows need. */
    List<RowKey> holders(Connection connection, UniqueRule rule, List<RowKey> batch) throws SQLException {
        return keys(connection, inTheWay(rule) + " LIMIT " + MOST_HOLDERS, batch).stream()
                .distinct()
                .toList();
    }

    private String inTheWay(UniqueRule rule) {
        // A join, not EXISTS: it goes from the few source rows to the shadow's index, never through the whole shadow.
        return "SELECT " + keys.texts(Side.SHADOW, "t") + " FROM " + projection.shadow() + " AS t JOIN "
                + valued(rule, keys.among(Side.SOURCE, "s")) + " AS q ON " + rule.collidesWithScope("q") + " AND NOT ("
                + IntStream.range(0, keys.size())
                        .mapToObj(i -> "q." + alias(i) + " = t."
                                + quote(plan.key().columns().get(i).shadowName()))
                        .collect(Collectors.joining(" AND "))
                + ") WHERE " + rule.condition() + " ORDER BY " + keys.columns(Side.SHADOW, "t");
    }

    private List<RowKey> deleteStale(Connection connection, UniqueRule rule, List<RowKey> locked) throws SQLException {
        String delete = "DELETE FROM " + projection.shadow() + " AS t WHERE " + keys.among(Side.SHADOW, "t")
                + " AND NOT EXISTS (SELECT 1 FROM " + valued(rule, keys.same("s", "t")) + " AS q WHERE "
                + rule.collidesWithScope("q") + ") RETURNING ";
        if (!kept.isNeeded()) {
            return keys(connection, delete + keys.texts(Side.SHADOW, "t"), locked);
        }
        // One statement: the row and what must not be lost with it go together.
        return keys(
                connection,
                "WITH gone AS (" + delete + "t.*), aside AS (" + kept.putAside() + ") SELECT "
                        + keys.texts(Side.SHADOW, "t") + " FROM gone AS t",
                locked);
    }

    /**
     * The proof of a real duplicate: two rows of the source, seen in one snapshot, that the projection gives one value.
     *
     * @return at most {@link DuplicateRows#MOST_PAIRS}; empty when there is no such pair among these keys
     */
    List<Pair> duplicates(Connection connection, UniqueRule rule, List<RowKey> among) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(pairs(rule, valuedOnce(rule, keys.among(Side.SOURCE, "s"))))) {
            keys.bind(statement, 1, among);
            return read(statement);
        }
    }

    /** As {@link #duplicates} in the whole table, for a few seconds; in a transaction of its own. */
    List<Pair> search(Connection connection, UniqueRule rule) throws SQLException {
        // The source may have no index on these columns: let the planner scan and hash.
        for (String node : List.of("seqscan", "hashjoin", "mergejoin")) {
            PostgresCatalog.text(connection, "SELECT set_config('enable_" + node + "', 'on', true)");
        }
        PostgresCatalog.text(connection, "SELECT set_config('statement_timeout', '" + SEARCH_AT_MOST + "', true)");
        try (PreparedStatement statement = connection.prepareStatement(pairs(rule, valued(rule, "true")))) {
            return read(statement);
        }
    }

    private String pairs(UniqueRule rule, String rows) {
        return rule.isEquality() ? neighbours(rule, rows) : colliding(rule, rows);
    }

    /** Each row with the one before it that has the same values: as many pairs as there are rows too many. */
    private String neighbours(UniqueRule rule, String rows) {
        List<KeyColumn> columns = plan.key().columns();
        String key =
                IntStream.range(0, keys.size()).mapToObj(UniqueConflicts::alias).collect(Collectors.joining(", "));
        return "SELECT * FROM (SELECT " + keys.textsOf(column -> "lag(" + alias(columns.indexOf(column)) + ") OVER w")
                + ", " + keys.textsOf(column -> alias(columns.indexOf(column))) + ", " + rule.shown("a")
                + ", lag(1) OVER w AS \"shoofly before\" FROM " + rows + " AS a WHERE "
                + rule.comparable("a") + " WINDOW w AS (PARTITION BY " + rule.values("a") + " ORDER BY " + key
                + ")) AS pairs WHERE \"shoofly before\" = 1 LIMIT " + DuplicateRows.MOST_PAIRS;
    }

    private String colliding(UniqueRule rule, String rows) {
        List<KeyColumn> columns = plan.key().columns();
        String left =
                IntStream.range(0, keys.size()).mapToObj(i -> "a." + alias(i)).collect(Collectors.joining(", "));
        return "WITH v AS (" + rows + ") SELECT "
                + keys.textsOf(column -> "a." + alias(columns.indexOf(column))) + ", "
                + keys.textsOf(column -> "b." + alias(columns.indexOf(column))) + ", " + rule.shown("a")
                + " FROM v AS a JOIN v AS b ON " + rule.collide("a", "b") + " AND (" + left + ") < ("
                + left.replace("a.", "b.") + ") LIMIT " + DuplicateRows.MOST_PAIRS;
    }

    private List<Pair> read(PreparedStatement statement) throws SQLException {
        List<Pair> pairs = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                pairs.add(new Pair(
                        String.valueOf(rows.getString(2 * keys.size() + 1)),
                        keys.read(rows, 1),
                        keys.read(rows, keys.size() + 1)));
            }
        }
        return pairs;
    }

    /** Keys and constrained values of the projected source rows, under names that hide no column of the shadow. */
    private String valued(UniqueRule rule, String condition) {
        return valued(rule, "", condition);
    }

    /**
     * Each row once. A list of composite keys is made distinct under the default collation, not the column's, so two
     * spellings of one key in it give their row twice, which would then look like its own duplicate.
     */
    private String valuedOnce(UniqueRule rule, String condition) {
        return valued(rule, "DISTINCT ON (s.tableoid, s.ctid) ", condition);
    }

    private String valued(UniqueRule rule, String distinct, String condition) {
        String key = IntStream.range(0, keys.size())
                .mapToObj(i -> quote(plan.key().columns().get(i).shadowName()) + " AS " + alias(i))
                .collect(Collectors.joining(", "));
        return "(SELECT " + key + ", " + rule.selected() + " FROM (SELECT *" + rule.generated() + " FROM (SELECT "
                + distinct
                + projection.typedValues() + " FROM " + projection.source() + " AS s WHERE " + condition
                + ") AS p) AS g WHERE " + rule.condition() + ")";
    }

    private static String alias(int keyColumn) {
        return "\"shoofly k" + keyColumn + "\"";
    }

    private List<RowKey> keys(Connection connection, String sql, List<RowKey> batch) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            keys.bind(statement, 1, batch);
            return keys.readAll(statement);
        }
    }
}
