package dev.shoofly.benchmarks;

import com.github.shyiko.mysql.binlog.BinaryLogClient;
import com.github.shyiko.mysql.binlog.network.SSLMode;
import dev.shoofly.benchmarks.reference.ReferenceTable;
import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.ConnectionProfile;
import java.io.IOException;
import java.net.URI;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.postgresql.PGConnection;
import org.postgresql.PGProperty;
import org.postgresql.replication.PGReplicationStream;

/**
 * What no tool that reads the log can spare an application: the server sends every change to a session that forgets it. Nothing
 * is copied, queued or applied. In this process.
 */
final class LogReader implements AutoCloseable {
    /** Held, for what is set is forgotten with the logger. */
    private static final Logger DRIVER_LOG = Logger.getLogger(BinaryLogClient.class.getName());

    private static final String PUBLICATION = "shoofly_benchmark";
    private static final String SLOT = "shoofly_benchmark_reader";
    /** Not one that a migration takes. */
    private static final long SERVER_ID = 77;

    private static final long CONNECTS_WITHIN_MILLIS = 10_000;
    private static final int ACKNOWLEDGES_SECONDS = 1;

    private final AtomicLong events;
    private final Ending ending;

    /** Ends the session, and what was made for it. */
    @FunctionalInterface
    private interface Ending {
        void run() throws SQLException, IOException, InterruptedException;
    }

    private LogReader(AtomicLong events, Ending ending) {
        this.events = events;
        this.ending = ending;
    }

    /** @throws BenchmarkFailure when nothing has been sent since this was asked last, or ever */
    void requireReading() {
        if (events.getAndSet(0) == 0) {
            throw new BenchmarkFailure("the bare reader of the log was sent nothing: what it costs was not measured");
        }
    }

    /** @return when the server has begun to send */
    static LogReader start(BenchmarkServer server) throws SQLException, IOException, InterruptedException {
        return switch (server.kind()) {
            case MYSQL -> mysql(server);
            case POSTGRES -> postgres(server);
        };
    }

    private static LogReader mysql(BenchmarkServer server) throws IOException, InterruptedException {
        ConnectionProfile profile = server.profile();
        URI address = URI.create(profile.url().substring("jdbc:".length()));
        DRIVER_LOG.setLevel(Level.WARNING);
        BinaryLogClient client = new BinaryLogClient(
                address.getHost(),
                address.getPort(),
                profile.user(),
                profile.password().reveal());
        client.setServerId(SERVER_ID);
        client.setSSLMode(SSLMode.PREFERRED);
        client.setKeepAlive(false);
        AtomicLong events = new AtomicLong();
        client.registerEventListener(event -> events.incrementAndGet());
        try {
            client.connect(CONNECTS_WITHIN_MILLIS);
        } catch (TimeoutException e) {
            throw new BenchmarkFailure("the binary log was not sent within " + CONNECTS_WITHIN_MILLIS + " ms");
        }
        return new LogReader(events, client::disconnect);
    }

    private static LogReader postgres(BenchmarkServer server) throws SQLException {
        try (Connection connection = server.connect()) {
            ConnectionPool.execute(
                    connection, "CREATE PUBLICATION " + PUBLICATION + " FOR TABLE " + ReferenceTable.NAME);
        }
        Properties properties = new Properties();
        PGProperty.USER.set(properties, server.profile().user());
        PGProperty.PASSWORD.set(properties, server.profile().password().reveal());
        PGProperty.REPLICATION.set(properties, "database");
        PGProperty.PREFER_QUERY_MODE.set(properties, "simple");
        PGProperty.ASSUME_MIN_SERVER_VERSION.set(properties, "15");
        Connection session = DriverManager.getConnection(server.profile().url(), properties);
        PGConnection replication = session.unwrap(PGConnection.class);
        replication
                .getReplicationAPI()
                .createReplicationSlot()
                .logical()
                .withSlotName(SLOT)
                .withOutputPlugin("pgoutput")
                .withTemporaryOption()
                .make();
        PGReplicationStream stream = replication
                .getReplicationAPI()
                .replicationStream()
                .logical()
                .withSlotName(SLOT)
                .withSlotOption("proto_version", 1)
                .withSlotOption("publication_names", PUBLICATION)
                .withStatusInterval(ACKNOWLEDGES_SECONDS, TimeUnit.SECONDS)
                .start();
        AtomicLong events = new AtomicLong();
        Thread reading = new Thread(() -> forgetAll(stream, events), "benchmark-log-reader");
        reading.setDaemon(true);
        reading.start();
        return new LogReader(events, () -> {
            try (Connection connection = server.connect()) {
                session.close();
                reading.join();
                ConnectionPool.execute(connection, "DROP PUBLICATION " + PUBLICATION);
            }
        });
    }

    /** Until the session is closed. */
    private static void forgetAll(PGReplicationStream stream, AtomicLong events) {
        try {
            while (true) {
                stream.read();
                events.incrementAndGet();
                stream.setAppliedLSN(stream.getLastReceiveLSN());
                stream.setFlushedLSN(stream.getLastReceiveLSN());
            }
        } catch (SQLException e) {
            // Closed, which is how it ends.
        }
    }

    @Override
    public void close() throws SQLException, IOException, InterruptedException {
        ending.run();
    }
}
