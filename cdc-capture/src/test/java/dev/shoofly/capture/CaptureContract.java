package dev.shoofly.capture;

import static dev.shoofly.capture.CaptureSettings.Start.FRESH;
import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.model.KeyType;
import dev.shoofly.model.RowKey;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.KafkaBroker;
import dev.shoofly.servers.fixture.TestServers;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the capture promises, whatever the server. */
abstract class CaptureContract {
    private static final int PARTITIONS = 4;
    protected CaptureRig rig;

    /** The server to capture from. */
    protected abstract DatabaseServer server();

    protected KafkaBroker kafka() {
        return TestServers.kafka();
    }

    @BeforeEach
    void createTable() throws Exception {
        String table = "orders_" + Integer.toString(new Random().nextInt(1 << 30), 36);
        rig = rig(table, "CREATE TABLE " + table + " (id bigint PRIMARY KEY, note varchar(100))");
    }

    protected CaptureRig rig(String table, String ddl) throws Exception {
        try (var connection =
                        java.sql.DriverManager.getConnection(server().jdbcUrl(), server().user(), server().password());
                var statement = connection.createStatement()) {
            statement.execute(ddl);
        }
        return new CaptureRig(
                server(), kafka(), table, List.of(CaptureRig.keyColumn("id", KeyType.INTEGER)), PARTITIONS);
    }

    @AfterEach
    void close() throws Exception {
        rig.close();
    }

    @Test
    void carriesInsertUpdateDeleteAndKeyUpdate() {
        rig.streaming(FRESH);
        String t = rig.source();
        rig.sql("INSERT INTO " + t + " VALUES (1,'a'),(2,'b'),(3,'c')");
        rig.sql("UPDATE " + t + " SET note = 'x' WHERE id = 1");
        rig.sql("DELETE FROM " + t + " WHERE id = 2");
        rig.sql("UPDATE " + t + " SET id = 30 WHERE id = 3");
        ChangesTopicReader topic = rig.topic();
        topic.awaitMarker(rig.marker());

        assertThat(topic.keys())
                .containsExactlyInAnyOrder(
                        RowKey.of("1"),
                        RowKey.of("2"),
                        RowKey.of("3"),
                        RowKey.of("1"),
                        RowKey.of("2"),
                        RowKey.of("3"),
                        RowKey.of("30"));
        topic.assertPartitionsRight();
    }
}
