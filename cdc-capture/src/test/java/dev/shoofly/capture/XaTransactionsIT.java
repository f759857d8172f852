package dev.shoofly.capture;

import static dev.shoofly.capture.CaptureContract.keys;
import static dev.shoofly.capture.CaptureSettings.Start.FRESH;
import static dev.shoofly.capture.CaptureSettings.Start.RESUME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.XaTransaction;
import dev.shoofly.model.KeyType;
import dev.shoofly.servers.fixture.TestServers;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rows of XA transactions are logged before they are visible: their keys must come with the decision, not before. */
final class XaTransactionsIT {
    private final XaSession application = new XaSession(TestServers.mysql());
    private CaptureRig rig;
    private ChangesTopicReader topic;

    @BeforeEach
    void createTable() {
        rig = CaptureRig.create(
                TestServers.mysql(),
                TestServers.kafka(),
                CaptureContract.newName(),
                "(id bigint PRIMARY KEY, note varchar(100))",
                List.of(Plans.keyColumn("id", KeyType.INTEGER)),
                CaptureContract.PARTITIONS);
        topic = rig.topic();
    }

    @AfterEach
    void close() throws Exception {
        rig.close();
    }

    @Test
    void keysComeWithTheCommitOrTheRollbackAndNameTheTransaction() throws Exception {
        rig.streaming(FRESH);
        String first = xid("first");
        String second = xid("second");
        application.prepare(first, insert(1), "UPDATE " + rig.source() + " SET id = 2 WHERE id = 1");
        application.prepare(second, insert(3));
        rig.sql(insert(4));
        topic.awaitMarker(rig.marker());
        assertThat(topic.keys()).as("only what is visible").containsExactlyElementsOf(keys(4));

        application.decide("XA ROLLBACK " + second);
        topic.awaitMarker(rig.marker());
        assertThat(topic.distinctKeys()).isEqualTo(Set.copyOf(keys(4, 3)));

        application.decide("XA COMMIT " + first);
        topic.awaitMarker(rig.marker());
        assertThat(topic.distinctKeys()).isEqualTo(Set.copyOf(keys(4, 3, 1, 2)));
        String executed = rig.query("SELECT @@gtid_executed").get(0);
        assertThat(topic.dirtyKeys().stream()
                        .map(each -> each.transaction())
                        .filter(XaTransaction::isIn)
                        .map(XaTransaction::of))
                .hasSize(3)
                .allSatisfy(each -> assertThat(each.gtid()).startsWith(executed.substring(0, 36)))
                .anySatisfy(
                        each -> assertThat(each.xid()).isEqualTo("X'" + hex("first") + "',X'" + hex("branch") + "',7"));
    }

    @Test
    void keysOfOneThatIsCommittedAtOnceComeByThemselves() throws Exception {
        rig.streaming(FRESH);
        application.commitAtOnce(xid("at once"), insert(1));
        topic.awaitMarker(rig.marker());
        assertThat(topic.dirtyKeys())
                .singleElement()
                .satisfies(each ->
                        assertThat(XaTransaction.isIn(each.transaction())).isFalse());
    }

    @Test
    void aRestartBetweenPrepareAndCommitForgetsNoKey() throws Exception {
        CaptureEngine engine = rig.streaming(FRESH);
        application.prepare(xid("held"), insert(1));
        rig.sql(insert(2));
        topic.awaitMarker(rig.marker());
        // Many a later transaction must not carry the position past the prepared one.
        rig.sql(insert(3));
        topic.awaitMarker(rig.marker());
        engine.close();

        CaptureEngine second = rig.streaming(RESUME);
        topic.awaitMarker(rig.marker());
        assertThat(topic.distinctKeys()).isEqualTo(Set.copyOf(keys(2, 3)));
        second.close();
        application.decide("XA COMMIT " + xid("held"));
        rig.streaming(RESUME);
        topic.awaitMarker(rig.marker());
        assertThat(topic.distinctKeys()).isEqualTo(Set.copyOf(keys(1, 2, 3)));
    }

    @Test
    void compressedOnesAreHeldAsWell() throws Exception {
        rig.streaming(FRESH);
        rig.sql("SET GLOBAL binlog_transaction_compression = ON");
        try {
            application.prepare(xid("small"), insert(1), insert(2));
        } finally {
            rig.sql("SET GLOBAL binlog_transaction_compression = OFF");
        }
        rig.sql(insert(3));
        topic.awaitMarker(rig.marker());
        assertThat(topic.keys()).containsExactlyElementsOf(keys(3));
        application.decide("XA COMMIT " + xid("small"));
        topic.awaitMarker(rig.marker());
        assertThat(topic.distinctKeys()).isEqualTo(Set.copyOf(keys(1, 2, 3)));
    }

    private String insert(int id) {
        return "INSERT INTO " + rig.source() + " VALUES (" + id + ", 'n')";
    }

    private static String xid(String name) {
        return "'" + name + "','branch',7";
    }

    private static String hex(String text) {
        StringBuilder hex = new StringBuilder();
        text.chars().forEach(c -> hex.append(Integer.toHexString(c)));
        return hex.toString();
    }
}
