package dev.shoofly.database.mysql;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.LongStatement;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives the foreign keys from and to the source to the new table. A RENAME takes them along to the old one, so all are dropped
 * before it and added after it, without a look at the rows, all in one packet and under the locks of all tables concerned.
 * Where only the server's death can interrupt it, a constraint is missing, never a wrong one in force; a table that stands
 * while an attempt is under way tells whose doing that is, and it is added again.
 */
final class ForeignKeyHandover {
    private static final Logger LOG = LoggerFactory.getLogger(ForeignKeyHandover.class);
    private final MigrationPlan plan;
    private final List<ForeignKeyMove> moves;
    private final TableName mark;

    ForeignKeyHandover(MigrationPlan plan) {
        this.plan = plan;
        this.moves = Attached.of(plan).foreignKeys();
        this.mark = plan.source().sibling(ForeignKeyRehearsal.prefix(plan.id()));
    }

    private List<SourceForeignKey> before() {
        return moves.stream().map(ForeignKeyMove::before).toList();
    }

    private List<SourceForeignKey> after() {
        return moves.stream().map(ForeignKeyMove::after).toList();
    }

    /** Entries of LOCK TABLES for the tables at the other ends. */
    List<String> locks() {
        return locks(otherEnds());
    }

    /** Those of them that are still called so. */
    List<String> presentLocks(Connection connection) throws SQLException {
        Map<TableName, String> present = new LinkedHashMap<>();
        for (Map.Entry<TableName, String> end : otherEnds().entrySet()) {
            if (MySqlCatalog.exists(connection, end.getKey())) {
                present.put(end.getKey(), end.getValue());
            }
        }
        return locks(present);
    }

    private static List<String> locks(Map<TableName, String> ends) {
        return ends.entrySet().stream()
                .map(end -> MySqlNames.quote(end.getKey()) + " " + end.getValue())
                .toList();
    }

    /** Children, which are altered, then parents; each with its lock. */
    private Map<TableName, String> otherEnds() {
        Map<TableName, String> ends = new LinkedHashMap<>();
        before().forEach(key -> ends.put(key.child(), "WRITE"));
        before().forEach(key -> ends.putIfAbsent(key.parent(), "READ"));
        ends.remove(plan.source());
        return ends;
    }

    /** Before the tables are locked: from now on a missing foreign key is our doing. */
    void mark(Connection connection) throws SQLException {
        if (!moves.isEmpty()) {
            Series.oneByOne(
                    connection,
                    List.of("CREATE TABLE IF NOT EXISTS " + MySqlNames.quote(mark) + " (x INT PRIMARY KEY)"));
        }
    }

    List<String> beforeRename() {
        return ForeignKeyMove.alter(before(), SourceForeignKey::drop);
    }

    List<String> afterRename() {
        return ForeignKeyMove.alter(after(), SourceForeignKey::add);
    }

    /**
     * What an attempt took away and did not give back.
     *
     * @param swapped whether the names are
     */
    List<String> left(Connection connection, boolean swapped) throws SQLException {
        List<SourceForeignKey> left = new ArrayList<>();
        for (SourceForeignKey key : missing(connection, swapped ? after() : before())) {
            // Somebody may have dropped the table at the other end since, or given it another name.
            if (canBeAdded(connection, key)) {
                left.add(key);
            }
        }
        return ForeignKeyMove.alter(left, SourceForeignKey::add);
    }

    private List<SourceForeignKey> missing(Connection connection, List<SourceForeignKey> known) throws SQLException {
        if (moves.isEmpty() || !MySqlCatalog.exists(connection, mark)) {
            return List.of();
        }
        List<SourceForeignKey> present = MySqlCatalog.references(connection, plan.source());
        return known.stream().filter(key -> key.now(present, known).isEmpty()).toList();
    }

    private static boolean canBeAdded(Connection connection, SourceForeignKey key) throws SQLException {
        return MySqlCatalog.exists(connection, key.child()) && MySqlCatalog.exists(connection, key.parent());
    }

    /** What {@link #left} passes over after the swap, for people. */
    List<String> outOfReach(Connection connection) throws SQLException {
        List<String> words = new ArrayList<>();
        for (SourceForeignKey key : missing(connection, after())) {
            if (!canBeAdded(connection, key)) {
                words.add("the foreign key " + key.name() + " of " + key.child() + " to " + key.parent()
                        + " is missing: the swap was interrupted before it was added, and since then one of these"
                        + " tables was renamed or dropped. If it was renamed, run this with its new name: "
                        + String.join("; ", ForeignKeyMove.alter(List.of(key), SourceForeignKey::add)));
            }
        }
        return words;
    }

    /** When nothing is left. Tables must not be locked. */
    void unmark(Connection connection) throws SQLException {
        if (!moves.isEmpty()) {
            Series.oneByOne(connection, List.of("DROP TABLE IF EXISTS " + MySqlNames.quote(mark)));
        }
    }

    /**
     * Reads the rows of what was added without a look at them, while everybody works. Those that were dropped since are not
     * looked at.
     *
     * @return what was found wrong, and what to do about it, for people; empty: nothing
     */
    List<String> verify(Connection connection) throws SQLException {
        List<String> wrong = new ArrayList<>();
        for (SourceForeignKey key : after()) {
            // Of each anew: one look takes a while, in which somebody may rename the next one's table.
            Optional<SourceForeignKey> now = key.now(MySqlCatalog.references(connection, plan.source()), after());
            if (now.isPresent()) {
                verify(connection, now.get()).ifPresent(wrong::add);
            }
        }
        return wrong;
    }

    private Optional<String> verify(Connection connection, SourceForeignKey key) throws SQLException {
        LOG.info("looking for rows of {} whose row in {} is missing", key.child(), key.parent());
        List<String> found = Collections.synchronizedList(new ArrayList<>());
        String orphans = key.clause().orphans(key.child());
        ConnectionPool.execute(connection, "SET SESSION max_execution_time = 0");
        try {
            LongStatement.run(
                    connection,
                    orphans,
                    rows -> {
                        while (rows.next()) {
                            found.add(rows.getString(1));
                        }
                    },
                    () -> true);
        } catch (SQLException e) {
            if (SqlErrors.isTransient(e)) {
                throw e;
            }
            return Optional.of("the foreign key " + key.name() + " of " + key.child()
                    + " is in force for what is written, but the rows that were there could not be looked at: "
                    + SqlErrors.serverSaid(e) + ". This finds those whose row in " + key.parent() + " is missing: "
                    + orphans);
        }
        return found.isEmpty()
                ? Optional.empty()
                : Optional.of("there are rows of " + key.child() + " whose row in " + key.parent()
                        + " is missing, with these values and perhaps more: " + String.join("; ", found)
                        + ". The foreign key " + key.name()
                        + " holds for what is written. Correct the rows, or drop it when the rollback window is"
                        + " over; this finds them: " + orphans);
    }
}
