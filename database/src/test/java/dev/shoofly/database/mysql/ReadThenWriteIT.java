package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A transaction that has read the table and now writes it while a request for the table's lock is pending is the victim of
 * a deadlock, always. So no request is made beside one, and one that slips in is seen before it writes.
 */
class ReadThenWriteIT {
    private static final String REQUEST = "LOCK TABLES other WRITE, t WRITE";
    private static final Duration VERY_LONG = Duration.ofSeconds(60);
    private Bench bench;
    private Connection locking;
    private Connection observing;
    private Connection application;
    private MySqlBlockers blockers;

    @BeforeEach
    void open() throws SQLException {
        bench = Bench.open();
        bench.sql(
                "CREATE TABLE t (id INT PRIMARY KEY, v INT)",
                "CREATE TABLE other (id INT)",
                "INSERT INTO t VALUES (1, 1)");
        locking = MySqlSession.connectForSeries(bench.database().profile());
        // The server's own patience must not do the watchdog's work.
        Bench.execute(locking, "SET SESSION lock_wait_timeout = 100");
        locking.setAutoCommit(false);
        observing = MySqlSession.connect(bench.database().profile());
        application = bench.connect();
        application.setAutoCommit(false);
        blockers = new MySqlBlockers(new TableName(bench.schema(), "t"));
    }

    @AfterEach
    void close() throws SQLException {
        application.close();
        observing.close();
        locking.close();
        bench.close();
    }

    @Test
    void theStatementBeforeTheRequestFailsWhileSomebodyMayStillWriteWhatItHasRead() throws Exception {
        Bench.rows(application, "SELECT v FROM t");
        assertThatThrownBy(() -> blockers.refusalOfReaders().update(locking))
                .isInstanceOfSatisfying(
                        SQLException.class,
                        e -> assertThat(MySqlErrors.isOverflow(e)).isTrue());
        Bench.execute(application, "UPDATE t SET v = 2");
        assertThatCode(() -> blockers.refusalOfReaders().update(locking)).doesNotThrowAnyException();
        application.commit();
    }

    @Test
    void aReaderThatSlipsInBetweenLookAndRequestIsSeenBeforeItWrites() throws Exception {
        SqlText blind = SqlText.of("DO SLEEP(0.5)");
        try (MySqlTableLock lock = new MySqlTableLock(locking, observing, blockers, blind)) {
            CompletableFuture<Boolean> granted = CompletableFuture.supplyAsync(() -> request(lock, VERY_LONG));
            Bench.await(() -> bench.value(
                            "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%SLEEP(0.5)%'"
                                    + " AND state = 'User sleep'")
                    .equals("1"));
            Bench.rows(application, "SELECT v FROM t");

            assertThat(granted.get(20, TimeUnit.SECONDS)).isFalse();
            assertThat(blockers.pending(observing, session()).requested()).isFalse();

            Bench.execute(application, "UPDATE t SET v = 2");
            application.commit();
            assertThat(request(lock, VERY_LONG))
                    .as("nothing of the kill is left")
                    .isTrue();
            ConnectionPool.execute(locking, "UNLOCK TABLES");
        }
    }

    @Test
    void aRequestThatIsNotGrantedIsWithdrawnWithinItsTime() throws Exception {
        Bench.execute(application, "UPDATE t SET v = 2");
        try (MySqlTableLock lock = new MySqlTableLock(locking, observing, blockers)) {
            assertThat(request(lock, Duration.ofMillis(20))).isFalse();
            assertThat(blockers.pending(observing, session()).requested()).isFalse();
            application.commit();
            assertThat(request(lock, VERY_LONG)).isTrue();
            ConnectionPool.execute(locking, "UNLOCK TABLES");
        }
    }

    @Test
    void theApplicationIsNotHeldUpAgainAndAgainForATransactionThatLasts() throws Exception {
        Bench.execute(application, "UPDATE t SET v = 2");
        try (MySqlTableLock lock = new MySqlTableLock(locking, observing, blockers)) {
            bench.forgetStatements();
            long before = requests();
            assertThat(lock.acquire(REQUEST, Duration.ofSeconds(2)))
                    .isPresent()
                    .get()
                    .asString()
                    .contains("uses ");
            assertThat(requests() - before).as("requests in two seconds").isBetween(1L, 4L);
        }
        application.commit();
    }

    private boolean request(MySqlTableLock lock, Duration patience) {
        try {
            return lock.request(REQUEST, patience);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    private long requests() throws SQLException {
        return Long.parseLong(bench.value("SELECT COALESCE(SUM(count_star), 0)"
                + " FROM performance_schema.events_statements_summary_by_digest WHERE schema_name = '" + bench.schema()
                + "' AND digest_text LIKE 'LOCK TABLES%'"));
    }

    private long session() throws SQLException {
        return Long.parseLong(Bench.rows(locking, "SELECT CONNECTION_ID()").get(0));
    }
}
