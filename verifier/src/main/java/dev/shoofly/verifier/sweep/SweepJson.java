package dev.shoofly.verifier.sweep;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.RowKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Tasks and verdicts as JSON, readable for whoever looks into the topics. Holds keys of rows and nothing else of them. */
final class SweepJson {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String RUN = "run";
    private static final String SERVER = "server";
    private static final String NUMBER = "number";
    private static final String AFTER = "after";
    private static final String TO = "to";
    private static final String ROWS = "sourceRows";
    private static final String DIFFERING = "differing";
    private static final String MICROS = "micros";

    private SweepJson() {}

    static String of(RangeTask task) {
        return written(object(task.run(), task.number(), task.range()).put(SERVER, task.server()));
    }

    static String of(RangeVerdict verdict) {
        ComparedRange compared = verdict.compared();
        if (compared == null) {
            return written(object(verdict.run(), verdict.number(), KeyRange.ALL));
        }
        ObjectNode object = object(verdict.run(), verdict.number(), compared.range());
        object.put(ROWS, compared.sourceRows());
        ArrayNode keys = object.putArray(DIFFERING);
        compared.differing().forEach(key -> keys.add(array(key)));
        object.put(MICROS, compared.took().toNanos() / 1_000);
        return written(object);
    }

    private static ObjectNode object(long run, long number, KeyRange range) {
        ObjectNode object = JSON.createObjectNode();
        object.put(RUN, run);
        object.put(NUMBER, number);
        object.set(AFTER, array(range.lowerExclusive()));
        object.set(TO, array(range.upperInclusive()));
        return object;
    }

    private static @Nullable ArrayNode array(@Nullable RowKey key) {
        if (key == null) {
            return null;
        }
        ArrayNode values = JSON.createArrayNode();
        key.values().forEach(values::add);
        return values;
    }

    private static String written(ObjectNode object) {
        try {
            return JSON.writeValueAsString(object);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** @throws IllegalArgumentException when the text is no task */
    static RangeTask task(String text) {
        JsonNode read = read(text);
        return new RangeTask(
                required(read, RUN).longValue(),
                required(read, SERVER).asText(),
                required(read, NUMBER).longValue(),
                range(read));
    }

    /** @throws IllegalArgumentException when the text is no verdict */
    static RangeVerdict verdict(String text) {
        JsonNode read = read(text);
        long run = required(read, RUN).longValue();
        long number = required(read, NUMBER).longValue();
        if (!read.has(ROWS)) {
            return new RangeVerdict(run, number, null);
        }
        List<RowKey> differing = new ArrayList<>();
        required(read, DIFFERING).forEach(each -> differing.add(rowKey(each)));
        return new RangeVerdict(
                run,
                number,
                new ComparedRange(
                        range(read),
                        required(read, ROWS).longValue(),
                        differing,
                        Duration.ofNanos(required(read, MICROS).longValue() * 1_000)));
    }

    private static JsonNode read(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("a message of a sweep is no JSON", e);
        }
    }

    private static JsonNode required(JsonNode object, String name) {
        JsonNode found = object.get(name);
        if (found == null) {
            throw new IllegalArgumentException("a message of a sweep has no " + name);
        }
        return found;
    }

    private static KeyRange range(JsonNode object) {
        return new KeyRange(key(object.get(AFTER)), key(object.get(TO)));
    }

    private static @Nullable RowKey key(@Nullable JsonNode values) {
        return values == null || values.isNull() ? null : rowKey(values);
    }

    private static RowKey rowKey(JsonNode values) {
        List<String> texts = new ArrayList<>();
        for (JsonNode each : values) {
            if (!each.isTextual()) {
                throw new IllegalArgumentException("a key in a message of a sweep is no text");
            }
            texts.add(each.textValue());
        }
        return new RowKey(texts);
    }
}
