package dev.shoofly.applier;

import dev.shoofly.database.Reconciler;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.control.Progress;
import dev.shoofly.database.control.ProgressRows;
import dev.shoofly.model.MigrationId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * A reconcile that appends its keys to a table, in the transaction that locks and saves the progress: whatever is
 * applied twice, in another order, or not at all shows.
 */
final class LogTable implements Reconciler {
    private final ConnectionPool pool;
    private final MigrationId id;
    private final String instance;

    LogTable(ConnectionPool pool, MigrationId id, String instance) {
        this.pool = pool;
        this.id = id;
        this.instance = instance;
    }

    static void create(ConnectionPool pool) {
        pool.with("creating the log", connection -> {
            ConnectionPool.execute(
                    connection,
                    "CREATE TABLE IF NOT EXISTS applied (entry bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
                            + " migration text, partition_number int, row_key text, instance text)");
            return true;
        });
    }

    @Override
    public boolean waitsByTransaction() {
        return true;
    }

    @Override
    public Outcome apply(Batch batch) {
        return pool.inTransaction("appending to the log", connection -> {
            Progress progress = ProgressRows.lock(connection, id, batch.partition(), batch.epoch());
            if (progress.nextOffset() >= batch.nextOffset()) {
                // The commit whose answer a crash swallowed: a real reconcile may repeat it, a log must not.
                return new Outcome(batch.keys().size(), 0, 0);
            }
            insert(connection, batch);
            ProgressRows.save(
                    connection,
                    id,
                    batch.partition(),
                    batch.nextOffset(),
                    batch.marker(),
                    batch.keys().size());
            return new Outcome(batch.keys().size(), 0, 0);
        });
    }

    private void insert(Connection connection, Batch batch) throws SQLException {
        // One statement: the driver asserts in executeBatch that its connection lives.
        try (PreparedStatement insert =
                connection.prepareStatement("INSERT INTO applied (migration, partition_number, instance, row_key)"
                        + " SELECT ?, ?, ?, k.text FROM unnest(?) WITH ORDINALITY AS k (text, place) ORDER BY place")) {
            insert.setString(1, id.value());
            insert.setInt(2, batch.partition());
            insert.setString(3, instance);
            insert.setArray(
                    4,
                    connection.createArrayOf(
                            "text",
                            batch.keys().stream()
                                    .map(key -> key.values().get(0))
                                    .toArray()));
            insert.executeUpdate();
        }
    }

    List<String> keysOf(int partition) {
        return texts("SELECT row_key FROM applied WHERE migration = ? AND partition_number = " + partition
                + " ORDER BY entry");
    }

    int count() {
        return Integer.parseInt(
                texts("SELECT count(*) FROM applied WHERE migration = ?").get(0));
    }

    /** The instances that applied something. */
    List<String> instances() {
        return texts("SELECT DISTINCT instance FROM applied WHERE migration = ? ORDER BY 1");
    }

    private List<String> texts(String sql) {
        return pool.with("reading the log", connection -> select(connection, sql));
    }

    private List<String> select(Connection connection, String sql) throws SQLException {
        List<String> found = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, id.value());
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    found.add(rows.getString(1));
                }
            }
        }
        return found;
    }
}
