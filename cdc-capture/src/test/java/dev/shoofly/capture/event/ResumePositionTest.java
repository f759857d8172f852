package dev.shoofly.capture.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.junit.jupiter.api.Test;

final class ResumePositionTest {
    private final ResumePosition<String> position = new ResumePosition<>();

    @Test
    void aRowIsSafeOnceTheNextTransactionHasBegun() {
        pass("t1 row 1", mySqlRow("1", 1));
        pass("t1 row 2", mySqlRow("1", 2));
        assertThat(position.take()).isNull();
        pass("t2 row 1", mySqlRow("1-2", 1));
        assertThat(position.take()).isEqualTo("t1 row 2");
        assertThat(position.take()).isNull();
    }

    @Test
    void transactionsAreToldApartOverBatches() {
        pass("t1", postgresRow(1, "INSERT"));
        position.take();
        pass("t2", postgresRow(2, "INSERT"));
        assertThat(position.take()).isEqualTo("t1");
    }

    @Test
    void aHeartbeatBetweenTransactionsIsSafeItself() {
        pass("row", postgresRow(1, "INSERT"));
        pass("heartbeat", postgresRow(1, "COMMIT"));
        assertThat(position.take()).isEqualTo("heartbeat");
    }

    @Test
    void aHeartbeatInsideATransactionIsNot() {
        pass("row", postgresRow(1, "INSERT"));
        pass("heartbeat", postgresRow(1, "INSERT"));
        assertThat(position.take()).isNull();
    }

    @Test
    void aMySqlHeartbeatBetweenTransactionsIsSafeItself() {
        pass("row", mySqlRow("1", 2));
        Map<String, Object> offset = mySqlRow("1-2", 0);
        offset.remove("event");
        offset.remove("row");
        pass("heartbeat", offset);
        assertThat(position.take()).isEqualTo("heartbeat");
    }

    @Test
    void aDefinitionIsSafeOnceTheNextTransactionHasBegunForItsStatementMayHaveMore() {
        Map<String, Object> offset = mySqlRow("1", 0);
        offset.remove("event");
        offset.remove("row");
        passDefinition("source becomes old", offset);
        assertThat(position.take()).isNull();
        passDefinition("shadow becomes source", offset);
        assertThat(position.take()).isNull();
        pass("row", mySqlRow("1-2", 1));
        assertThat(position.take()).isEqualTo("shadow becomes source");
    }

    @Test
    void nothingIsSafeWhileTheFirstReadIsGoingOn() {
        Map<String, Object> offset = mySqlRow("1", 0);
        offset.remove("event");
        offset.remove("row");
        offset.put("snapshot", "INITIAL");
        pass("definition", offset);
        pass("another definition", offset);
        pass("row", mySqlRow("1-2", 1));
        assertThat(position.take()).isNull();
    }

    @Test
    void theServersPositionBeforeTheFirstMessageIsNotTheSlots() {
        Map<String, Object> offset = postgresRow(1, "COMMIT");
        offset.remove("lsn_proc");
        pass("heartbeat", offset);
        pass("row", postgresRow(2, "INSERT"));
        assertThat(position.take()).isNull();
    }

    private void passDefinition(String carrier, Map<String, Object> offset) {
        Schema schema = SchemaBuilder.struct().name("server.SchemaChangeValue").build();
        position.pass(carrier, new SourceRecord(Map.of(), offset, "topic", schema, new Struct(schema)));
    }

    private void pass(String carrier, Map<String, Object> offset) {
        position.pass(carrier, new SourceRecord(Map.of(), offset, "topic", null, null));
    }

    private static Map<String, Object> mySqlRow(String gtids, int row) {
        return new HashMap<>(Map.of("file", "binlog.1", "pos", 4L, "gtids", gtids, "event", 2L, "row", row));
    }

    private static Map<String, Object> postgresRow(long transaction, String messageType) {
        return new HashMap<>(Map.of("lsn", 100L, "lsn_proc", 90L, "txId", transaction, "messageType", messageType));
    }
}
