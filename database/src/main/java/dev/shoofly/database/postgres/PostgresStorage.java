package dev.shoofly.database.postgres;

import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.Storage;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.disk.FreeSpaceQuery;
import dev.shoofly.database.disk.ServerFiles;
import dev.shoofly.database.disk.TableSize;
import dev.shoofly.database.disk.ThisHost;
import dev.shoofly.database.disk.Whereabouts;
import dev.shoofly.model.TableName;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Sizes of relations; places from the server's settings and tablespaces. */
final class PostgresStorage implements Storage {
    private static final String DENIED = "42501";
    /** Between the two moments of a start that the server remembers. */
    private static final int START_SECONDS = 60;

    private final ConnectionPool pool;

    PostgresStorage(ConnectionPool pool) {
        this.pool = pool;
    }

    @Override
    public TableSize measure(TableName table) {
        return pool.with(
                "measuring " + table,
                connection -> PostgresCatalog.query(
                                connection,
                                "SELECT coalesce(sum(pg_table_size(m.oid)), 0)::bigint,"
                                        + " coalesce(sum(pg_indexes_size(m.oid)), 0)::bigint FROM "
                                        + PartitionTree.MEMBERS + " AS m",
                                row -> new TableSize(row.getLong(1), row.getLong(2)),
                                quote(table))
                        .stream()
                        .findFirst()
                        .orElse(TableSize.ZERO));
    }

    @Override
    public TableSize glance(TableName table) {
        return measure(table);
    }

    /**
     * The WAL of rows, index entries and page images is about twice the table. Unless somebody else keeps it, it is used
     * again after a checkpoint, and one is due at the latest when {@code max_wal_size} is written.
     */
    @Override
    public long logBytes(TableSize copied) {
        long most = pool.with(
                "reading max_wal_size",
                connection -> Long.parseLong(Objects.requireNonNull(PostgresCatalog.text(
                        connection, "SELECT pg_size_bytes(current_setting('max_wal_size'))::text"))));
        return Math.min(most, 2 * copied.total());
    }

    @Override
    public Whereabouts whereabouts(TableName source) {
        String host = pool.profile().host();
        if (!ThisHost.isAddressedBy(host)) {
            return Whereabouts.unknown("the server is on another host (" + host + ")");
        }
        return pool.with("asking where the server keeps its files", connection -> {
            try {
                return locate(connection, source);
            } catch (SQLException e) {
                if (!DENIED.equals(e.getSQLState())) {
                    throw e;
                }
                return Whereabouts.unknown("user " + pool.profile().user()
                        + " may not ask where the server keeps its files (GRANT pg_read_all_settings TO "
                        + quote(pool.profile().user()) + ")");
            }
        });
    }

    private static Whereabouts locate(Connection connection, TableName source) throws SQLException {
        Path root = Path.of(text(connection, "SELECT current_setting('data_directory')"));
        String started = text(connection, "SELECT extract(epoch FROM pg_postmaster_start_time())::bigint::text");
        String system = text(connection, "SELECT system_identifier::text FROM pg_control_system()");
        if (!isRunOn(root, Long.parseLong(started)) || !system.equals(systemOf(root))) {
            return Whereabouts.unknown("the server says its data is in " + root
                    + ", but that is not its directory here or may not be read by this process");
        }
        Path data = root.resolve(text(
                connection,
                "SELECT coalesce(nullif(pg_tablespace_location(CASE WHEN c.reltablespace = 0 THEN d.dattablespace"
                        + " ELSE c.reltablespace END), ''), 'base') FROM pg_class c, pg_database d"
                        + " WHERE d.datname = current_database() AND c.oid IN " + PartitionTree.MEMBERS
                        + " GROUP BY 1 ORDER BY sum(pg_relation_size(c.oid)) DESC LIMIT 1",
                quote(source)));
        return Whereabouts.here(new ServerFiles(
                data,
                indexes(connection, source).map(root::resolve).orElse(data),
                root.resolve("pg_wal"),
                root.resolve(text(
                        connection,
                        "SELECT coalesce((SELECT nullif(pg_tablespace_location(t.oid), '') FROM pg_tablespace t"
                                + " WHERE t.spcname = btrim(split_part(current_setting('temp_tablespaces'), ',', 1), ' \"')"
                                + "), 'base')"))));
    }

    /** The tablespace that holds most of them. */
    private static Optional<String> indexes(Connection connection, TableName source) throws SQLException {
        return PostgresCatalog.query(
                        connection,
                        "SELECT coalesce(nullif(pg_tablespace_location(CASE WHEN c.reltablespace = 0 THEN d.dattablespace"
                                + " ELSE c.reltablespace END), ''), 'base') FROM pg_index i"
                                + " JOIN pg_class c ON c.oid = i.indexrelid"
                                + " JOIN pg_database d ON d.datname = current_database()"
                                + " WHERE i.indrelid IN " + PartitionTree.MEMBERS + " GROUP BY 1"
                                + " ORDER BY sum(pg_relation_size(c.oid)) DESC LIMIT 1",
                        row -> row.getString(1),
                        quote(source))
                .stream()
                .findFirst();
    }

    private static String text(Connection connection, String sql, Object... values) throws SQLException {
        return Objects.requireNonNull(PostgresCatalog.text(connection, sql, values));
    }

    /** The third line of this file is the moment of the start. A standby of the same system has another. */
    private static boolean isRunOn(Path root, long started) {
        try {
            List<String> lines = Files.readAllLines(root.resolve("postmaster.pid"));
            return lines.size() > 2 && Math.abs(Long.parseLong(lines.get(2).strip()) - started) <= START_SECONDS;
        } catch (IOException | NumberFormatException e) {
            return false;
        }
    }

    /** The control file begins with the identifier that was drawn when the cluster was made. */
    private static String systemOf(Path root) {
        try {
            byte[] control = Files.readAllBytes(root.resolve("global").resolve("pg_control"));
            return Long.toUnsignedString(
                    ByteBuffer.wrap(control).order(ByteOrder.nativeOrder()).getLong());
        } catch (IOException | BufferUnderflowException e) {
            return "";
        }
    }

    @Override
    public long freeBytes(String query) {
        return FreeSpaceQuery.run(pool, query);
    }
}
