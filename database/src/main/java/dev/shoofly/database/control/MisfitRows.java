package dev.shoofly.database.control;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * {@code shoofly.misfits}: one row per row of the new table that the old one does not take, while the rollback window is open.
 * Keys, columns and the server's words, no values. Written in the transactions that bring the old table up to date, so it
 * says no more and no less than what these have done.
 */
public final class MisfitRows {
    /** More of them, and the way back is given up: each costs the appliers a search of its own. */
    public static final int MOST = 10_000;

    private static final int SLICE = 500;
    private final ConnectionPool pool;

    MisfitRows(ConnectionPool pool) {
        this.pool = pool;
    }

    /**
     * In the transaction that takes these rows away from the old table.
     *
     * @throws ShooflyException DATA when there are more than {@link #MOST} now
     */
    public static void setAside(Connection connection, MigrationId id, Collection<Misfit> found) throws SQLException {
        // Several spellings of a batch may stand for one row.
        Map<RowKey, Misfit> distinct = new LinkedHashMap<>();
        found.forEach(each -> distinct.put(each.key(), each));
        delete(connection, id, distinct.keySet());
        try (PreparedStatement statement = connection.prepareStatement(
                "INSERT INTO shoofly.misfits (migration_id, key_digest, row_key, column_name, detail)"
                        + " VALUES (?, ?, ?, ?, ?)")) {
            for (Misfit each : distinct.values()) {
                statement.setString(1, id.value());
                statement.setString(2, digest(each.key()));
                statement.setString(3, Json.writeKey(each.key()));
                statement.setString(4, each.column());
                statement.setString(5, each.detail());
                statement.addBatch();
            }
            statement.executeBatch();
        }
        if (count(connection, id) > MOST) {
            Misfit one = found.iterator().next();
            throw new ShooflyException(
                    ErrorKind.DATA,
                    "more than " + MOST + " rows of the new table do not fit the old one (one of the latest: "
                            + one.column() + " of key " + one.key() + ": " + one.detail()
                            + "). So many are not set aside");
        }
    }

    /** In a transaction that has made the old table's rows of these keys what they should be. */
    public static void forget(Connection connection, MigrationId id, Collection<RowKey> keys) throws SQLException {
        // Mostly there are none. Nobody else writes those of our keys: their partition is ours until the commit.
        if (!keys.isEmpty() && isAny(connection, id)) {
            delete(connection, id, keys);
        }
    }

    private static boolean isAny(Connection connection, MigrationId id) throws SQLException {
        try (PreparedStatement statement = Sql.prepare(
                        connection, "SELECT 1 FROM shoofly.misfits WHERE migration_id = ? LIMIT 1", id.value());
                ResultSet row = statement.executeQuery()) {
            return row.next();
        }
    }

    private static void delete(Connection connection, MigrationId id, Collection<RowKey> keys) throws SQLException {
        List<String> digests = keys.stream().map(MisfitRows::digest).sorted().toList();
        for (int at = 0; at < digests.size(); at += SLICE) {
            List<String> slice = digests.subList(at, Math.min(digests.size(), at + SLICE));
            List<Object> values = new ArrayList<>(slice);
            values.add(0, id.value());
            Sql.update(
                    connection,
                    "DELETE FROM shoofly.misfits WHERE migration_id = ? AND key_digest IN (?"
                            + ", ?".repeat(slice.size() - 1) + ")",
                    values.toArray());
        }
    }

    /** A text of any length is no key on every server, and a collation would take several for one. */
    private static String digest(RowKey key) {
        try {
            String text = Objects.requireNonNull(Json.writeKey(key));
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** As this transaction sees it. */
    public static long count(Connection connection, MigrationId id) throws SQLException {
        try (PreparedStatement statement = Sql.prepare(
                        connection, "SELECT count(*) FROM shoofly.misfits WHERE migration_id = ?", id.value());
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }

    /** All of them at a glance. */
    public Misfits summary(MigrationId id) {
        return pool.with(
                "looking for rows of " + id + " that do not fit the old table", connection -> summary(connection, id));
    }

    /** As this transaction sees it. */
    public static Misfits summary(Connection connection, MigrationId id) throws SQLException {
        Map<String, Long> columns = new LinkedHashMap<>();
        try (PreparedStatement statement = Sql.prepare(
                        connection,
                        "SELECT column_name, count(*) FROM shoofly.misfits WHERE migration_id = ? GROUP BY column_name"
                                + " ORDER BY 2 DESC, 1",
                        id.value());
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                columns.put(row.getString(1), row.getLong(2));
            }
        }
        if (columns.isEmpty()) {
            return Misfits.NONE;
        }
        List<RowKey> first = new ArrayList<>();
        try (PreparedStatement statement = Sql.prepare(
                        connection,
                        "SELECT row_key FROM shoofly.misfits WHERE migration_id = ? ORDER BY found_at, row_key LIMIT "
                                + Misfits.NAMED,
                        id.value());
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                first.add(Objects.requireNonNull(Json.readKey(row.getString(1))));
            }
        }
        long rows = columns.values().stream().mapToLong(Long::longValue).sum();
        return new Misfits(rows, columns, first);
    }

    /** Those of these keys that are set aside, as they are spelled here. */
    public Set<RowKey> among(MigrationId id, Collection<RowKey> keys) {
        if (keys.isEmpty()) {
            return Set.of();
        }
        Set<RowKey> found = new LinkedHashSet<>(keys);
        found.retainAll(all(id));
        return found;
    }

    private Set<RowKey> all(MigrationId id) {
        return pool.with("reading which rows of " + id + " do not fit the old table", connection -> {
            Set<RowKey> found = new HashSet<>();
            try (PreparedStatement statement = Sql.prepare(
                            connection, "SELECT row_key FROM shoofly.misfits WHERE migration_id = ?", id.value());
                    ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    found.add(Objects.requireNonNull(Json.readKey(row.getString(1))));
                }
            }
            return found;
        });
    }
}
