package dev.shoofly.database.control;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.deser.std.FromStringDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.RowKey;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The JSON in the control tables: records by component name, durations in ISO-8601. */
public final class Json {
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .addModule(new SimpleModule()
                    .addSerializer(Duration.class, ToStringSerializer.instance)
                    .addDeserializer(Duration.class, new DurationReader())
                    .addSerializer(MigrationId.class, ToStringSerializer.instance)
                    .addDeserializer(MigrationId.class, new IdReader()))
            .build();

    private Json() {}

    public static String write(Object value) {
        try {
            return MAPPER.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot write " + value.getClass().getName() + " as JSON", e);
        }
    }

    public static <T> T read(String json, Class<T> type) {
        try {
            return MAPPER.readValue(json, type);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(
                    "the control tables hold a broken " + type.getSimpleName() + ": " + json, e);
        }
    }

    /** A key as a JSON array of its texts; null stays null. */
    public static @Nullable String writeKey(@Nullable RowKey key) {
        return key == null ? null : write(key.values());
    }

    public static @Nullable RowKey readKey(@Nullable String json) {
        return json == null ? null : new RowKey(List.of(read(json, String[].class)));
    }

    private static final class DurationReader extends FromStringDeserializer<Duration> {
        DurationReader() {
            super(Duration.class);
        }

        @Override
        protected Duration _deserialize(String value, DeserializationContext context) {
            return Duration.parse(value);
        }
    }

    private static final class IdReader extends FromStringDeserializer<MigrationId> {
        IdReader() {
            super(MigrationId.class);
        }

        @Override
        protected MigrationId _deserialize(String value, DeserializationContext context) {
            return new MigrationId(value);
        }
    }
}
