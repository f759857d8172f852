package dev.shoofly.database.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.ChangeLog;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Transactions that wrote the table before its changes were published and go on afterwards. */
class LateWriterIT {
    private static DatabaseServer server;
    private static Lab lab;

    @BeforeAll
    static void open() throws SQLException {
        server = TestServers.dedicatedPostgres(PostgresVersion.V15, Map.of("max_prepared_transactions", "5"));
        lab = Lab.open(server, point -> {});
    }

    @AfterAll
    static void close() throws SQLException {
        lab.close();
        server.close();
    }

    private static ChangeLog impatient() {
        return new PostgresChangeLog(
                new ConnectionPool(
                        lab.profile(), "impatient", 2, PostgresSession.STATEMENTS, PostgresSession.driverProperties()),
                Duration.ofMillis(300));
    }

    @Test
    void openingTheLogWaitsForAWriterThatWasThereBefore() throws Exception {
        lab.run("CREATE TABLE t (id int PRIMARY KEY)");
        MigrationPlan plan = lab.prepare("t", "ALTER id TYPE bigint");
        CompletableFuture<Void> opening;
        try (Connection writer = lab.connect();
                Statement statement = writer.createStatement()) {
            writer.setAutoCommit(false);
            statement.execute("INSERT INTO t VALUES (1)");
            opening = CompletableFuture.runAsync(() -> lab.database.changeLog().open(plan));
            Waits.until(() -> lab.value("SELECT count(*) FROM pg_publication").equals("1"));
            statement.execute("INSERT INTO t VALUES (2)");
            assertThat(opening).isNotDone();
            writer.commit();
        }
        opening.get();
        assertThat(lab.value("SELECT count(*) FROM t")).as("the copy sees both").isEqualTo("2");
        assertThat(lab.database.changeLog().brokenBecause(plan)).isEmpty();
        lab.database.changeLog().open(plan);
        lab.database.changeLog().close(plan.id(), plan.source());
        assertThat(lab.database.changeLog().brokenBecause(plan))
                .hasValueSatisfying(reason -> assertThat(reason).contains("is gone"));
        lab.database.changeLog().close(plan.id(), plan.source());
    }

    @Test
    void aPreparedTransactionIsWaitedForEvenWhenTheSlotIsThereAlready() throws Exception {
        lab.run("CREATE TABLE p (id int PRIMARY KEY)");
        MigrationPlan plan = lab.prepare("p", "ALTER id TYPE bigint");
        lab.value("SELECT pg_create_logical_replication_slot('" + ChangeLog.slot(plan.id()) + "', 'pgoutput')");
        lab.run("BEGIN; INSERT INTO p VALUES (1); PREPARE TRANSACTION 'held up'");
        ChangeLog impatient = impatient();
        assertThatThrownBy(() -> impatient.open(plan)).hasMessageContaining("prepared transaction 'held up'");
        lab.run("COMMIT PREPARED 'held up'");
        impatient.open(plan);
        impatient.close(plan.id(), plan.source());
    }

    @Test
    void theTimeOutOfTheSlotNamesTheTransactionThatHoldsItUp() throws Exception {
        lab.run("CREATE TABLE q (id int PRIMARY KEY)", "CREATE TABLE elsewhere (id int)");
        MigrationPlan plan = lab.prepare("q", "ALTER id TYPE bigint");
        try (Connection writer = lab.connect();
                Statement statement = writer.createStatement()) {
            writer.setAutoCommit(false);
            statement.execute("INSERT INTO elsewhere VALUES (1)");
            ChangeLog impatient = impatient();
            assertThatThrownBy(() -> impatient.open(plan)).hasMessageContaining("idle in transaction");
            assertThat(lab.value("SELECT count(*) FROM pg_replication_slots")).isEqualTo("0");
            impatient.close(plan.id(), plan.source());
        }
    }
}
