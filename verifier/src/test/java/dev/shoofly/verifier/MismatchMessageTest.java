package dev.shoofly.verifier;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import dev.shoofly.database.Comparer.Kind;
import dev.shoofly.database.Comparer.Reproduction;
import dev.shoofly.database.Comparer.RowDifference;
import dev.shoofly.database.Comparer.Sides;
import dev.shoofly.model.ColumnMapping;
import dev.shoofly.model.KeyEquality;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.Projection;
import dev.shoofly.model.RowKey;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class MismatchMessageTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Instant NOW = Instant.parse("2026-11-21T09:30:00Z");
    private static final Evidence EVIDENCE = new Evidence(811, 812, NOW.minusMillis(4), "0/16B3748");

    @Test
    void redactedItNamesTheRowAndTheColumnsAndNothingElseOfIt() throws Exception {
        JsonNode message = message(new RowDifference(RowKey.of("4711"), Kind.DIFFERS, List.of("total")));
        assertThat(message.toString())
                .isEqualTo("{\"migration\":\"abcd2345\",\"schema\":\"shop\",\"table\":\"orders\","
                        + "\"shadow\":\"_orders_abcd2345_new\","
                        + "\"key\":[{\"column\":\"id\",\"type\":\"text\",\"value\":\"4711\"}],"
                        + "\"kind\":\"differs\",\"columns\":[\"total\"],\"payload\":\"redacted\","
                        + "\"differences\":[{\"column\":\"total\",\"rule\":\"`total`\"}],"
                        + "\"classification\":\"STABLE\",\"repair\":\"requested\",\"attempts\":2,"
                        + "\"source\":{\"marker\":812,\"committedAt\":\"2026-11-21T09:29:59.996Z\",\"position\":\"0/16B3748\"},"
                        + "\"applier\":{\"partition\":" + plan().key().partition(RowKey.of("4711"), 4)
                        + ",\"marker\":811},\"reproduce\":{\"source\":\"SELECT 1\",\"shadow\":\"SELECT 2\"},"
                        + "\"foundAt\":\"2026-11-21T09:30:00Z\"}");
    }

    @Test
    void withValuesNullIsNotTheSameAsARowThatIsNotThere() throws Exception {
        Map<String, Sides> both = new LinkedHashMap<>();
        both.put("total", new Sides("5", null));
        both.put("note", new Sides("x".repeat(2_000), ""));
        JsonNode differs = message(new RowDifference(RowKey.of("1"), Kind.DIFFERS, List.of("total", "note"), both));
        assertThat(differs.get("differences").toString())
                .isEqualTo("[{\"column\":\"total\",\"rule\":\"`total`\",\"source\":\"5\",\"shadow\":null},"
                        + "{\"column\":\"note\",\"rule\":\"`note`\",\"source\":\"" + "x".repeat(2_000)
                        + "\",\"shadow\":\"\",\"cut\":true}]");
        JsonNode missing = message(
                new RowDifference(RowKey.of("1"), Kind.MISSING, List.of(), Map.of("total", new Sides(null, null))));
        assertThat(missing.get("differences").toString())
                .isEqualTo("[{\"column\":\"total\",\"rule\":\"`total`\",\"source\":null}]");
    }

    @Test
    void everyMessageIsValidByThePublishedSchema() throws Exception {
        JsonSchema schema = schema();
        for (Kind kind : Kind.values()) {
            for (Classification classification : Classification.values()) {
                for (RepairState repair : RepairState.values()) {
                    RowDifference row = new RowDifference(
                            RowKey.of("1"), kind, List.of("total"), Map.of("total", new Sides(null, "1")));
                    JsonNode message = message(new Mismatch(row, 1, classification, repair, EVIDENCE));
                    // Never published: it says that nothing is wrong with the row.
                    assertThat(schema.validate(message).isEmpty())
                            .as("%s", message)
                            .isEqualTo(classification != Classification.LAG);
                }
            }
        }
        assertThat(schema.validate(message(new Mismatch(
                        new RowDifference(RowKey.of("1"), Kind.EXTRA, List.of()),
                        1,
                        Classification.STABLE,
                        RepairState.OFF,
                        new Evidence(1, 2, null, "")))))
                .isEmpty();
    }

    @Test
    void theSchemaDescribesEveryFieldAndRefusesWhatLacksOne() throws Exception {
        JsonSchema schema = schema();
        ObjectNode message = message(new RowDifference(RowKey.of("1"), Kind.DIFFERS, List.of("total")));
        assertThat(schema.getSchemaNode().get("properties").size()).isEqualTo(message.size());
        message.fieldNames().forEachRemaining(field -> {
            ObjectNode lacking = message.deepCopy();
            lacking.remove(field);
            assertThat(schema.validate(lacking)).as(field).isNotEmpty();
        });
    }

    private static JsonSchema schema() throws IOException {
        try (InputStream text =
                Objects.requireNonNull(MismatchMessage.class.getResourceAsStream("mismatches.schema.json"))) {
            return JsonSchemaFactory.getInstance(VersionFlag.V202012).getSchema(text);
        }
    }

    private static ObjectNode message(RowDifference row) throws IOException {
        return message(new Mismatch(row, 2, Classification.STABLE, RepairState.REQUESTED, EVIDENCE));
    }

    private static ObjectNode message(Mismatch mismatch) throws IOException {
        return (ObjectNode) MAPPER.readTree(
                MismatchMessage.json(plan(), mismatch, new Reproduction("SELECT 1", "SELECT 2"), () -> NOW));
    }

    private static MigrationPlan plan() {
        MigrationPlan plain = FakePipeline.plan(KeyEquality.EXACT);
        return new MigrationPlan(
                plain.id(),
                plain.source(),
                plain.shadow(),
                plain.old(),
                plain.key(),
                new Projection(
                        List.of(
                                new ColumnMapping("total", "total", "`total`", "int", true, false),
                                new ColumnMapping("note", "note", "`note`", "text", false, false)),
                        List.of(),
                        List.of()),
                plain.partitions(),
                plain.dialectState());
    }
}
