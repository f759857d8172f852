package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Database;
import dev.shoofly.database.Databases;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rows are copied and compared in a resource group that yields; everything else stays outside; and nothing depends on it. */
class BulkPriorityIT {
    private static final String OUTSIDE = "USR_default";

    private Bench bench;
    private MigrationPlan plan;

    @BeforeEach
    void prepare() throws SQLException {
        bench = Bench.open();
        bench.sql(
                "CREATE TABLE t (id int PRIMARY KEY, a varchar(20) NOT NULL)",
                "INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, 'three')");
        plan = bench.prepare("t", "ADD COLUMN b int NOT NULL DEFAULT 1");
    }

    @AfterEach
    void close() throws SQLException {
        bench.sql("ALTER RESOURCE GROUP " + BulkPriority.GROUP + " ENABLE");
        bench.close();
    }

    @Test
    void comparesInTheGroupAndAppliesOutsideOfIt() throws Exception {
        bench.reconcile(plan, RowKey.of("1"));
        bench.copy(plan, 2);
        assertThat(groups("%")).isNotEmpty().containsOnly(OUTSIDE);

        assertThat(bench.isEqual(plan)).isTrue();
        assertThat(groups("%").stream().filter(BulkPriority.GROUP::equals)).hasSize(1);
    }

    /** One that leads a group of commits has all of them wait for it. */
    @Test
    void readsAndWritesRowsInTheGroupAndCommitsThemOutsideOfIt() throws Exception {
        try (Connection application = bench.connect()) {
            application.setAutoCommit(false);
            Bench.execute(application, "SELECT * FROM t WHERE id = 2 FOR UPDATE");
            CompletableFuture<Void> copying = CompletableFuture.runAsync(() -> copyAll(bench.database()));
            Bench.await(() -> groups("INSERT%").equals(List.of(BulkPriority.GROUP)));
            application.rollback();
            copying.get(30, TimeUnit.SECONDS);
        }
        assertThat(groups("%")).containsOnly(OUTSIDE);
        assertThat(bench.value("SELECT count(*) FROM " + plan.shadow().table())).isEqualTo("3");
    }

    @Test
    void anApplicationsSessionOnTheSameThreadIsNotSlowedDown() throws Exception {
        try (Database own = open(TestServers.mysql().user(), TestServers.mysql().password())) {
            assertThat(own.comparer(plan).compare(KeyRange.ALL).equal()).isFalse();
        }
        for (int i = 0; i < 3; i++) {
            try (Connection application = bench.connect()) {
                assertThat(
                                Bench.rows(
                                        application,
                                        "SELECT resource_group FROM performance_schema.threads WHERE processlist_id = CONNECTION_ID()"))
                        .containsExactly(OUTSIDE);
            }
        }
    }

    @Test
    void copiesWithoutThePrivilege() throws Exception {
        bench.sql(
                "CREATE USER IF NOT EXISTS modest IDENTIFIED BY 'modest'",
                "GRANT ALL ON " + bench.schema() + ".* TO modest",
                "GRANT ALL ON shoofly.* TO modest");
        try (Database own = open("modest", "modest")) {
            copyAll(own);
        }
        assertThat(bench.isEqual(plan)).isTrue();
    }

    @Test
    void copiesWhenAnOperatorHasDisabledTheGroupAndLeavesItDisabled() throws Exception {
        bench.sql("ALTER RESOURCE GROUP " + BulkPriority.GROUP + " DISABLE FORCE");
        try (Database own = open(TestServers.mysql().user(), TestServers.mysql().password())) {
            copyAll(own);
        }
        assertThat(bench.isEqual(plan)).isTrue();
        bench.sql("CREATE TABLE u (id int PRIMARY KEY)");
        bench.prepare("u", "ADD COLUMN b int");
        assertThat(bench.value("SELECT resource_group_enabled FROM information_schema.resource_groups"
                        + " WHERE resource_group_name = '" + BulkPriority.GROUP + "'"))
                .isEqualTo("0");
    }

    private Database open(String user, String password) {
        return Databases.open(bench.profile(user, password), 2, FaultPoints.NONE);
    }

    private void copyAll(Database own) {
        RowKey highest = own.copier(plan).highestKey().orElseThrow();
        own.copier(plan).copy(bench.segment(plan, highest), new KeyRange(null, highest), true, keys -> {});
    }

    /** Of the sessions that work on this test's tables for Shoofly. */
    private List<String> groups(String statement) throws SQLException {
        return bench.rows("SELECT t.resource_group FROM performance_schema.threads t"
                + " JOIN performance_schema.session_connect_attrs a ON a.processlist_id = t.processlist_id"
                + " WHERE a.attr_name = 'program_name' AND a.attr_value = '" + MySqlSession.PROGRAM + "'"
                + " AND t.processlist_db = '" + bench.schema() + "' AND COALESCE(t.processlist_info, '') LIKE '"
                + statement + "'");
    }
}
