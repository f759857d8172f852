package dev.shoofly.capture.connector;

import static org.assertj.core.api.Assertions.assertThat;

import io.debezium.connector.mysql.gtid.MySqlGtidSetFactory;
import io.debezium.connector.mysql.history.MySqlHistoryRecordComparator;
import io.debezium.relational.history.HistoryRecord;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Beside Debezium's own order, so that one sees what is different, and when that is no longer so. */
final class DefinitionOrderTest {
    private static final String A = "7a82b921-e9f1-11f1-9cf8-02fc00000001";
    private static final String B = "8a82b921-e9f1-11f1-9cf8-02fc00000001";
    private final MySqlHistoryRecordComparator debezium =
            new MySqlHistoryRecordComparator(null, new MySqlGtidSetFactory());
    private final DefinitionOrder order = new DefinitionOrder(debezium);

    @Test
    void aStatementUnderTheSetWithWhichReadingBeginsIsReadAgain() {
        Map<String, Object> statement = gtids(A + ":1-49");
        assertThat(isBefore(statement, gtids(A + ":1-49"))).isFalse();
        assertThat(isBefore(statement, gtids(A + ":1-50"))).isTrue();
        assertThat(isBefore(statement, gtids(A + ":1-48"))).isFalse();
        assertThat(debezium.isAtOrBefore(record(statement), record(gtids(A + ":1-49"))))
                .as("Debezium alone")
                .isTrue();
    }

    @Test
    void theSameSetInAnotherOrderIsTheSameSet() {
        assertThat(isBefore(gtids(A + ":1-5," + B + ":1-9"), gtids(B + ":1-9," + A + ":1-5")))
                .isFalse();
        assertThat(isBefore(gtids(A + ":1-5," + B + ":1-9"), gtids(B + ":1-9," + A + ":1-6")))
                .isTrue();
    }

    @Test
    void whatTheFirstReadingFoundIsInNoLog() {
        Map<String, Object> statement = gtids(A + ":1-49");
        statement.put("snapshot", "INITIAL");
        assertThat(isBefore(statement, gtids(A + ":1-49"))).isTrue();
    }

    @Test
    void withoutGtidsPositionsCountAndNotSeconds() {
        Map<String, Object> statement = file("binlog.000009", 500, 30);
        Map<String, Object> unnamed = file("binlog.000009", 400, 30);
        unnamed.remove("server_id");
        assertThat(isBefore(statement, unnamed)).isFalse();
        assertThat(debezium.isAtOrBefore(record(statement), record(unnamed)))
                .as("Debezium alone")
                .isTrue();
        assertThat(isBefore(statement, file("binlog.000009", 500, 29))).isTrue();
        assertThat(isBefore(statement, file("binlog.000010", 4, 29))).isTrue();
        assertThat(isBefore(file("binlog.999999", 4, 30), file("binlog.1000000", 4, 30)))
                .isTrue();
        assertThat(isBefore(statement, file("binlog.000008", 900, 31))).isFalse();
    }

    @Test
    void whatTheFirstReadingFoundIsNotForgottenBecauseItsClockWasLater() {
        Map<String, Object> first = file("binlog.000001", 100, 75);
        first.remove("server_id");
        first.put("snapshot", "INITIAL");
        Map<String, Object> start = file("binlog.000001", 180, 73);
        assertThat(isBefore(first, start)).isTrue();
    }

    @Test
    void positionsOfTwoServersAreNotCompared() {
        Map<String, Object> other = file("binlog.000001", 1, 31);
        other.put("server_id", 8);
        assertThat(isBefore(file("binlog.000009", 500, 30), other)).isTrue();
    }

    private boolean isBefore(Map<String, Object> statement, Map<String, Object> start) {
        return order.isAtOrBefore(record(statement), record(start));
    }

    private static HistoryRecord record(Map<String, Object> position) {
        return new HistoryRecord(Map.of("server", "s"), position, null, null, null, null, null);
    }

    private static Map<String, Object> gtids(String set) {
        Map<String, Object> position = file("binlog.000001", 100, 30);
        position.put("gtids", set);
        return position;
    }

    private static Map<String, Object> file(String name, long position, long second) {
        return new HashMap<>(Map.of("file", name, "pos", position, "ts_sec", second, "server_id", 7));
    }
}
