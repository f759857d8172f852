package dev.shoofly.capture;

import static dev.shoofly.capture.CaptureSettings.Start.FRESH;
import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Positions in files instead of GTIDs. */
final class MySqlWithoutGtidCaptureIT extends CaptureContract {
    private static DatabaseServer server;

    @BeforeAll
    static void startServer() {
        server = TestServers.dedicatedMySql(Map.of("gtid_mode", "OFF", "enforce_gtid_consistency", "OFF"));
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @Override
    protected DatabaseServer server() {
        return server;
    }

    @Test
    void changesNameNoTransaction() {
        rig.streaming(FRESH);
        insert(1, 1);
        ChangesTopicReader topic = rig.topic();
        topic.awaitMarker(rig.marker());
        assertThat(topic.dirtyKeys())
                .singleElement()
                .satisfies(each -> assertThat(each.transaction()).isEmpty());
    }
}
