package dev.shoofly.database.mysql;

import dev.shoofly.model.ColumnMapping;
import dev.shoofly.model.RowKey;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The statements of one reconcile, in the caller's transaction at READ COMMITTED. No statement but INSERT … SELECT and
 * plain SELECT names the source: a DELETE or UPDATE that does takes shared locks on the application's rows.
 */
final class ReconcileSql {
    /** Keys per statement: enough to amortise the round trips, few enough for short row locks. */
    static final int BATCH = 1_000;

    private final MigrationSql sql;
    private final Writers writers;
    private final KeptValues kept;
    private final List<ColumnMapping> documents;
    private final String insert;
    private final String onDuplicate;

    /** Who else may write the shadow. */
    enum Writers {
        OTHERS,
        /** We have it under LOCK TABLES. */
        NOBODY
    }

    ReconcileSql(MigrationSql sql, Writers writers) {
        this.sql = sql;
        this.writers = writers;
        this.kept = new KeptValues(sql);
        this.documents = sql.plan().projection().columns().stream()
                .filter(mapping -> mapping.shadowType().equalsIgnoreCase("json"))
                .toList();
        this.insert = "INSERT INTO " + sql.shadow() + " (" + sql.columns() + ") SELECT " + sql.projection()
                + sql.fromSource() + " WHERE ";
        this.onDuplicate = " ON DUPLICATE KEY UPDATE " + updates(sql);
    }

    /** How present rows are written. */
    enum Write {
        /** Keeps what the projection does not cover. */
        UPSERT,
        /** Of rows whose shadow rows were deleted before. */
        INSERT
    }

    /**
     * The columns' assignments. A conflict on another unique key would write this row's values into the row of another
     * key; the first assignment makes that an error (1690, out of range) before anything is written. Assigning the key
     * also carries a change that the collation calls equal ('a' to 'A').
     */
    private static String updates(MigrationSql sql) {
        List<String> same = new ArrayList<>();
        List<String> assignments = new ArrayList<>();
        for (KeyPart part : sql.shadowKey().parts()) {
            same.add(sql.shadow() + "." + part.column() + " <=> VALUES(" + part.column() + ")");
        }
        String first = sql.shadowKey().parts().get(0).column();
        assignments.add(first + " = IF(" + String.join(" AND ", same) + ", VALUES(" + first + "), ~0 + (VALUES(" + first
                + ") IS NOT NULL))");
        for (ColumnMapping mapping : sql.plan().projection().columns()) {
            String column = MySqlNames.quote(mapping.shadowColumn());
            if (!column.equals(first)) {
                assignments.add(column + " = VALUES(" + column + ")");
            }
        }
        return String.join(", ", assignments);
    }

    /** @param locked told once the shadow rows of a batch are locked */
    void upsert(Connection connection, List<RowKey> keys, Runnable locked) throws SQLException {
        for (int at = 0; at < keys.size(); at += BATCH) {
            upsertBatch(connection, keys.subList(at, Math.min(keys.size(), at + BATCH)), locked);
        }
    }

    /**
     * In key order, as every writer of the shadow takes them.
     *
     * @return keys of the rows that were there; the others are not locked
     */
    Set<RowKey> lock(Connection connection, List<RowKey> keys) throws SQLException {
        return new HashSet<>(SqlText.of("SELECT " + sql.shadowKey().texts("") + sql.fromShadow() + " WHERE ")
                .add(sql.shadowKey().in("", keys))
                .add(" ORDER BY " + sql.shadowKey().columns(""))
                .add(" FOR UPDATE")
                .list(connection, sql.shadowKey()::read));
    }

    private void upsertBatch(Connection connection, List<RowKey> keys, Runnable locked) throws SQLException {
        if (writers == Writers.OTHERS) {
            // The conflict routine of another partition deletes under this lock; what it deletes we then read anew.
            lock(connection, keys);
        }
        locked.run();
        // Read after the locks, in a new read view: what it shows is not older than any earlier write of these rows.
        Set<RowKey> present =
                new HashSet<>(SqlText.of("SELECT " + sql.sourceKey().texts("") + sql.fromSource() + " WHERE ")
                        .add(sql.sourceKey().in("", keys))
                        .list(connection, sql.sourceKey()::read));
        List<RowKey> gone = keys.stream().filter(key -> !present.contains(key)).toList();
        // Among them may be a row whose key is only spelled otherwise now: it comes back below.
        makeRoom(connection, gone);
        if (!documents.isEmpty() && !present.isEmpty()) {
            makeRoom(connection, respelled(connection, keys));
        }
        if (!present.isEmpty()) {
            // All keys, not the present ones: a key spelled otherwise ('a' for 'A') counts as gone above, and its row
            // comes back here.
            SqlText.of(insert)
                    .add(sql.sourceKey().in("", keys))
                    .add(onDuplicate)
                    .update(connection);
        }
        kept.giveBack(connection, keys);
    }

    /**
     * To the server 1 and 1.0 in a JSON document are one value, and it leaves a row alone in which an upsert changes nothing
     * else. So such a row is written anew. No alias on base tables, for it is also asked under LOCK TABLES.
     *
     * @return keys of rows whose documents differ in nothing but their spelling
     */
    private List<RowKey> respelled(Connection connection, List<RowKey> keys) throws SQLException {
        List<String> ours = new ArrayList<>();
        List<String> theirs = new ArrayList<>();
        List<String> differ = new ArrayList<>();
        for (int i = 0; i < documents.size(); i++) {
            ColumnMapping mapping = documents.get(i);
            ours.add(MySqlNames.quote(mapping.shadowColumn()) + " AS j" + i);
            theirs.add(mapping.expression() + " AS j" + i);
            differ.add("s.j" + i + " = o.j" + i + " AND CAST(s.j" + i + " AS CHAR) <> CAST(o.j" + i + " AS CHAR)");
        }
        return SqlText.of("SELECT " + sql.shadowKey().texts("s.") + " FROM (SELECT "
                        + sql.shadowKey().columns("") + ", " + String.join(", ", ours) + sql.fromShadow() + " WHERE ")
                .add(sql.shadowKey().in("", keys))
                .add(") AS s JOIN (SELECT " + sql.sourceKey().columns("") + ", " + String.join(", ", theirs)
                        + sql.fromSource() + " WHERE ")
                .add(sql.sourceKey().in("", keys))
                .add(") AS o ON " + sql.sourceKey().joins("o.", sql.shadowKey(), "s.") + " WHERE "
                        + String.join(" OR ", differ))
                .list(connection, sql.shadowKey()::read);
    }

    /**
     * Writes the rows of the twin table that are not marked as extra.
     *
     * @param keys of all rows concerned, those that are gone included
     */
    void writeFrom(Connection connection, TwinTable twin, List<RowKey> keys, Write how) throws SQLException {
        SqlText.of("INSERT INTO " + sql.shadow() + " (" + sql.columns() + ") SELECT " + sql.columns() + " FROM "
                        + twin.name() + " WHERE " + TwinTable.EXTRA + " = 0")
                .add(how == Write.UPSERT ? onDuplicate : "")
                .update(connection);
        kept.giveBack(connection, keys);
    }

    /** Deletes rows that are to be written again, by us or by their owner. */
    void makeRoom(Connection connection, List<RowKey> keys) throws SQLException {
        if (keys.isEmpty()) {
            return;
        }
        kept.putAside(connection, keys);
        delete(connection, keys);
    }

    private void delete(Connection connection, List<RowKey> keys) throws SQLException {
        // The form with FROM takes an index hint: a scan would wait for rows that are none of ours.
        SqlText.of("DELETE " + sql.shadow() + sql.fromShadow() + " WHERE ")
                .add(sql.shadowKey().in("", keys))
                .update(connection);
    }
}
