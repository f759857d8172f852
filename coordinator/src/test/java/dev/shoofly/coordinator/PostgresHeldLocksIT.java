package dev.shoofly.coordinator;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

class PostgresHeldLocksIT extends HeldLocksContract {
    private static final long REPORT_MILLIS = 300;
    private static final long PAUSE_MILLIS = 900;

    @Override
    DatabaseServer server() {
        return TestServers.postgres(PostgresVersion.V15);
    }

    @Override
    OrdersTable orders() {
        return OrdersTable.POSTGRES;
    }

    @Override
    SlowApplication.Dialect dialect() {
        return SlowApplication.Dialect.POSTGRES;
    }

    /** Reports on other tables, each with one snapshot: while one is under way, the cut-over stops the writers first. */
    @Override
    AutoCloseable beside() {
        CountDownLatch stop = new CountDownLatch(1);
        CompletableFuture<Void> reports = CompletableFuture.runAsync(() -> report(stop));
        return () -> {
            stop.countDown();
            reports.get(30, TimeUnit.SECONDS);
        };
    }

    private void report(CountDownLatch stop) {
        try (Connection connection =
                        DriverManager.getConnection(server().jdbcUrl(), server().user(), server().password());
                Statement statement = connection.createStatement()) {
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            connection.setAutoCommit(false);
            do {
                statement.executeQuery("SELECT count(*) FROM orders").close();
                stop.await(REPORT_MILLIS, TimeUnit.MILLISECONDS);
                connection.commit();
            } while (!stop.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS));
        } catch (SQLException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
