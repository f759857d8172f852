package dev.shoofly.cli.input;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads a change of the throttle from a JSON object: option names without their dashes, and values as the YAML file has them. */
public final class ThrottleBody {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private ThrottleBody() {}

    /** @throws UsageException with every unknown name and every value that no settings could have */
    public static ThrottleChange read(byte[] json) {
        JsonNode root = parse(json);
        List<String> problems = new ArrayList<>();
        Settings.Builder settings = new Settings.Builder();
        root.properties().forEach(entry -> {
            Optional<Setting> knob = Setting.ofKey(entry.getKey()).filter(ThrottleChange.KNOBS::contains);
            knob.ifPresentOrElse(
                    setting -> YamlFile.put(settings, setting, entry.getValue(), problems::add),
                    () -> problems.add("unknown option '" + entry.getKey() + "'; known are "
                            + ThrottleChange.KNOBS.stream().map(Setting::key).collect(Collectors.joining(", "))));
        });
        if (!problems.isEmpty()) {
            throw new UsageException(problems);
        }
        Settings read = settings.build();
        requireNoAddress(read);
        ThrottleChange change = ThrottleChange.of(read);
        if (change.isEmpty()) {
            throw new UsageException("nothing is to be changed: the object names no option");
        }
        return change;
    }

    /** Whoever is connected to is shown the migration's password, which the token is not to be worth. */
    private static void requireNoAddress(Settings settings) {
        if (!Set.of("auto", "none").containsAll(settings.all(Setting.REPLICA))) {
            throw new UsageException(
                    "replica can only be 'auto' or 'none' here: the process would log in, as the migration's"
                            + " user, wherever the address leads. Name replicas with 'shoofly throttle --replica'");
        }
    }

    private static JsonNode parse(byte[] json) {
        try {
            JsonNode root = MAPPER.readTree(json);
            if (root.isObject()) {
                return root;
            }
        } catch (JsonProcessingException e) {
            throw new UsageException("not valid JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new UsageException("not valid JSON: " + e.getMessage());
        }
        throw new UsageException("expected a JSON object, such as {\"throttle-io\": \"30\", \"max-lag\": \"2s\"}");
    }
}
