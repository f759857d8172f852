package dev.shoofly.database.control;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.model.MigrationId;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;

/** {@code shoofly.shadow_stats}: what the last replay of reads showed, for people with SQL. Statements without their literals. */
public final class TrafficRows {
    private final ConnectionPool pool;

    TrafficRows(ConnectionPool pool) {
        this.pool = pool;
    }

    /**
     * One statement's.
     *
     * @param times 50th and 99th percentile of the source and of the shadow, in microseconds; -1: not known
     */
    public record Row(String digest, String verdict, Counts counts, Times times, boolean planChanged, String detail) {}

    /** Of the runs that count. */
    public record Counts(
            long runs,
            long same,
            long differs,
            long inFlight,
            long unsettled,
            long notComparable,
            long failedOnShadow) {}

    /** In microseconds; -1: not known. */
    public record Times(long sourceP50, long sourceP99, long shadowP50, long shadowP99) {}

    /** In place of those of an earlier replay. Nothing once the migration is over: nobody would remove them. */
    public void replace(MigrationId id, List<Row> rows) {
        String what = "recording the replayed reads of " + id;
        // Repeated, for it locks in another order than the transaction that ends the migration.
        int unused = Retry.OUTLAST_RESTART.call(
                what,
                () -> pool.inTransaction(what, connection -> {
                    Sql.update(connection, "DELETE FROM shoofly.shadow_stats WHERE migration_id = ?", id.value());
                    for (Row row : rows) {
                        Sql.update(
                                connection,
                                "INSERT INTO shoofly.shadow_stats (migration_id, digest, verdict, runs, same, differs, in_flight, unsettled,"
                                        + " not_comparable, failed_on_shadow, source_p50_micros, source_p99_micros,"
                                        + " shadow_p50_micros, shadow_p99_micros, plan_changed, detail)"
                                        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                                id.value(),
                                row.digest(),
                                row.verdict(),
                                row.counts().runs(),
                                row.counts().same(),
                                row.counts().differs(),
                                row.counts().inFlight(),
                                row.counts().unsettled(),
                                row.counts().notComparable(),
                                row.counts().failedOnShadow(),
                                row.times().sourceP50(),
                                row.times().sourceP99(),
                                row.times().shadowP50(),
                                row.times().shadowP99(),
                                row.planChanged() ? 1 : 0,
                                row.detail());
                    }
                    // Asked last: a swap waits for the row that is locked by it.
                    return MigrationRows.isUnderWay(connection, id)
                            ? rows.size()
                            : Sql.update(
                                    connection, "DELETE FROM shoofly.shadow_stats WHERE migration_id = ?", id.value());
                }));
    }

    /** In the order in which they were given. */
    public List<Row> list(MigrationId id) {
        return pool.with("reading the replayed reads of " + id, connection -> {
            List<Row> found = new ArrayList<>();
            try (PreparedStatement statement = Sql.prepare(
                            connection,
                            "SELECT digest, verdict, runs, same, differs, in_flight, unsettled, not_comparable, failed_on_shadow,"
                                    + " source_p50_micros, source_p99_micros, shadow_p50_micros, shadow_p99_micros,"
                                    + " plan_changed, detail FROM shoofly.shadow_stats WHERE migration_id = ? ORDER BY entry",
                            id.value());
                    ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    found.add(new Row(
                            row.getString(1),
                            row.getString(2),
                            new Counts(
                                    row.getLong(3),
                                    row.getLong(4),
                                    row.getLong(5),
                                    row.getLong(6),
                                    row.getLong(7),
                                    row.getLong(8),
                                    row.getLong(9)),
                            new Times(row.getLong(10), row.getLong(11), row.getLong(12), row.getLong(13)),
                            row.getInt(14) == 1,
                            row.getString(15)));
                }
            }
            return found;
        });
    }
}
