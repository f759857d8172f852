package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;
import static dev.shoofly.database.postgres.PostgresNames.literal;
import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.ChangeLog;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.Retry;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Publication and replication slot of a migration. */
final class PostgresChangeLog implements ChangeLog {
    private static final Retry LOCK_CONFLICTS =
            new Retry(Duration.ofMinutes(1), Duration.ofMillis(100), Duration.ofSeconds(2), error -> {});
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);
    private final ConnectionPool pool;
    private final Duration openTimeout;

    /** @param openTimeout longest wait for transactions that were running, for each of the two waits */
    PostgresChangeLog(ConnectionPool pool, Duration openTimeout) {
        this.pool = pool;
        this.openTimeout = openTimeout;
    }

    /**
     * The order matters. Publication first: a slot made before it would decode changes that no publication covers. A new
     * slot waits for the transactions that run; one that already exists does not, and a publication never does: so in the
     * end we wait for those that were writing the source when the publication had committed.
     */
    @Override
    public void open(MigrationPlan plan) {
        String what = "publishing the changes of " + plan.source();
        LOCK_CONFLICTS.call(
                what,
                () -> pool.inTransaction(what, connection -> {
                    publish(connection, plan);
                    return true;
                }));
        pool.with("waiting for the writers of " + plan.source(), connection -> {
            List<String> lockers = lockers(connection, plan.source());
            createSlot(connection, plan);
            awaitGone(connection, plan.source(), lockers);
            return true;
        });
    }

    private static void publish(Connection connection, MigrationPlan plan) throws SQLException {
        String name = ChangeLog.publication(plan.id());
        boolean published = PostgresCatalog.test(
                connection,
                "SELECT true FROM pg_catalog.pg_publication_tables WHERE pubname = ? AND schemaname = ? AND tablename = ?",
                name,
                plan.source().schema(),
                plan.source().table());
        if (published) {
            return;
        }
        boolean exists =
                PostgresCatalog.test(connection, "SELECT true FROM pg_catalog.pg_publication WHERE pubname = ?", name);
        String tables = " TABLE " + quote(plan.source()) + ", shoofly.markers";
        execute(
                connection,
                exists
                        ? "ALTER PUBLICATION " + quote(name) + " SET" + tables
                        : "CREATE PUBLICATION " + quote(name) + " FOR" + tables
                                + " WITH (publish = 'insert, update, delete, truncate', publish_via_partition_root = true)");
        rememberEntry(connection, plan, name);
    }

    /** In the same transaction: see {@link PostgresSourceWatch#changeOfPublication}. */
    static void rememberEntry(Connection connection, MigrationPlan plan, String publication) throws SQLException {
        String entry = PostgresCatalog.text(
                connection,
                "SELECT r.oid::text FROM pg_catalog.pg_publication_rel r JOIN pg_catalog.pg_publication p"
                        + " ON p.oid = r.prpubid WHERE p.pubname = ? AND r.prrelid = to_regclass(?)",
                publication,
                quote(plan.source()));
        execute(connection, "COMMENT ON PUBLICATION " + quote(publication) + " IS " + literal(String.valueOf(entry)));
    }

    private void createSlot(Connection connection, MigrationPlan plan) throws SQLException {
        String name = ChangeLog.slot(plan.id());
        if (PostgresCatalog.test(
                connection, "SELECT true FROM pg_catalog.pg_replication_slots WHERE slot_name = ?", name)) {
            return;
        }
        execute(connection, "SET statement_timeout = " + openTimeout.toMillis());
        try {
            PostgresCatalog.text(
                    connection, "SELECT slot_name FROM pg_create_logical_replication_slot(?, 'pgoutput')", name);
        } catch (SQLException e) {
            if ("57014".equals(e.getSQLState())) {
                throw new ShooflyException(
                        ErrorKind.TRANSIENT,
                        "the replication slot " + name + " could not be made within " + openTimeout.toSeconds()
                                + " s: it waits for every transaction that writes in this cluster. The oldest: "
                                + oldest(connection) + ". Nothing was changed; try again when they have ended.",
                        e);
            }
            throw e;
        } finally {
            execute(connection, "SET statement_timeout = 0");
        }
    }

    private static String oldest(Connection connection) throws SQLException {
        return String.join("; ", PostgresCatalog.texts(connection, """
                SELECT * FROM (
                  SELECT format('pid %s, %s, %s, for %s s', pid, usename, state,
                                extract(epoch FROM now() - xact_start)::bigint)
                  FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()
                  ORDER BY age(backend_xid) DESC LIMIT 3) running
                UNION ALL
                SELECT * FROM (
                  SELECT format('prepared transaction %s of %s, for %s s', quote_literal(gid), owner,
                                extract(epoch FROM now() - prepared)::bigint)
                  FROM pg_prepared_xacts ORDER BY age(transaction) DESC LIMIT 3) prepared
                """));
    }

    /** Virtual transactions that hold a lock as writers of the table do; prepared ones have one too. */
    private static List<String> lockers(Connection connection, TableName table) throws SQLException {
        return PostgresCatalog.texts(
                connection,
                "SELECT DISTINCT virtualtransaction FROM pg_catalog.pg_locks WHERE locktype = 'relation' AND granted"
                        + " AND relation IN " + PartitionTree.MEMBERS
                        + " AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())"
                        + " AND mode IN ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock',"
                        + " 'AccessExclusiveLock')",
                quote(table));
    }

    private void awaitGone(Connection connection, TableName table, List<String> recorded) throws SQLException {
        long giveUpAt = System.nanoTime() + openTimeout.toNanos();
        List<String> left = recorded;
        while (true) {
            List<String> holding = lockers(connection, table);
            left = left.stream().filter(holding::contains).toList();
            if (left.isEmpty()) {
                return;
            }
            if (System.nanoTime() > giveUpAt) {
                throw new ShooflyException(
                        ErrorKind.TRANSIENT,
                        "transactions that wrote " + table + " before its changes were published did not end within "
                                + openTimeout.toSeconds() + " s: " + TableHolders.describe(connection, table)
                                + ". Nothing was copied; try again when they have ended.");
            }
            sleep(20);
        }
    }

    @Override
    public void close(MigrationId id, TableName source) {
        pool.with("dropping the replication slot of " + id, connection -> {
            dropSlot(connection, ChangeLog.slot(id));
            execute(connection, "DROP PUBLICATION IF EXISTS " + quote(ChangeLog.publication(id)));
            return true;
        });
    }

    private static void dropSlot(Connection connection, String name) throws SQLException {
        if (!await(() -> activePid(connection, name) == null)) {
            // The slot carries our id: whoever reads it is a capture of ours that should have stopped.
            PostgresCatalog.text(
                    connection,
                    "SELECT pg_terminate_backend(active_pid) FROM pg_catalog.pg_replication_slots"
                            + " WHERE slot_name = ? AND active_pid IS NOT NULL",
                    name);
            await(() -> activePid(connection, name) == null);
        }
        PostgresCatalog.text(
                connection,
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_catalog.pg_replication_slots WHERE slot_name = ?",
                name);
    }

    private static @Nullable String activePid(Connection connection, String name) {
        try {
            return PostgresCatalog.text(
                    connection,
                    "SELECT active_pid::text FROM pg_catalog.pg_replication_slots WHERE slot_name = ?",
                    name);
        } catch (SQLException e) {
            throw new ShooflyException(
                    SqlErrors.isTransient(e) ? ErrorKind.TRANSIENT : ErrorKind.REFUSED,
                    "looking for the replication slot " + name + " failed: " + SqlErrors.serverSaid(e),
                    e);
        }
    }

    private static boolean await(BooleanSupplier condition) {
        long giveUpAt = System.nanoTime() + CLOSE_TIMEOUT.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > giveUpAt) {
                return false;
            }
            sleep(20);
        }
        return true;
    }

    @Override
    public String retention(MigrationPlan plan) {
        Optional<String> most = pool.with(
                "asking how much WAL a slot may keep",
                connection -> Optional.ofNullable(PostgresCatalog.text(
                        connection,
                        "SELECT current_setting(name) FROM pg_catalog.pg_settings"
                                + " WHERE name = 'max_slot_wal_keep_size' AND setting <> '-1'")));
        return "the replication slot " + ChangeLog.slot(plan.id()) + " keeps all WAL from now on: "
                + most.map(size -> "more than " + size + " (max_slot_wal_keep_size) and the server gives it up, and the"
                                + " migration has to start anew")
                        .orElse("mind the disk");
    }

    @Override
    public Optional<String> brokenBecause(MigrationPlan plan) {
        return pool.with("looking at the replication slot of " + plan.id(), connection -> {
            String slot = ChangeLog.slot(plan.id());
            String status = PostgresCatalog.text(
                    connection,
                    "SELECT coalesce(wal_status, 'reserved') FROM pg_catalog.pg_replication_slots WHERE slot_name = ?"
                            + " AND database = current_database()",
                    slot);
            if (status == null) {
                return Optional.of(
                        "the replication slot " + slot + " is gone, and with it the changes since the capture"
                                + " stopped: the copy has to start anew (cancel and migrate again)");
            }
            if (status.equals("lost")) {
                return Optional.of(
                        "the server has removed log that the replication slot " + slot
                                + " still needed (max_slot_wal_keep_size): the copy has to start anew (cancel and migrate again)");
            }
            boolean published = PostgresCatalog.test(
                    connection,
                    "SELECT true FROM pg_catalog.pg_publication WHERE pubname = ?",
                    ChangeLog.publication(plan.id()));
            return published
                    ? Optional.empty()
                    : Optional.of("the publication " + ChangeLog.publication(plan.id())
                            + " is gone: the copy has to start anew (cancel and migrate again)");
        });
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ShooflyException(ErrorKind.SUPERSEDED, "waiting for the server was interrupted", e);
        }
    }
}
