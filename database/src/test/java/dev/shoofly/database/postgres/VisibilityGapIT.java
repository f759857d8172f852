package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.DatabaseKind;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.control.ControlTables;
import dev.shoofly.database.control.MarkerRows;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The log delivers a commit before readers see it; with an absent synchronous standby the gap has no end. */
class VisibilityGapIT {
    @Test
    void aReconcileWaitsUntilTheDeliveredChangeIsVisible() throws Exception {
        try (DatabaseServer server = TestServers.dedicatedPostgres(
                        PostgresVersion.V15, Map.of("synchronous_commit", "on", "fsync", "on"));
                Lab lab = Lab.open(server, point -> {})) {
            lab.run("CREATE TABLE t (id int PRIMARY KEY, n int)", "INSERT INTO t VALUES (1, 1)");
            MigrationPlan plan = lab.prepare("t", "ALTER n TYPE bigint");
            lab.copyAll(plan, 10);
            lab.value("SELECT pg_create_logical_replication_slot('peek', 'test_decoding')");
            lab.run("ALTER SYSTEM SET synchronous_standby_names = 'absent'", "SELECT pg_reload_conf()");
            Waits.until(() -> lab.value("SHOW synchronous_standby_names").equals("absent"));

            CompletableFuture<Void> writer = CompletableFuture.runAsync(
                    () -> lab.run("SET synchronous_commit = on", "UPDATE t SET n = 2 WHERE id = 1"));
            Waits.until(() -> !delivered(lab).equals("no row"));
            String transaction = delivered(lab);
            assertThat(lab.value("SELECT n FROM t"))
                    .as("delivered, but not visible")
                    .isEqualTo("1");

            int partition = plan.key().partition(RowKey.of("1"), Lab.PARTITIONS);
            CompletableFuture<Void> reconcile = CompletableFuture.runAsync(() -> lab.database
                    .reconciler(plan)
                    .apply(lab.batch(plan, partition, List.of(RowKey.of("1")), Set.of(transaction))));
            Waits.until(() -> reconcile.isDone()
                    || !lab.value("SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_visible_in_snapshot%'"
                                    + " AND application_name = 'shoofly'")
                            .equals("no row"));
            assertThat(reconcile).isNotDone();
            lab.run("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()");
            writer.get();
            reconcile.get();
            assertThat(lab.value("SELECT n FROM " + Lab.shadow(plan))).isEqualTo("2");
            lab.value("SELECT pg_drop_replication_slot('peek')");
        }
    }

    @Test
    @Timeout(60)
    void aMarkerWaitsForNoStandbyWhateverItsSessionIsSetTo() throws Exception {
        try (DatabaseServer server =
                        TestServers.dedicatedPostgres(PostgresVersion.V15, Map.of("synchronous_commit", "on"));
                Lab lab = Lab.open(server, point -> {})) {
            lab.run("CREATE TABLE t (id int PRIMARY KEY)");
            MigrationPlan plan = lab.prepare("t", "ADD n int");
            lab.run("ALTER SYSTEM SET synchronous_standby_names = 'absent'", "SELECT pg_reload_conf()");
            Waits.until(() -> lab.value("SHOW synchronous_standby_names").equals("absent"));
            Properties impatient = new Properties();
            impatient.setProperty("socketTimeout", "20");
            // As the capture's: none of our settings.
            try (ConnectionPool pool = new ConnectionPool(lab.profile(), "bare", 1, List.of(), impatient)) {
                MarkerRows markers = new ControlTables(pool, DatabaseKind.POSTGRES).markers();
                long before = markers.last(plan.id());
                assertThat(markers.next(plan.id())).isEqualTo(before + 1);
                assertThat(pool.<String>with("asking", VisibilityGapIT::synchronousCommit))
                        .as("of that statement only")
                        .isEqualTo("on");
            }
            lab.run("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()");
        }
    }

    private static String synchronousCommit(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SHOW synchronous_commit")) {
            assertThat(row.next()).isTrue();
            return row.getString(1);
        }
    }

    /** The transaction whose update the log has delivered. */
    private static String delivered(Lab lab) {
        return lab.value("SELECT xid FROM pg_logical_slot_peek_changes('peek', NULL, NULL)"
                + " WHERE data LIKE 'table public.t: UPDATE%'");
    }

    @ParameterizedTest
    @CsvSource({
        // next transaction, named in the log, its full number
        "4294967300, 4294967295, 4294967295",
        "4294967300, 3, 4294967299",
        "4294967295, 5, 4294967301",
        "8589934592, 0, 8589934592",
        "1000, 999, 999",
        "1000, 1003, 1003",
        "12884901999, 3000000000, 11589934592"
    })
    void theFullNumberOfATransactionIsTheNearestToTheSnapshot(String next, String named, String full)
            throws SQLException {
        // The text that runs against the live snapshot, with the snapshot's end put in by hand.
        String sql = VisibilityWait.INVISIBLE
                .replace("pg_snapshot_xmax(s)::text::bigint", next + "::bigint")
                .replace("?::bigint[]", "'{" + named + "}'::bigint[]")
                .replaceAll(
                        "(?s)SELECT count\\(\\*\\) FROM (.*)WHERE NOT pg_visible_in_snapshot\\((.*), s\\)",
                        "SELECT $2 FROM $1");
        try (Lab lab = Lab.open();
                Connection connection = lab.connect();
                var statement = connection.createStatement();
                var rows = statement.executeQuery(sql)) {
            rows.next();
            assertThat(rows.getString(1)).isEqualTo(full);
        }
    }
}
