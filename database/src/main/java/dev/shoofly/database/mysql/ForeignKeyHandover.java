package dev.shoofly.database.mysql;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.LongStatement;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
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
        Set<TableName> children = new LinkedHashSet<>();
        Set<TableName> parents = new LinkedHashSet<>();
        for (SourceForeignKey key : before()) {
            children.add(key.child());
            parents.add(key.parent());
        }
        parents.removeAll(children);
        List<String> locks = new ArrayList<>();
        children.stream()
                .filter(table -> !table.equals(plan.source()))
                .forEach(table -> locks.add(MySqlNames.quote(table) + " WRITE"));
        parents.stream()
                .filter(table -> !table.equals(plan.source()))
                .forEach(table -> locks.add(MySqlNames.quote(table) + " READ"));
        return locks;
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
        if (moves.isEmpty() || !MySqlCatalog.exists(connection, mark)) {
            return List.of();
        }
        Set<String> present = new HashSet<>();
        MySqlCatalog.references(connection, plan.source()).forEach(key -> present.add(key.id()));
        return ForeignKeyMove.alter(
                (swapped ? after() : before())
                        .stream().filter(key -> !present.contains(key.id())).toList(),
                SourceForeignKey::add);
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
     * @throws ShooflyException DATA
     */
    void verify(Connection connection) throws SQLException {
        Set<String> present = new HashSet<>();
        if (!moves.isEmpty()) {
            MySqlCatalog.references(connection, plan.source()).forEach(key -> present.add(key.id()));
        }
        for (SourceForeignKey key : after()) {
            if (present.contains(key.id())) {
                verify(connection, key);
            }
        }
    }

    private void verify(Connection connection, SourceForeignKey key) throws SQLException {
        LOG.info("looking for rows of {} whose row in {} is missing", key.child(), key.parent());
        List<String> found = Collections.synchronizedList(new ArrayList<>());
        ConnectionPool.execute(connection, "SET SESSION max_execution_time = 0");
        LongStatement.run(
                connection,
                key.clause().orphans(key.child()),
                rows -> {
                    while (rows.next()) {
                        found.add(rows.getString(1));
                    }
                },
                () -> true);
        if (!found.isEmpty()) {
            throw new ShooflyException(
                    ErrorKind.DATA,
                    "there are rows of " + key.child() + " whose row in " + key.parent()
                            + " is missing, with these values"
                            + " and perhaps more: " + String.join("; ", found) + ". The new table " + plan.source()
                            + " is in use, and the foreign key " + key.name()
                            + " holds for what is written. Correct the rows, or drop it, and run 'resume " + plan.id()
                            + "'.");
        }
    }
}
