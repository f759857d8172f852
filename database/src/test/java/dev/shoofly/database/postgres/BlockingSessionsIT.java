package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.BlockingSession;
import dev.shoofly.database.Database;
import dev.shoofly.database.TableSwap;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.MigrationPlan;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whoever is ended for the swap is a session of the application that holds the table, and nobody else. */
class BlockingSessionsIT {
    private Lab lab;
    private MigrationPlan plan;
    private TableSwap swap;

    @BeforeEach
    void prepared() throws SQLException {
        lab = Lab.open();
        lab.run("CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (1)");
        plan = lab.prepare("t", "ALTER id TYPE bigint");
        swap = lab.database.swap(plan);
    }

    @AfterEach
    void close() throws SQLException {
        lab.close();
    }

    private Connection holding(String program) throws SQLException {
        Connection connection = lab.connect();
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET application_name = '" + program + "'");
        }
        connection.setAutoCommit(false);
        count(connection);
        return connection;
    }

    private static void count(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.executeQuery("SELECT count(*) FROM t").close();
        }
    }

    private static long number(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_backend_pid()")) {
            row.next();
            return row.getLong(1);
        }
    }

    private Optional<BlockingSession> find(long number) {
        return swap.blockingSessions(swap.completionPoint()).stream()
                .filter(found -> found.number() == number)
                .findFirst();
    }

    @Test
    void endsTheApplicationsSessionsAndNobodyElses() throws Exception {
        try (Connection idle = holding("checkout");
                Connection next = holding("checkout");
                Connection backup = holding("pg_dump");
                Connection ours = holding("shoofly")) {
            assertThat(swap.blockingSessions(swap.completionPoint()))
                    .extracting(BlockingSession::number)
                    .contains(number(idle), number(next))
                    .doesNotContain(number(backup), number(ours));
            BlockingSession seen = find(number(idle)).orElseThrow();
            assertThat(seen.isIdle()).isTrue();
            assertThat(seen.words())
                    .contains("session " + seen.number(), "idle in transaction")
                    .doesNotContain("SELECT");

            BlockingSession earlier = find(number(next)).orElseThrow();
            next.commit();
            count(next);
            assertThat(swap.end(earlier))
                    .as("another transaction than the one that was seen")
                    .isEmpty();
            count(next);

            assertThat(swap.end(seen)).isEmpty();
            assertThatThrownBy(() -> count(idle)).isInstanceOf(SQLException.class);
            Waits.until(() -> find(seen.number()).isEmpty());
            count(backup);
            count(ours);
        }
    }

    @Test
    void saysWhichPrivilegeIsMissingAndEndsNobodyItMayNotSee() throws Exception {
        String weak = "weak_" + lab.databaseName;
        lab.run("CREATE ROLE " + weak + " LOGIN PASSWORD 'pw'");
        try (Connection idle = holding("checkout");
                Database limited = new PostgresDatabase(lab.profile(weak, "pw"), 3, FaultPoints.NONE)) {
            BlockingSession hidden = limited.swap(plan).blockingSessions(swap.completionPoint()).stream()
                    .filter(found -> found.user().equals(lab.profile().user()))
                    .findFirst()
                    .orElseThrow();
            assertThat(hidden.visible()).isFalse();
            assertThat(hidden.isIdle()).isFalse();
            assertThat(limited.swap(plan).end(hidden))
                    .hasValueSatisfying(why -> assertThat(why).contains("GRANT pg_read_all_stats"));
            lab.run("GRANT pg_read_all_stats TO " + weak);
            BlockingSession seen = limited.swap(plan).blockingSessions(swap.completionPoint()).stream()
                    .filter(BlockingSession::visible)
                    .findFirst()
                    .orElseThrow();
            assertThat(limited.swap(plan).end(seen))
                    .hasValueSatisfying(why -> assertThat(why).contains("may not end it", "42501"));
            count(idle);
        } finally {
            lab.run("DROP ROLE " + weak);
        }
    }
}
