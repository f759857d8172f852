package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.shoofly.database.Database;
import dev.shoofly.database.Databases;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rows are copied and compared in a resource group that yields, where there is one; everything else stays outside. */
class BulkPriorityIT {
    private static final String OUTSIDE = "USR_default";
    private static final String WAITING =
            " AND t.thread_id IN (SELECT requesting_thread_id FROM performance_schema.data_lock_waits)";

    private Bench bench;
    private MigrationPlan plan;

    @BeforeEach
    void prepare() throws SQLException {
        bench = Bench.open();
        bench.sql(
                "CREATE RESOURCE GROUP " + BulkPriority.GROUP + " TYPE = USER THREAD_PRIORITY = 10",
                "CREATE TABLE t (id int PRIMARY KEY, a varchar(20) NOT NULL)",
                "INSERT INTO t VALUES (1, 'one'), (2, 'two'), (3, 'three')");
        assumeTrue(groupsWork(), "the server may not use groups: its processors are confined");
        plan = bench.prepare("t", "ADD COLUMN b int NOT NULL DEFAULT 1");
    }

    private boolean groupsWork() throws SQLException {
        try (Connection connection = bench.connect()) {
            Bench.execute(connection, "SET RESOURCE GROUP " + BulkPriority.GROUP);
            return true;
        } catch (SQLException e) {
            return false;
        }
    }

    @AfterEach
    void close() throws SQLException {
        bench.sql("DROP RESOURCE GROUP " + BulkPriority.GROUP + " FORCE");
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
        assertThat(groupOfACopysInsert(bench.database())).isEqualTo(BulkPriority.GROUP);
        assertThat(groups("%")).containsOnly(OUTSIDE);
    }

    @Test
    void copiesOutsideOfItWithoutThePrivilege() throws Exception {
        bench.sql(
                "CREATE USER IF NOT EXISTS modest IDENTIFIED BY 'modest'",
                "GRANT ALL ON " + bench.schema() + ".* TO modest",
                "GRANT ALL ON shoofly.* TO modest");
        try (Database own = open("modest", "modest")) {
            assertThat(groupOfACopysInsert(own)).isEqualTo(OUTSIDE);
            assertThat(own.comparer(plan).compare(KeyRange.ALL).equal()).isTrue();
        }
    }

    @Test
    void thePrivilegeToUseGroupsSuffices() throws Exception {
        bench.sql(
                "CREATE USER IF NOT EXISTS grouped IDENTIFIED BY 'grouped'",
                "GRANT ALL ON " + bench.schema() + ".* TO grouped",
                "GRANT ALL ON shoofly.* TO grouped",
                "GRANT RESOURCE_GROUP_USER ON *.* TO grouped");
        try (Database own = open("grouped", "grouped")) {
            assertThat(groupOfACopysInsert(own)).isEqualTo(BulkPriority.GROUP);
        }
    }

    @Test
    void copiesOutsideOfItWhenAnOperatorHasDisabledIt() throws Exception {
        bench.sql("ALTER RESOURCE GROUP " + BulkPriority.GROUP + " DISABLE FORCE");
        try (Database own = openAsSuperuser()) {
            assertThat(groupOfACopysInsert(own)).isEqualTo(OUTSIDE);
        }
    }

    @Test
    void anApplicationThatGetsTheThreadOfAnEndedSessionIsNotSlowedDown() throws Exception {
        String thread;
        try (Database own = openAsSuperuser()) {
            own.comparer(plan).compare(KeyRange.ALL);
            thread = bench.value("SELECT thread_os_id FROM performance_schema.threads WHERE resource_group = '"
                    + BulkPriority.GROUP + "'");
        }
        List<Connection> applications = new ArrayList<>();
        try {
            // Threads wait for the next sessions in a cache of the server.
            Bench.await(() -> {
                Connection application = bench.connect();
                applications.add(application);
                return Bench.rows(
                                application,
                                "SELECT thread_os_id FROM performance_schema.threads WHERE processlist_id = CONNECTION_ID()")
                        .equals(List.of(thread));
            });
            assertThat(bench.value(
                            "SELECT resource_group FROM performance_schema.threads WHERE thread_os_id = " + thread))
                    .isEqualTo(OUTSIDE);
            for (String nice : niceOf(thread)) {
                assertThat(nice).isEqualTo("0");
            }
        } finally {
            for (Connection application : applications) {
                application.close();
            }
        }
    }

    /** Empty where the server's threads cannot be seen: in a container. */
    private static List<String> niceOf(String thread) throws Exception {
        List<String> found = new ArrayList<>();
        try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
            for (Path process : processes.toList()) {
                Path stat = process.resolve("task").resolve(thread).resolve("stat");
                if (Files.exists(stat)
                        && Files.readString(process.resolve("comm")).strip().equals("mysqld")) {
                    String fields = Files.readString(stat);
                    found.add(fields.substring(fields.lastIndexOf(')') + 2).split(" ")[16]);
                }
            }
        }
        return found;
    }

    /** While it waits for a row of the shadow that somebody else has written; all rows are copied when this returns. */
    private String groupOfACopysInsert(Database own) throws Exception {
        String shadow = plan.shadow().table();
        List<String> group = new ArrayList<>();
        try (Connection other = bench.connect()) {
            other.setAutoCommit(false);
            Bench.execute(other, "INSERT INTO " + shadow + " (id, a) VALUES (2, 'in the way')");
            CompletableFuture<Void> copying = CompletableFuture.runAsync(() -> copyAll(own));
            Bench.await(() -> {
                // The server shows the text before it has put the statement into the group; by the time of the wait it
                // has.
                group.addAll(groups("INSERT%", WAITING));
                return !group.isEmpty();
            });
            other.rollback();
            copying.get(30, TimeUnit.SECONDS);
        }
        assertThat(bench.value("SELECT count(*) FROM " + shadow)).isEqualTo("3");
        return group.get(0);
    }

    private Database openAsSuperuser() {
        DatabaseServer server = TestServers.mysql();
        return open(server.user(), server.password());
    }

    private Database open(String user, String password) {
        return Databases.open(bench.profile(user, password), 2, FaultPoints.NONE);
    }

    private void copyAll(Database own) {
        RowKey highest = own.copier(plan).highestKey().orElseThrow();
        own.copier(plan).copy(bench.segment(plan, highest), new KeyRange(null, highest), true, keys -> {});
    }

    /** Of the sessions that work on this test's tables for Shoofly and run such a statement now; '%': or none. */
    private List<String> groups(String statement) throws SQLException {
        return groups(statement, "");
    }

    private List<String> groups(String statement, String condition) throws SQLException {
        return bench.rows("SELECT t.resource_group FROM performance_schema.threads t"
                + " JOIN performance_schema.session_connect_attrs a ON a.processlist_id = t.processlist_id"
                + " WHERE a.attr_name = 'program_name' AND a.attr_value = '" + MySqlSession.PROGRAM + "'"
                + " AND t.processlist_db = '" + bench.schema() + "' AND COALESCE(t.processlist_info, '') LIKE '"
                + statement + "'" + condition);
    }
}
