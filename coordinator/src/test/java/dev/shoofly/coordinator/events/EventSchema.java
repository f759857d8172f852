package dev.shoofly.coordinator.events;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;

/** The published one. */
public final class EventSchema {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private EventSchema() {}

    static JsonSchema published() {
        try (InputStream text = Objects.requireNonNull(EventMessage.class.getResourceAsStream("events.schema.json"))) {
            return JsonSchemaFactory.getInstance(VersionFlag.V202012).getSchema(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The message, which must be valid. */
    public static JsonNode valid(String json) throws IOException {
        JsonNode message = MAPPER.readTree(json);
        assertThat(published().validate(message)).as(json).isEmpty();
        return message;
    }
}
