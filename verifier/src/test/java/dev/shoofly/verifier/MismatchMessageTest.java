package dev.shoofly.verifier;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.shoofly.database.Comparer.Kind;
import dev.shoofly.model.KeyEquality;
import dev.shoofly.model.RowKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MismatchMessageTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @Test
    void namesTheRowAndTheColumnsAndNothingElseOfIt() throws Exception {
        JsonNode message = message(new Mismatch(RowKey.of("4711"), Kind.DIFFERS, List.of("total"), 2));
        assertThat(message.toString())
                .isEqualTo("{\"migration\":\"abcd2345\",\"schema\":\"shop\",\"table\":\"orders\","
                        + "\"shadow\":\"_orders_abcd2345_new\",\"key\":[{\"column\":\"id\",\"value\":\"4711\"}],"
                        + "\"kind\":\"differs\",\"columns\":[\"total\"],\"classification\":\"STABLE\",\"attempts\":2,"
                        + "\"foundAt\":\"2026-11-21T09:30:00Z\"}");
    }

    @Test
    void fieldsAndKindsAreThoseOfThePublishedSchema() throws Exception {
        JsonNode schema = MAPPER.readTree(Files.readString(Path.of("..", "docs", "mismatches.schema.json")));
        List<String> fields = new ArrayList<>();
        message(new Mismatch(RowKey.of("1"), Kind.EXTRA, List.of(), 1))
                .fieldNames()
                .forEachRemaining(fields::add);
        List<String> published = new ArrayList<>();
        schema.get("properties").fieldNames().forEachRemaining(published::add);
        List<String> required = new ArrayList<>();
        schema.get("required").forEach(field -> required.add(field.asText()));
        assertThat(fields).isEqualTo(published).isEqualTo(required);
        List<String> kinds = new ArrayList<>();
        schema.get("properties").get("kind").get("enum").forEach(kind -> kinds.add(kind.asText()));
        for (Kind kind : Kind.values()) {
            assertThat(kinds)
                    .contains(message(new Mismatch(RowKey.of("1"), kind, List.of(), 1))
                            .get("kind")
                            .asText());
        }
    }

    private static JsonNode message(Mismatch mismatch) throws Exception {
        Instant now = Instant.parse("2026-11-21T09:30:00Z");
        return MAPPER.readTree(MismatchTopic.json(FakePipeline.plan(KeyEquality.EXACT), mismatch, () -> now));
    }
}
