package dev.shoofly.cli.input;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Reads a migration's YAML file: one mapping, whose keys are the options' names. */
public final class YamlFile {
    private static final YAMLMapper MAPPER = YAMLMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .build();

    private YamlFile() {}

    /** @throws UsageException naming the file and every unknown key or unfit value */
    public static Settings read(Path file) {
        JsonNode root;
        try {
            root = MAPPER.readTree(Files.readString(file));
        } catch (NoSuchFileException e) {
            throw new UsageException("--config " + file + ": there is no such file");
        } catch (JsonProcessingException e) {
            throw new UsageException("--config " + file + ": not valid YAML: " + e.getOriginalMessage()
                    + (e.getLocation() == null
                            ? ""
                            : " (line " + e.getLocation().getLineNr() + ")"));
        } catch (IOException e) {
            throw new UsageException("--config " + file + ": cannot be read: " + e);
        }
        if (!root.isObject()) {
            throw new UsageException("--config " + file + ": expected lines of the form 'key: value'");
        }
        List<String> problems = new ArrayList<>();
        Settings.Builder settings = new Settings.Builder();
        root.properties().forEach(entry -> {
            Optional<Setting> setting = Setting.ofKey(entry.getKey());
            if (setting.isEmpty()) {
                problems.add("--config " + file + ": " + unknown(entry.getKey()));
            } else {
                put(
                        settings,
                        setting.get(),
                        entry.getValue(),
                        problem -> problems.add("--config " + file + ": " + problem));
            }
        });
        if (!problems.isEmpty()) {
            throw new UsageException(problems);
        }
        return settings.build();
    }

    private static String unknown(String key) {
        if (key.equals("password")) {
            return "a password does not belong into the file; name its variable or file with password-env or"
                    + " password-file";
        }
        return "unknown key '" + key + "'; known are "
                + Arrays.stream(Setting.values()).map(Setting::key).collect(Collectors.joining(", "));
    }

    /** @param problem told what is wrong with the value, if anything */
    static void put(
            Settings.Builder settings, Setting setting, JsonNode value, java.util.function.Consumer<String> problem) {
        if (value.isNull() || value.isArray() && value.isEmpty()) {
            problem.accept(setting.key() + " has no value");
        } else if (value.isValueNode()) {
            settings.put(setting, value.asText());
        } else if (value.isArray() && setting.takesSeveral()) {
            List<String> texts = new ArrayList<>();
            for (JsonNode element : value) {
                if (!element.isTextual()) {
                    problem.accept(setting.key() + " must be a list of texts");
                    return;
                }
                texts.add(element.asText());
            }
            settings.put(setting, texts);
        } else {
            problem.accept(setting.key() + " must be a single value" + (setting.takesSeveral() ? " or a list" : ""));
        }
    }
}
