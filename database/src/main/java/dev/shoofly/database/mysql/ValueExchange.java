package dev.shoofly.database.mysql;

import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShadowNames;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Writes rows whose unique values other rows of the shadow still hold: makes room and writes in one short transaction, so
 * that hot values have little time to move again. In the caller's transaction, with the progress row locked.
 */
final class ValueExchange {
    private final MigrationSql sql;
    private final TwinTable twin;
    private final UniqueValues values;
    private final ReconcileSql statements;

    ValueExchange(MigrationSql sql, TwinTable twin, UniqueValues values, ReconcileSql statements) {
        this.sql = sql;
        this.twin = twin;
        this.values = values;
        this.statements = statements;
    }

    /** A row of the shadow rightly holds a value that these rows needed when they were read: read anew, or duplicates. */
    static final class ValueHeld extends SQLException {
        private final transient List<RowKey> holders;

        ValueHeld(Set<RowKey> holders) {
            super("the rows " + holders + " hold a unique value that another row of the source held a moment ago");
            this.holders = List.copyOf(holders);
        }

        List<RowKey> holders() {
            return holders;
        }
    }

    /**
     * On a connection that has the twin table.
     *
     * @param search how rows in the way are found
     * @param locked told once these rows' shadow rows are locked
     * @return shadow rows of other keys that were deleted
     * @throws ValueHeld when nothing was wrong with a row in the way; roll back and try again
     */
    int write(Connection connection, List<RowKey> keys, UniqueValues.Search search, Runnable locked)
            throws SQLException {
        statements.lock(connection, keys);
        locked.run();
        // Read after the locks, as an upsert does. What is written is what was read here, though the source may have
        // moved on by then: a change after this read brings its key once more.
        twin.fill(connection, MigrationSql.Rows.of(keys));
        Map<MySqlIndex, Set<RowKey>> holding =
                values.conflicts(connection, search).holding();
        holding.values().forEach(holders -> keys.forEach(holders::remove));
        int cleared = clear(connection, holding);
        // Among several rows that exchange values no order of upserts succeeds; a single one keeps what the projection
        // does not cover.
        boolean alone = keys.size() == 1 && !twin.isEmpty(connection);
        if (!alone) {
            statements.makeRoom(connection, keys);
        }
        statements.writeFrom(connection, twin, keys, alone ? ReconcileSql.Write.UPSERT : ReconcileSql.Write.INSERT);
        return cleared;
    }

    /**
     * Our own read may be the stale one: one candidate in nine was a fresh row. So the source decides, read after the
     * locks on the candidates' shadow rows. If it gives a candidate other values, a change of the candidate is visible
     * whose reconcile has not written yet; that one waits for our lock, and then writes the row again.
     */
    private int clear(Connection connection, Map<MySqlIndex, Set<RowKey>> holding) throws SQLException {
        List<RowKey> holders =
                holding.values().stream().flatMap(Set::stream).distinct().toList();
        if (holders.isEmpty()) {
            return 0;
        }
        // A holder that is gone by now is not locked: its owner may write it afresh before our DELETE, which must
        // not name it.
        Set<RowKey> present = statements.lock(connection, holders);
        Set<RowKey> right = new HashSet<>();
        Set<RowKey> stale = new HashSet<>(addFromSource(connection, holders));
        for (Map.Entry<MySqlIndex, Set<RowKey>> each : holding.entrySet()) {
            Set<RowKey> unchanged = values.unchanged(connection, each.getKey());
            each.getValue().forEach(holder -> (unchanged.contains(holder) ? right : stale).add(holder));
        }
        stale.retainAll(present);
        right.removeAll(stale);
        if (!right.isEmpty()) {
            throw new ValueHeld(right);
        }
        if (!stale.isEmpty()) {
            statements.makeRoom(connection, List.copyOf(stale));
        }
        return stale.size();
    }

    /**
     * @return those that are no rows which the shadow could take: on the way back there can be such. They are stale for certain,
     *     and their own change, on its way, sets them aside
     */
    private List<RowKey> addFromSource(Connection connection, List<RowKey> holders) throws SQLException {
        try {
            twin.addExtraFromSource(connection, holders);
            return List.of();
        } catch (TwinTable.DoesNotFit e) {
            if (!ShadowNames.isWayBack(sql.plan())) {
                throw e;
            }
        }
        List<RowKey> unfit = new ArrayList<>();
        for (RowKey holder : holders) {
            try {
                twin.addExtraFromSource(connection, List.of(holder));
            } catch (TwinTable.DoesNotFit e) {
                unfit.add(holder);
            }
        }
        return unfit;
    }
}
