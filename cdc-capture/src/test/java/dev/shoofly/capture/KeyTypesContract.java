package dev.shoofly.capture;

import static dev.shoofly.capture.CaptureSettings.Start.FRESH;
import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.model.KeyText;
import dev.shoofly.model.KeyType;
import dev.shoofly.model.RowKey;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The captured text of every key type is the text that a query gives: through insert, update and delete. */
abstract class KeyTypesContract {

    /**
     * @param type of the column in SQL
     * @param select the expression over {@code k} by which the text is selected
     * @param literals SQL literals of distinct edge values
     */
    record Case(String type, KeyType keyType, String select, List<String> literals) {
        static Case of(String type, KeyType keyType, String select, String... literals) {
            return new Case(type, keyType, select, List.of(literals));
        }

        @Override
        public String toString() {
            return type;
        }
    }

    protected abstract DatabaseServer server();

    /** Before the rows are inserted. */
    protected List<String> sessionSettings() {
        return List.of();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void theTextFromTheLogIsTheTextFromTheQuery(Case each) throws Exception {
        try (CaptureRig rig = CaptureRig.create(
                server(),
                TestServers.kafka(),
                CaptureContract.newName(),
                "(k " + each.type() + " NOT NULL PRIMARY KEY, note int)",
                List.of(Plans.keyColumn("k", each.keyType(), each.type(), each.type())),
                2)) {
            rig.streaming(FRESH);
            insert(rig, each);
            Set<RowKey> expected = new HashSet<>();
            for (String text : rig.query("SELECT " + each.select() + " FROM " + rig.source())) {
                expected.add(RowKey.of(KeyText.canonical(each.keyType(), text)));
            }
            ChangesTopicReader topic = rig.topic();
            topic.awaitMarker(rig.marker());
            assertThat(topic.distinctKeys()).isEqualTo(expected).hasSameSizeAs(each.literals());

            topic.clear();
            rig.sql("UPDATE " + rig.source() + " SET note = 2");
            topic.awaitMarker(rig.marker());
            assertThat(topic.distinctKeys()).isEqualTo(expected);

            topic.clear();
            rig.sql("DELETE FROM " + rig.source());
            topic.awaitMarker(rig.marker());
            assertThat(topic.distinctKeys()).isEqualTo(expected);
        }
    }

    private void insert(CaptureRig rig, Case each) {
        Stream<String> inserts =
                each.literals().stream().map(value -> "INSERT INTO " + rig.source() + " VALUES (" + value + ", 1)");
        rig.transaction(Stream.concat(sessionSettings().stream(), inserts).toArray(String[]::new));
    }
}
