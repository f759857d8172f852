package dev.shoofly.database.mysql;

import com.mysql.cj.jdbc.JdbcConnection;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.model.DeferIndexes;
import dev.shoofly.model.Projection;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decides which indexes of a new, empty shadow are built after the copy, and takes them away. */
final class IndexPlan {
    private static final Logger LOG = LoggerFactory.getLogger(IndexPlan.class);
    /** Below this the build after the copy saves less than it costs. */
    private static final long SMALL_TABLE_ROWS = 50_000;

    /** Half of them are enough for applications and copy. */
    private static final int MANY_PROCESSORS = 4;

    private final Connection connection;
    private final TableName source;
    private final MySqlTable before;
    private final MySqlTable shadow;
    private final Projection projection;
    private final String sharedKey;
    private final OptionalInt processors;

    /**
     * @param sharedKey the shared key's index in the shadow
     * @param processors of the server
     */
    IndexPlan(
            Connection connection,
            MySqlTable before,
            MySqlTable shadow,
            Projection projection,
            String sharedKey,
            OptionalInt processors) {
        this.connection = connection;
        this.source = before.name();
        this.before = before;
        this.shadow = shadow;
        this.projection = projection;
        this.sharedKey = sharedKey;
        this.processors = processors;
    }

    /** @return the definitions of those taken away, each as it stands in CREATE TABLE */
    List<DialectState.Index> defer(DeferIndexes wish) throws SQLException {
        if (!isWanted(wish)) {
            return List.of();
        }
        List<DialectState.Index> found = candidates();
        if (found.isEmpty()) {
            return found;
        }
        if (wish == DeferIndexes.AUTO && wouldTakeASmallServer(found)) {
            return List.of();
        }
        drop(found);
        if (isBuiltWhileWritten(found)) {
            return found;
        }
        List<DialectState.Index> fit = new ArrayList<>();
        for (DialectState.Index index : found) {
            if (isBuiltWhileWritten(List.of(index))) {
                fit.add(index);
            } else {
                ConnectionPool.execute(connection, add(MySqlNames.quote(shadow.name()), List.of(index)));
            }
        }
        return List.copyOf(fit);
    }

    private void drop(List<DialectState.Index> indexes) throws SQLException {
        ConnectionPool.execute(
                connection,
                "ALTER TABLE " + MySqlNames.quote(shadow.name()) + " "
                        + indexes.stream()
                                .map(index -> "DROP INDEX " + MySqlNames.quote(index.name()))
                                .collect(Collectors.joining(", ")));
    }

    /** Asks the empty table what the full one would answer. */
    private boolean isBuiltWhileWritten(List<DialectState.Index> indexes) throws SQLException {
        // Past the pool, which takes "not supported" for a sign that the connection is broken.
        Connection driver = connection.unwrap(JdbcConnection.class);
        try {
            ConnectionPool.execute(
                    driver, add(MySqlNames.quote(shadow.name()), indexes) + ", ALGORITHM=INPLACE, LOCK=NONE");
        } catch (SQLException e) {
            if (SqlErrors.isTransient(e)) {
                throw e;
            }
            LOG.info("{} of {} cannot be built while the table is written: {}", names(indexes), source, e.getMessage());
            return false;
        }
        drop(indexes);
        return true;
    }

    private static List<String> names(List<DialectState.Index> indexes) {
        return indexes.stream().map(DialectState.Index::name).toList();
    }

    /** {@code ALTER TABLE … ADD KEY …, ADD KEY …}, without algorithm and lock. */
    static String add(String quotedTable, List<DialectState.Index> indexes) {
        return "ALTER TABLE " + quotedTable + " "
                + indexes.stream().map(index -> "ADD " + index.definition()).collect(Collectors.joining(", "));
    }

    private boolean isWanted(DeferIndexes wish) throws SQLException {
        return switch (wish) {
            case ALWAYS -> true;
            case NEVER -> false;
            case AUTO -> isLarge() && !hasReplicas();
        };
    }

    private boolean isLarge() throws SQLException {
        return MySqlCatalog.find(connection, source)
                        .map(MySqlCatalog.Found::rows)
                        .orElse(0L)
                >= SMALL_TABLE_ROWS;
    }

    /** A replica's applier does nothing else while it repeats the build. */
    private boolean hasReplicas() throws SQLException {
        List<String> replicas = Replicas.registered(connection);
        if (!replicas.isEmpty()) {
            LOG.info(
                    "the indexes of {} are not put off: the replicas {} would fall behind by the time that the build"
                            + " takes. --defer-indexes always accepts that",
                    source,
                    String.join(", ", replicas));
        }
        return !replicas.isEmpty();
    }

    /**
     * A build cannot be slowed down once it runs, and of few processors it takes one from the applications. Keeping the indexes
     * up to date during the copy, which gives way, costs more, but not much more while they fit into memory.
     */
    private boolean wouldTakeASmallServer(List<DialectState.Index> found) throws SQLException {
        boolean small = processors.isPresent() && processors.getAsInt() < MANY_PROCESSORS;
        if (!small || !fitIntoMemory(found) || !MySqlLoad.othersWork(connection)) {
            return false;
        }
        LOG.info(
                "the indexes of {} are not put off: others use this server, which has only {} processors."
                        + " --defer-indexes always is faster, and slows them down while it builds",
                source,
                processors.getAsInt());
        return true;
    }

    /** How large new ones will be nobody knows: not larger than the rows, each. */
    private boolean fitIntoMemory(List<DialectState.Index> found) throws SQLException {
        Set<String> known = before.indexes().stream().map(MySqlIndex::name).collect(Collectors.toSet());
        long added =
                found.stream().filter(index -> !known.contains(index.name())).count();
        return SqlText.of(
                        "SELECT 1 FROM information_schema.tables WHERE table_schema = ? AND table_name = ?"
                                + " AND index_length + data_length * ? < @@innodb_buffer_pool_size / 4",
                        source.schema(),
                        source.table(),
                        added)
                .findsRow(connection);
    }

    /**
     * Plain ones. Not those that an AUTO_INCREMENT column may need, nor full-text and spatial ones, which cannot be built
     * while the table is written.
     */
    private List<DialectState.Index> candidates() throws SQLException {
        List<String> counters = shadow.columns().stream()
                .filter(MySqlColumn::autoIncrement)
                .map(MySqlColumn::name)
                .toList();
        List<DialectState.Index> found = new ArrayList<>();
        for (String line : SqlText.of("SHOW CREATE TABLE " + MySqlNames.quote(shadow.name()))
                .list(connection, row -> String.valueOf(row.getString(2)))
                .get(0)
                .split("\n")) {
            for (MySqlIndex index : shadow.indexes()) {
                String start = (index.unique() ? "  UNIQUE KEY " : "  KEY ") + MySqlNames.quote(index.name()) + " (";
                String first = index.parts().get(0).column();
                if (line.startsWith(start)
                        && (first == null || !counters.contains(first))
                        && (!index.unique() || isCarriedOver(index))) {
                    found.add(new DialectState.Index(
                            index.name(),
                            line.strip().replaceFirst(",$", ""),
                            index.unique() ? index.columns() : List.of()));
                }
            }
        }
        return List.copyOf(found);
    }

    /** Whether the source keeps the same values apart, by a unique index over these columns or some of them. */
    private boolean isCarriedOver(MySqlIndex index) {
        // A full-text index of the user's own making needs the one of that name.
        if (index.name().equals(sharedKey) || !index.isPlain() || index.name().equalsIgnoreCase("FTS_DOC_ID_INDEX")) {
            return false;
        }
        Set<String> origins = projection.copiedInto(index.columns(), MySqlNames::quote);
        return before.uniqueIndexes().stream()
                .anyMatch(unique -> unique.isPlain() && origins.containsAll(unique.columns()));
    }
}
