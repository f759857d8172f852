package dev.shoofly.cli.input;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Values as texts, unchecked, from one source or merged from several. Immutable. */
public final class Settings {
    public static final Settings NONE = new Settings(Map.of());

    private final Map<Setting, List<String>> values;

    public Settings(Map<Setting, List<String>> values) {
        EnumMap<Setting, List<String>> copy = new EnumMap<>(Setting.class);
        values.forEach((setting, texts) -> copy.put(setting, List.copyOf(texts)));
        this.values = copy;
    }

    /** These values, and the other's where these have none. */
    public Settings orElse(Settings other) {
        EnumMap<Setting, List<String>> merged = new EnumMap<>(Setting.class);
        merged.putAll(other.values);
        merged.putAll(values);
        return new Settings(merged);
    }

    public boolean has(Setting setting) {
        return !all(setting).isEmpty();
    }

    public Optional<String> one(Setting setting) {
        return all(setting).stream().findFirst();
    }

    public List<String> all(Setting setting) {
        return values.getOrDefault(setting, List.of());
    }

    /** For building one from options. */
    public static final class Builder {
        private final EnumMap<Setting, List<String>> values = new EnumMap<>(Setting.class);

        /** Leaves the setting out when the text is null: the option was not given. */
        public Builder put(Setting setting, @org.jspecify.annotations.Nullable String text) {
            return text == null ? this : put(setting, List.of(text));
        }

        public Builder put(Setting setting, List<String> texts) {
            if (!texts.isEmpty()) {
                values.put(setting, texts);
            }
            return this;
        }

        public Settings build() {
            return new Settings(values);
        }
    }
}
