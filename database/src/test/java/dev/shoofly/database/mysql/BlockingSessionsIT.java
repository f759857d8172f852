package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.BlockingSession;
import dev.shoofly.database.Database;
import dev.shoofly.database.Databases;
import dev.shoofly.database.TableSwap;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whoever is ended for the swap is a session of the application that holds the table, and nobody else. */
class BlockingSessionsIT {
    private Bench bench;
    private MigrationPlan plan;
    private TableSwap swap;

    @BeforeEach
    void prepared() throws SQLException {
        bench = Bench.open();
        bench.sql("CREATE TABLE t (id INT PRIMARY KEY, v INT)", "INSERT INTO t VALUES (1, 1)");
        plan = bench.prepare("t", "MODIFY v BIGINT");
        swap = bench.database().swap(plan);
    }

    @AfterEach
    void close() throws SQLException {
        bench.close();
    }

    private static Connection holding(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        Bench.rows(connection, "SELECT * FROM t");
        return connection;
    }

    private static long number(Connection connection) throws SQLException {
        return Long.parseLong(Bench.rows(connection, "SELECT CONNECTION_ID()").get(0));
    }

    private Optional<BlockingSession> find(long number) {
        return swap.blockingSessions(swap.completionPoint()).stream()
                .filter(found -> found.number() == number)
                .findFirst();
    }

    @Test
    void endsTheApplicationsSessionsAndNobodyElses() throws Exception {
        try (Connection idle = holding(bench.connect());
                Connection next = holding(bench.connect());
                Connection backup = holding(DriverManager.getConnection(
                        bench.url() + "&connectionAttributes=program_name:mysqldump", user(), password()));
                Connection ours = holding(MySqlSession.connect(bench.profile(user(), password())))) {
            assertThat(swap.blockingSessions(swap.completionPoint()))
                    .extracting(BlockingSession::number)
                    .contains(number(idle), number(next))
                    .doesNotContain(number(backup), number(ours));
            long number = number(idle);
            Bench.await(() -> find(number).orElseThrow().isIdle());
            BlockingSession seen = find(number).orElseThrow();
            assertThat(seen.words())
                    .contains("session " + number, user() + "@", "idle in transaction")
                    .doesNotContain("SELECT");

            BlockingSession earlier = find(number(next)).orElseThrow();
            next.commit();
            Bench.rows(next, "SELECT * FROM t");
            assertThat(swap.end(earlier))
                    .as("another transaction than the one that was seen")
                    .isEmpty();
            assertThat(number(next)).isPositive();

            assertThat(swap.end(seen)).isEmpty();
            assertThatThrownBy(() -> Bench.rows(idle, "SELECT * FROM t")).isInstanceOf(SQLException.class);
            Bench.await(() -> find(number).isEmpty());
            assertThat(number(backup)).isPositive();
            assertThat(number(ours)).isPositive();
        }
    }

    @Test
    void saysWhichPrivilegeIsMissing() throws Exception {
        String user = "weak_" + bench.schema();
        bench.sql(
                "CREATE USER '" + user + "'@'%' IDENTIFIED BY 'pw'",
                "GRANT ALL ON " + bench.schema() + ".* TO '" + user + "'@'%'",
                "GRANT PROCESS ON *.* TO '" + user + "'@'%'",
                "GRANT SELECT ON performance_schema.* TO '" + user + "'@'%'");
        try (Connection idle = holding(bench.connect());
                Database weak = Databases.open(bench.profile(user, "pw"), 3, FaultPoints.NONE)) {
            BlockingSession seen = find(number(idle)).orElseThrow();
            assertThat(weak.swap(plan).end(seen))
                    .hasValueSatisfying(why -> assertThat(why).contains("CONNECTION_ADMIN", user));
            assertThat(Bench.rows(idle, "SELECT id FROM t")).isEqualTo(List.of("1"));
        } finally {
            bench.sql("DROP USER '" + user + "'@'%'");
        }
    }

    private static String user() {
        return TestServers.mysql().user();
    }

    private static String password() {
        return TestServers.mysql().password();
    }
}
