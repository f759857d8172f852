package dev.shoofly.database.postgres;

import dev.shoofly.database.ChangeLog;
import dev.shoofly.database.throttle.Reading;
import dev.shoofly.database.throttle.SignalKind;
import dev.shoofly.database.throttle.Words;
import dev.shoofly.model.MigrationId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

/** How much log the migration's slot keeps on the server's disk because the capture has not read it yet. */
final class RetainedWal {
    static final String NAME = "the slot";
    /** The server invalidates the slot at its own limit, and the migration with it. */
    private static final String QUERY = """
            SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint,
                   (SELECT setting::bigint FROM pg_settings WHERE name = 'max_slot_wal_keep_size')
            FROM pg_replication_slots WHERE slot_name = ? AND restart_lsn IS NOT NULL
            """;

    private final MigrationId migration;
    private final long limit;

    RetainedWal(MigrationId migration, long limit) {
        this.migration = migration;
        this.limit = limit;
    }

    List<Reading> readings(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(QUERY)) {
            statement.setString(1, ChangeLog.slot(migration));
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? List.of(reading(row.getLong(1), row.getLong(2))) : List.of();
            }
        }
    }

    /** @param keptMegabytes as the server's setting says; below 0: no limit */
    Reading reading(long retained, long keptMegabytes) {
        long counted = keptMegabytes < 0 ? limit : Math.min(limit, Math.max(1 << 20, (keptMegabytes << 20) / 2));
        return Reading.of(
                SignalKind.RETAINED_WAL,
                NAME,
                retained,
                counted,
                "keeps " + Words.bytes(retained) + " of WAL (limit " + Words.bytes(counted) + ")");
    }
}
