package dev.shoofly.capture;

import static dev.shoofly.capture.CaptureSettings.Start.FRESH;
import static dev.shoofly.capture.CaptureSettings.Start.RESUME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.util.Map;
import java.util.Set;
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

    @Test
    void keysOfAPreparedTransactionComeWithItsCommitAlsoAfterARestart() throws Exception {
        XaSession application = new XaSession(server);
        ChangesTopicReader topic = rig.topic();
        CaptureEngine engine = rig.streaming(FRESH);
        application.prepare(
                "'x'",
                "INSERT INTO " + rig.source() + " VALUES (1,'a'),(2,'b')",
                "INSERT INTO " + rig.source() + " VALUES (3,'c')");
        insert(4, 4);
        topic.awaitMarker(rig.marker());
        assertThat(topic.keys()).containsExactlyElementsOf(keys(4));
        engine.close();
        rig.streaming(RESUME);
        application.decide("XA COMMIT 'x'");
        topic.awaitMarker(rig.marker());
        assertThat(topic.distinctKeys()).isEqualTo(Set.copyOf(keys(1, 2, 3, 4)));
        assertThat(topic.dirtyKeys().stream().map(each -> each.transaction())).contains("@X'78',X'',1");
    }

    @Test
    void aRenameThatWasTheLastThingReadIsKnownAfterTheRestart() throws Exception {
        RenamedAtTheStop.check(server(), newName(), 1);
    }
}
