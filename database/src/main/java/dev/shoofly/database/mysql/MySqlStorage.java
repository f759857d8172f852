package dev.shoofly.database.mysql;

import dev.shoofly.database.Storage;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.disk.FreeSpaceQuery;
import dev.shoofly.database.disk.ServerFiles;
import dev.shoofly.database.disk.TableSize;
import dev.shoofly.database.disk.ThisHost;
import dev.shoofly.database.disk.Whereabouts;
import dev.shoofly.model.TableName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Sizes from InnoDB's tablespaces and statistics; places from the server's variables. */
final class MySqlStorage implements Storage {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_]+/[A-Za-z0-9_]+");
    private final ConnectionPool pool;

    MySqlStorage(ConnectionPool pool) {
        this.pool = pool;
    }

    /** @param free extents of the tablespace that hold nothing */
    private record Statistics(long data, long indexes, long free) {}

    @Override
    public TableSize measure(TableName table) {
        return pool.with("measuring " + table, connection -> {
            Statistics known = statistics(connection, table);
            // Statistics may be as old as the table; the file is not. Extents that are free are not going to be copied.
            long used = fileSize(connection, table) - known.free;
            return new TableSize(Math.max(known.data, used - known.indexes), known.indexes);
        });
    }

    @Override
    public TableSize glance(TableName table) {
        return pool.with("measuring " + table, connection -> {
            Statistics known = statistics(connection, table);
            return new TableSize(known.data, known.indexes);
        });
    }

    private static Statistics statistics(Connection connection, TableName table) throws SQLException {
        return SqlText.of(
                        "SELECT COALESCE(data_length, 0), COALESCE(index_length, 0), COALESCE(data_free, 0)"
                                + " FROM information_schema.tables WHERE table_schema = ? AND table_name = ?",
                        table.schema(),
                        table.table())
                .list(connection, row -> new Statistics(row.getLong(1), row.getLong(2), row.getLong(3)))
                .stream()
                .findFirst()
                .orElse(new Statistics(0, 0, 0));
    }

    /** 0 for a table that has no tablespace of its own, or a name that is not spelled alike as a file: statistics must do. */
    private static long fileSize(Connection connection, TableName table) throws SQLException {
        String name = table.schema() + "/" + table.table();
        if (!PLAIN.matcher(name).matches()) {
            return 0;
        }
        // Each partition has a file of its own.
        String partitions = name + "#p#";
        return SqlText.of(
                        "SELECT COALESCE(SUM(file_size), 0) FROM information_schema.innodb_tablespaces"
                                + " WHERE name = ? OR LEFT(name, ?) = ?",
                        name,
                        partitions.length(),
                        partitions)
                .list(connection, row -> row.getLong(1))
                .get(0);
    }

    /** The rows' images in the binary log take about what the rows do; it is kept until it expires, so all of it counts. */
    @Override
    public long logBytes(TableSize copied) {
        return copied.data();
    }

    @Override
    public Whereabouts whereabouts(TableName source) {
        String host = pool.profile().host();
        if (!ThisHost.isAddressedBy(host)) {
            return Whereabouts.unknown("the server is on another host (" + host + ")");
        }
        return pool.with("asking where the server keeps its files", MySqlStorage::locate);
    }

    private static Whereabouts locate(Connection connection) throws SQLException {
        List<String> told = SqlText.of("SELECT @@datadir, @@server_uuid, COALESCE(@@log_bin_basename, ''),"
                        + " COALESCE(NULLIF(@@innodb_tmpdir, ''), @@tmpdir)")
                .list(
                        connection,
                        row -> List.of(row.getString(1), row.getString(2), row.getString(3), row.getString(4)))
                .get(0);
        Path data = Path.of(told.get(0));
        String seen = readIdentity(data.resolve("auto.cnf"));
        if (!seen.contains(told.get(1))) {
            return Whereabouts.unknown("the server says its data is in " + data
                    + ", but that is not its directory here or may not be read by this process");
        }
        Path log = told.get(2).isEmpty()
                ? data
                : Optional.ofNullable(Path.of(told.get(2)).getParent()).orElse(data);
        // The option may be a list, to be used in turn.
        Path temporary = Path.of(told.get(3).split(":", 2)[0]);
        // CREATE TABLE … LIKE does not take a DATA DIRECTORY over, so the shadow is below the data directory.
        return Whereabouts.here(
                new ServerFiles(data, data, ThisHost.existing(log), Files.isDirectory(temporary) ? temporary : data));
    }

    private static String readIdentity(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "";
        }
    }

    @Override
    public long freeBytes(String query) {
        return FreeSpaceQuery.run(pool, query);
    }
}
