package dev.shoofly.capture;

import static dev.shoofly.capture.CaptureSettings.Start.FRESH;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.shoofly.model.KeyText;
import dev.shoofly.model.KeyType;
import dev.shoofly.model.RowKey;
import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.fixture.TestServers;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The captured text of every key type is the text that a query gives: through insert, update and delete. */
abstract class KeyTypesContract {
    /** As many columns as MySQL lets a key have: an engine starts in a second, and most of a test's time is that. */
    private static final int KEY_COLUMNS = 16;

    /**
     * @param type of the column in SQL
     * @param select the expression by which the text is selected, %s being the column
     * @param literals SQL literals of distinct edge values
     */
    record Case(String type, KeyType keyType, String select, List<String> literals) {
        static Case of(String type, KeyType keyType, String select, String... literals) {
            return new Case(type, keyType, select, List.of(literals));
        }

        /** The value of a row; they begin again when there are more rows than values. */
        String literal(int row) {
            return literals.get(row % literals.size());
        }
    }

    protected abstract DatabaseServer server();

    protected abstract List<Case> cases();

    /** Before the rows are inserted. */
    protected List<String> sessionSettings() {
        return List.of();
    }

    @TestFactory
    Stream<DynamicTest> theTextFromTheLogIsTheTextFromTheQuery() {
        List<Case> all = cases();
        return IntStream.iterate(0, from -> from < all.size(), from -> from + KEY_COLUMNS)
                .mapToObj(from -> all.subList(from, Math.min(all.size(), from + KEY_COLUMNS)))
                .map(columns -> dynamicTest(names(columns), () -> captureAndCompare(columns)));
    }

    private static String names(List<Case> columns) {
        return columns.stream().map(Case::type).collect(joining(", "));
    }

    private void captureAndCompare(List<Case> columns) throws Exception {
        try (CaptureRig rig = CaptureRig.create(
                server(),
                TestServers.kafka(),
                CaptureContract.newName(),
                definition(columns),
                IntStream.range(0, columns.size())
                        .mapToObj(i -> Plans.keyColumn(
                                "k" + i,
                                columns.get(i).keyType(),
                                columns.get(i).type(),
                                columns.get(i).type()))
                        .toList(),
                2)) {
            rig.streaming(FRESH);
            insert(rig, columns);
            List<List<String>> expected = texts(rig, columns);
            ChangesTopicReader topic = rig.topic();
            topic.awaitMarker(rig.marker());
            assertKeys(topic, columns, expected);

            topic.clear();
            rig.sql("UPDATE " + rig.source() + " SET note = 2");
            topic.awaitMarker(rig.marker());
            assertKeys(topic, columns, expected);

            topic.clear();
            rig.sql("DELETE FROM " + rig.source());
            topic.awaitMarker(rig.marker());
            assertKeys(topic, columns, expected);
        }
    }

    private static String definition(List<Case> columns) {
        String list = IntStream.range(0, columns.size())
                .mapToObj(i -> "k" + i + " " + columns.get(i).type() + " NOT NULL")
                .collect(joining(", "));
        String key = IntStream.range(0, columns.size()).mapToObj(i -> "k" + i).collect(joining(", "));
        return "(number int, note int, " + list + ", PRIMARY KEY (" + key + "))";
    }

    private void insert(CaptureRig rig, List<Case> columns) {
        List<String> statements = new ArrayList<>(sessionSettings());
        int rows =
                columns.stream().mapToInt(each -> each.literals().size()).max().orElseThrow();
        for (int row = 0; row < rows; row++) {
            int number = row;
            statements.add("INSERT INTO " + rig.source() + " VALUES (" + row + ", 1, "
                    + columns.stream().map(each -> each.literal(number)).collect(joining(", ")) + ")");
        }
        rig.transaction(statements.toArray(String[]::new));
    }

    /** What a query gives: a list per column, in the rows' order. */
    private static List<List<String>> texts(CaptureRig rig, List<Case> columns) {
        List<List<String>> texts = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            Case column = columns.get(i);
            String select = column.select().formatted("k" + i);
            texts.add(rig.query("SELECT " + select + " FROM " + rig.source() + " ORDER BY number").stream()
                    .map(text -> KeyText.canonical(column.keyType(), text))
                    .toList());
        }
        return texts;
    }

    private static void assertKeys(ChangesTopicReader topic, List<Case> columns, List<List<String>> expected) {
        Set<RowKey> captured = topic.distinctKeys();
        for (int i = 0; i < columns.size(); i++) {
            int column = i;
            assertThat(captured.stream().map(key -> key.values().get(column)).collect(toSet()))
                    .as("%s", columns.get(i).type())
                    .isEqualTo(new HashSet<>(expected.get(i)))
                    .hasSameSizeAs(columns.get(i).literals());
        }
        Set<RowKey> rows = IntStream.range(0, expected.get(0).size())
                .mapToObj(row -> new RowKey(
                        expected.stream().map(texts -> texts.get(row)).toList()))
                .collect(toSet());
        assertThat(captured).isEqualTo(rows);
    }
}
