package dev.shoofly.capture.connector;

import dev.shoofly.capture.key.MySqlCharset;
import dev.shoofly.database.ChangeLog;
import dev.shoofly.database.DatabaseKind;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.KeyColumn;
import dev.shoofly.model.KeyType;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.ShooflyException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Properties;
import java.util.Set;

/**
 * What must hold on the server before Debezium starts, because Debezium would not fail on it but go on wrongly: it makes a
 * missing slot anew (and skips what lay between), and hands out guessed values for columns that the log does not carry.
 */
public final class SourceCheck {
    private final MigrationPlan plan;
    private final ConnectionProfile profile;

    public SourceCheck(MigrationPlan plan, ConnectionProfile profile) {
        this.plan = plan;
        this.profile = profile;
    }

    /** @throws ShooflyException REFUSED with the remedy, or TRANSIENT when the server cannot be reached */
    public void run() {
        try (Connection connection = connect()) {
            switch (profile.kind()) {
                case MYSQL -> {
                    requireWholeRows(connection);
                    requireExactCharsets(connection);
                }
                case POSTGRES -> {
                    requireSlot(connection);
                    requirePublication(connection);
                    requireReadableTypes(connection);
                    requireKeyInLog(connection);
                }
            }
        } catch (SQLException e) {
            throw new ShooflyException(
                    SqlErrors.isTransient(e) ? ErrorKind.TRANSIENT : ErrorKind.REFUSED,
                    "the capture of " + plan.source() + " cannot start on " + profile.host() + ":" + profile.port()
                            + " as " + profile.user() + ": " + SqlErrors.serverSaid(e) + ". Nothing was changed.",
                    e);
        }
    }

    private Connection connect() throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", profile.user());
        properties.setProperty("password", profile.password().reveal());
        properties.setProperty(
                "connectTimeout",
                switch (profile.kind()) {
                    case MYSQL -> "10000";
                    case POSTGRES -> "10";
                });
        if (profile.kind() == DatabaseKind.MYSQL) {
            properties.setProperty("connectionAttributes", ConnectorProperties.MYSQL_ATTRIBUTES);
        }
        return DriverManager.getConnection(profile.url(), properties);
    }

    /** Debezium passes over the events of partial updates without a word. */
    private void requireWholeRows(Connection connection) throws SQLException {
        try (PreparedStatement statement = prepare(connection, "SELECT @@GLOBAL.binlog_row_value_options");
                ResultSet rows = statement.executeQuery()) {
            if (rows.next() && !String.valueOf(rows.getString(1)).isEmpty()) {
                throw refused("the server logs updates of JSON columns in part (binlog_row_value_options = "
                        + rows.getString(1) + "), which cannot be captured; run SET PERSIST binlog_row_value_options ="
                        + " '' and let the application connect anew");
            }
        }
    }

    private void requireExactCharsets(Connection connection) throws SQLException {
        String sql = "SELECT column_name, character_set_name FROM information_schema.columns"
                + " WHERE table_schema = ? AND table_name = ? AND character_set_name IS NOT NULL";
        Set<String> texts = new HashSet<>();
        for (KeyColumn column : plan.key().columns()) {
            if (column.type() == KeyType.TEXT) {
                texts.add(column.sourceName());
                texts.add(column.shadowName());
            }
        }
        try (PreparedStatement statement = prepare(
                        connection, sql, plan.source().schema(), plan.source().table());
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                if (texts.contains(rows.getString(1)) && !MySqlCharset.isExact(rows.getString(2))) {
                    throw refused("key column " + rows.getString(1) + " has character set " + rows.getString(2)
                            + ", whose characters cannot be told apart for certain outside the server; use a key of"
                            + " another type or character set");
                }
            }
        }
    }

    private void requireSlot(Connection connection) throws SQLException {
        String slot = ChangeLog.slot(plan.id());
        String sql = "SELECT plugin, wal_status FROM pg_catalog.pg_replication_slots WHERE slot_name = ?";
        try (PreparedStatement statement = prepare(connection, sql, slot);
                ResultSet rows = statement.executeQuery()) {
            if (!rows.next()) {
                throw refused("replication slot " + slot + " is gone, and with it the changes since the last start;"
                        + " cancel the migration and start it again");
            }
            if ("lost".equals(rows.getString(2))) {
                throw refused("the server removed log that replication slot " + slot
                        + " still needed (wal_status = lost); raise max_slot_wal_keep_size, cancel the migration and"
                        + " start it again");
            }
            if (!"pgoutput".equals(rows.getString(1))) {
                throw refused("replication slot " + slot + " belongs to somebody else: its plugin is "
                        + rows.getString(1) + " instead of pgoutput; drop it, cancel the migration and start it again");
            }
        }
    }

    private void requirePublication(Connection connection) throws SQLException {
        String publication = ChangeLog.publication(plan.id());
        String sql = "SELECT 1 FROM pg_catalog.pg_publication WHERE pubname = ?";
        try (PreparedStatement statement = prepare(connection, sql, publication);
                ResultSet rows = statement.executeQuery()) {
            if (!rows.next()) {
                throw refused("publication " + publication
                        + " is gone, and with it the changes since; cancel the migration and start it again");
            }
        }
    }

    /** Debezium reads all types of the database, and ends at an enumeration without labels of its own. */
    private void requireReadableTypes(Connection connection) throws SQLException {
        String sql = """
                SELECT t.oid::regtype::text FROM pg_catalog.pg_type t
                WHERE t.typcategory = 'E' AND NOT EXISTS (
                  SELECT 1 FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid)
                """;
        try (PreparedStatement statement = prepare(connection, sql);
                ResultSet rows = statement.executeQuery()) {
            if (rows.next()) {
                throw refused("this database has the type " + rows.getString(1)
                        + ", a domain over an enumeration (or an enumeration without labels), with which Debezium, by"
                        + " which changes are captured, cannot start; replace it by the enumeration with a check"
                        + " constraint, or drop it");
            }
        }
    }

    /** A DELETE, and an UPDATE of the key, must log the old key. */
    private void requireKeyInLog(Connection connection) throws SQLException {
        String sql = """
                SELECT a.attname FROM pg_catalog.pg_class c
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                WHERE n.nspname = ? AND c.relname = ?
                  AND (c.relreplident = 'f' OR EXISTS (
                    SELECT 1 FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND a.attnum = ANY (i.indkey)
                      AND (c.relreplident = 'd' AND i.indisprimary OR c.relreplident = 'i' AND i.indisreplident)))
                """;
        Set<String> logged = new HashSet<>();
        try (PreparedStatement statement = prepare(
                        connection, sql, plan.source().schema(), plan.source().table());
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                logged.add(rows.getString(1));
            }
        }
        List<KeyColumn> columns = plan.key().columns();
        boolean asSource = columns.stream().allMatch(column -> logged.contains(column.sourceName()));
        boolean asShadow = columns.stream().allMatch(column -> logged.contains(column.shadowName()));
        if (!asSource && !asShadow) {
            throw refused("its replica identity does not contain the key "
                    + columns.stream().map(KeyColumn::sourceName).toList()
                    + ", so deletes would not tell which row; run ALTER TABLE … REPLICA IDENTITY USING INDEX with the"
                    + " key's index (or FULL), cancel the migration and start it again");
        }
    }

    private static PreparedStatement prepare(Connection connection, String sql, String... values) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < values.length; i++) {
            statement.setString(i + 1, values[i]);
        }
        return statement;
    }

    private ShooflyException refused(String why) {
        return new ShooflyException(
                ErrorKind.REFUSED,
                "the capture of " + plan.source() + " cannot start: " + why + ". The table is untouched.");
    }
}
