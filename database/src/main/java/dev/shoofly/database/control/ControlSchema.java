package dev.shoofly.database.control;

import dev.shoofly.database.DatabaseKind;
import dev.shoofly.database.connection.ConnectionPool;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.stream.Collectors;

/** The definitions of the control tables. */
final class ControlSchema {
    private final ConnectionPool pool;
    private final DatabaseKind kind;

    ControlSchema(ConnectionPool pool, DatabaseKind kind) {
        this.pool = pool;
        this.kind = kind;
    }

    boolean isInstalled() {
        return pool.with("looking for the control tables", ControlSchema::isInstalled);
    }

    private static boolean isInstalled(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT 1 FROM information_schema.columns WHERE table_schema = 'shoofly' AND (table_name"
                                + " IN ('appliers', 'topic_use', 'throttle', 'disk_settings', 'verification', 'shadow_stats', 'misfits', 'drained_offsets') AND"
                                + " column_name = 'migration_id'"
                                + ADDED + ") HAVING count(*) = " + (8 + ADDED_COLUMNS.size()))) {
            return rows.next();
        }
    }

    boolean exist() {
        return pool.with("looking for the control tables", connection -> {
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("SELECT 1 FROM information_schema.tables"
                            + " WHERE table_schema = 'shoofly' AND table_name = 'migrations'")) {
                return rows.next();
            }
        });
    }

    void install() {
        if (!isInstalled()) {
            pool.with("creating the control tables in schema shoofly", connection -> {
                try (CreatingLock alone = CreatingLock.take(connection, kind)) {
                    if (!isInstalled(connection)) {
                        create(connection);
                    }
                }
                return true;
            });
        }
    }

    private void create(Connection connection) throws SQLException {
        String schema = switch (kind) {
            case MYSQL -> "CREATE DATABASE IF NOT EXISTS shoofly DEFAULT CHARACTER SET utf8mb4";
            case POSTGRES -> "CREATE SCHEMA IF NOT EXISTS shoofly";
        };
        ConnectionPool.execute(connection, schema);
        for (String table : TABLES) {
            ConnectionPool.execute(connection, inDialect(table));
        }
        addColumns(connection);
        ConnectionPool.execute(connection, DIAGNOSTICS);
    }

    /** To tables that an earlier version made. */
    private void addColumns(Connection connection) throws SQLException {
        for (AddedColumn column : ADDED_COLUMNS) {
            if (!exists(connection, column)) {
                add(connection, column);
            }
        }
    }

    private void add(Connection connection, AddedColumn column) throws SQLException {
        if (column.equals(FORCED)) {
            refuseEarlierCancels(connection);
        }
        ConnectionPool.execute(
                connection, inDialect("ALTER TABLE shoofly." + column.table + " ADD COLUMN " + column.definition));
    }

    /** An earlier version did not look at an answered cancel again; this one would carry it out, however old it is. */
    private static void refuseEarlierCancels(Connection connection) throws SQLException {
        Sql.update(
                connection,
                "UPDATE shoofly.commands SET outcome = ? WHERE verb = 'CANCEL' AND outcome = ?",
                "refused: the process that took it, of an earlier version, ended before it was done; give it again",
                Command.CANCELLING);
    }

    private static boolean exists(Connection connection, AddedColumn column) throws SQLException {
        try (PreparedStatement statement = Sql.prepare(
                        connection,
                        "SELECT 1 FROM information_schema.columns WHERE table_schema = 'shoofly' AND table_name = ?"
                                + " AND column_name = ?",
                        column.table,
                        column.name());
                ResultSet row = statement.executeQuery()) {
            return row.next();
        }
    }

    /** @param definition name and type */
    private record AddedColumn(String table, String definition) {
        String name() {
            return definition.substring(0, definition.indexOf(' '));
        }
    }

    /** Came together with cancels that are carried out by whoever owns the migration. */
    private static final AddedColumn FORCED = new AddedColumn("commands", "forced text");

    private static final List<AddedColumn> ADDED_COLUMNS = List.of(
            new AddedColumn("segments", "worker varchar(300)"),
            new AddedColumn("segments", "seen_at timestamptz(3)"),
            new AddedColumn("migrations", "appliers_held int NOT NULL DEFAULT 0"),
            new AddedColumn("validation_details", "classification varchar(20) NOT NULL DEFAULT 'STABLE'"),
            new AddedColumn("validation_details", "repair varchar(20) NOT NULL DEFAULT 'OFF'"),
            new AddedColumn("migrations", "strategy varchar(10) NOT NULL DEFAULT 'SHADOW'"),
            new AddedColumn("migrations", "native_plan text"),
            new AddedColumn("migrations", "steps_begun int NOT NULL DEFAULT 0"),
            new AddedColumn("migrations", "steps_done int NOT NULL DEFAULT 0"),
            new AddedColumn("migrations", "rollback_verdict varchar(10)"),
            new AddedColumn("migrations", "rollback_reasons text"),
            new AddedColumn("migrations", "back_plan text"),
            new AddedColumn("migrations", "live_definition text"),
            new AddedColumn("migrations", "window_ends_millis bigint NOT NULL DEFAULT 0"),
            new AddedColumn("migrations", "rollback_requested int NOT NULL DEFAULT 0"),
            new AddedColumn("migrations", "swapped_back int NOT NULL DEFAULT 0"),
            new AddedColumn("migrations", "keep_millis bigint NOT NULL DEFAULT 0"),
            new AddedColumn("migrations", "forward_until_millis bigint NOT NULL DEFAULT 0"),
            new AddedColumn("migrations", "plan_round int NOT NULL DEFAULT 1"),
            new AddedColumn("migrations", "gates text"),
            new AddedColumn("migrations", "forced_gates text"),
            new AddedColumn("migrations", "drop_old_at_millis bigint NOT NULL DEFAULT 0"),
            new AddedColumn("migrations", "old_dropped int NOT NULL DEFAULT 0"),
            new AddedColumn("migration_log", "announced int NOT NULL DEFAULT 0"),
            new AddedColumn("migrations", "left_to_do text"),
            new AddedColumn("apply_progress", "swap_marker bigint NOT NULL DEFAULT 0"),
            new AddedColumn("drained_offsets", "marker bigint NOT NULL DEFAULT 0"),
            FORCED);

    private static final String ADDED = ADDED_COLUMNS.stream()
            .map(column -> " OR table_name = '" + column.table + "' AND column_name = '" + column.name() + "'")
            .collect(Collectors.joining());

    /** The texts below are PostgreSQL's but for three type names. */
    private String inDialect(String table) {
        return switch (kind) {
            case MYSQL ->
                table.replace(" text", " longtext")
                        .replace(" timestamptz(3)", " datetime(3)")
                        .replace(" identity_column", " bigint AUTO_INCREMENT");
            case POSTGRES -> table.replace(" identity_column", " bigint GENERATED BY DEFAULT AS IDENTITY");
        };
    }

    /** The outcomes of a {@link Command#isBegun begun} command are as good as none. */
    private static final String DIAGNOSTICS = """
        CREATE OR REPLACE VIEW shoofly.diagnostics AS
        SELECT m.id, m.source_schema, m.source_table, m.state, m.reason, m.owner, m.epoch, m.lag_millis,
               m.rows_copied, m.rows_total, m.updated_at,
               (SELECT count(*) FROM shoofly.segments s WHERE s.migration_id = m.id AND s.done = 0) AS open_segments,
               (SELECT min(p.marker) FROM shoofly.apply_progress p WHERE p.migration_id = m.id) AS marker_applied,
               (SELECT k.marker FROM shoofly.markers k WHERE k.migration_id = m.id) AS marker_written,
               (SELECT count(*) FROM shoofly.commands c WHERE c.migration_id = m.id
                AND coalesce(c.outcome, 'pausing') IN ('pausing', 'resuming')) AS open_commands
        FROM shoofly.migrations m
        """;

    private static final List<String> TABLES = List.of(
            // active_table is the lock of "one migration per table": null once the migration is final.
            """
            CREATE TABLE IF NOT EXISTS shoofly.migrations (
              id varchar(16) PRIMARY KEY,
              source_schema varchar(128) NOT NULL,
              source_table varchar(128) NOT NULL,
              active_table varchar(260) UNIQUE,
              spec text NOT NULL,
              plan text,
              state varchar(20) NOT NULL,
              resume_state varchar(20),
              reason text,
              epoch bigint NOT NULL,
              owner varchar(300) NOT NULL,
              kafka varchar(1000) NOT NULL,
              completion_point varchar(100),
              rows_copied bigint NOT NULL DEFAULT 0,
              rows_total bigint NOT NULL DEFAULT 0,
              rows_verified bigint NOT NULL DEFAULT 0,
              keys_applied bigint NOT NULL DEFAULT 0,
              mismatches bigint NOT NULL DEFAULT 0,
              lag_millis bigint NOT NULL DEFAULT -1,
              cutover_attempts int NOT NULL DEFAULT 0,
              locked_millis bigint NOT NULL DEFAULT -1,
              cutover_approved int NOT NULL DEFAULT 0,
              created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
              updated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3))
            """, """
            CREATE TABLE IF NOT EXISTS shoofly.migration_log (
              entry identity_column PRIMARY KEY,
              migration_id varchar(16) NOT NULL,
              logged_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
              event varchar(40) NOT NULL,
              detail text)
            """, """
            CREATE TABLE IF NOT EXISTS shoofly.segments (
              migration_id varchar(16) NOT NULL,
              segment_number int NOT NULL,
              epoch bigint NOT NULL DEFAULT 0,
              lower_key text,
              upper_key text,
              position_key text,
              rows_copied bigint NOT NULL DEFAULT 0,
              done int NOT NULL DEFAULT 0,
              updated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
              PRIMARY KEY (migration_id, segment_number))
            """, """
            CREATE TABLE IF NOT EXISTS shoofly.apply_progress (
              migration_id varchar(16) NOT NULL,
              partition_number int NOT NULL,
              epoch bigint NOT NULL DEFAULT 0,
              next_offset bigint NOT NULL DEFAULT 0,
              marker bigint NOT NULL DEFAULT 0,
              keys_applied bigint NOT NULL DEFAULT 0,
              updated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
              PRIMARY KEY (migration_id, partition_number))
            """, """
            CREATE TABLE IF NOT EXISTS shoofly.markers (
              migration_id varchar(16) PRIMARY KEY,
              marker bigint NOT NULL DEFAULT 0)
            """, """
            CREATE TABLE IF NOT EXISTS shoofly.commands (
              command identity_column PRIMARY KEY,
              migration_id varchar(16) NOT NULL,
              verb varchar(20) NOT NULL,
              requested_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
              outcome text)
            """, """
            CREATE TABLE IF NOT EXISTS shoofly.validation_details (
              entry identity_column PRIMARY KEY,
              migration_id varchar(16) NOT NULL,
              found_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
              kind varchar(20) NOT NULL,
              row_key text NOT NULL,
              detail text)
            """, """
            CREATE TABLE IF NOT EXISTS shoofly.misfits (
              migration_id varchar(16) NOT NULL,
              key_digest varchar(64) NOT NULL,
              row_key text NOT NULL,
              column_name varchar(300) NOT NULL,
              detail text NOT NULL,
              found_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
              PRIMARY KEY (migration_id, key_digest))
            """, """
            CREATE TABLE IF NOT EXISTS shoofly.drained_offsets (
              migration_id varchar(16) NOT NULL,
              partition_number int NOT NULL,
              old_table varchar(300) NOT NULL,
              next_offset bigint NOT NULL,
              PRIMARY KEY (migration_id, partition_number))
            """, """
            CREATE TABLE IF NOT EXISTS shoofly.verification (
              migration_id varchar(16) PRIMARY KEY,
              position_key text,
              swept int NOT NULL,
              offsets text NOT NULL,
              open_keys text NOT NULL,
              marker bigint NOT NULL,
              rows_compared bigint NOT NULL,
              repaired bigint NOT NULL,
              updated_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3))
            """, """
            CREATE TABLE IF NOT EXISTS shoofly.appliers (
              migration_id varchar(16) NOT NULL,
              instance varchar(300) NOT NULL,
              epoch bigint NOT NULL,
              partitions text NOT NULL,
              lag_millis bigint NOT NULL,
              quiet int NOT NULL,
              failure_kind varchar(20),
              failure text,
              seen_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
              PRIMARY KEY (migration_id, instance))
            """, """
            CREATE TABLE IF NOT EXISTS shoofly.topic_use (
              migration_id varchar(16) PRIMARY KEY,
              records bigint NOT NULL,
              bytes bigint NOT NULL,
              backlog bigint NOT NULL,
              measured_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3))
            """, """
            CREATE TABLE IF NOT EXISTS shoofly.throttle (
              migration_id varchar(16) PRIMARY KEY,
              settings text NOT NULL,
              fraction double precision NOT NULL DEFAULT 1,
              held_back_by text,
              throttled_millis bigint NOT NULL DEFAULT 0,
              baseline_micros bigint NOT NULL DEFAULT -1,
              signals text,
              measured_at timestamptz(3) NULL)
            """, """
            CREATE TABLE IF NOT EXISTS shoofly.disk_settings (
              migration_id varchar(16) PRIMARY KEY,
              reserve_bytes bigint NOT NULL,
              free_query text)
            """, """
            CREATE TABLE IF NOT EXISTS shoofly.shadow_stats (
              entry identity_column PRIMARY KEY,
              migration_id varchar(16) NOT NULL,
              replayed_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
              digest text NOT NULL,
              verdict varchar(20) NOT NULL,
              runs bigint NOT NULL,
              same bigint NOT NULL,
              differs bigint NOT NULL,
              in_flight bigint NOT NULL,
              unsettled bigint NOT NULL,
              not_comparable bigint NOT NULL,
              failed_on_shadow bigint NOT NULL,
              source_p50_micros bigint NOT NULL,
              source_p99_micros bigint NOT NULL,
              shadow_p50_micros bigint NOT NULL,
              shadow_p99_micros bigint NOT NULL,
              plan_changed int NOT NULL,
              detail text NOT NULL)
            """);
}
