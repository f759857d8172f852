package dev.shoofly.coordinator.events;

import dev.shoofly.database.control.EventRows;
import dev.shoofly.database.control.Json;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.MigrationState;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An event as JSON ({@code docs/events.md}, {@code docs/events.schema.json}). Field names are the interface: add, never rename. */
final class EventMessage {
    /** PostgreSQL takes less than 8,000 bytes. */
    static final int MOST_BYTES = 7_900;

    private static final int MOST_DETAIL = 2_000;

    private EventMessage() {}

    /**
     * @param line of the log
     * @return not longer than {@link #MOST_BYTES}
     */
    static String json(Migration migration, EventRows.Line line) {
        for (int detail = MOST_DETAIL; ; detail /= 4) {
            String json = Json.write(fields(migration, line, detail));
            if (detail == 0 || json.getBytes(StandardCharsets.UTF_8).length <= MOST_BYTES) {
                return json;
            }
        }
    }

    /** As above, without the detail, which may hold values of the table: every role that may connect can listen. */
    static String forListeners(Migration migration, EventRows.Line line) {
        return json(migration, new EventRows.Line(line.entry(), line.at(), line.name(), null));
    }

    private static Map<String, @Nullable Object> fields(Migration migration, EventRows.Line line, int most) {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        fields.put("id", migration.id() + "-" + line.entry());
        fields.put("at", line.at().toString());
        fields.put("migration", migration.id().value());
        fields.put("schema", migration.source().schema());
        fields.put("table", migration.source().table());
        fields.put("strategy", migration.strategy().name());
        fields.put("type", type(migration, line));
        fields.put("event", name(line));
        fields.put("state", state(line.name()));
        fields.put("detail", line.detail() == null ? null : cut(line.detail(), most));
        fields.put("alters", isChange(migration, line) ? alters(migration, most) : List.of());
        return fields;
    }

    /** In the order of the ALTER; cut, for a request may be long. */
    private static List<String> alters(Migration migration, int most) {
        return migration.spec().alters().stream().map(text -> cut(text, most)).toList();
    }

    private static String cut(String text, int most) {
        return text.length() <= most ? text : text.substring(0, most) + "…";
    }

    private static String type(Migration migration, EventRows.Line line) {
        if (isChange(migration, line)) {
            return "schema-change";
        }
        return state(line.name()) == null ? "note" : "state";
    }

    /** Whether the application meets another definition of the table from now on. */
    private static boolean isChange(Migration migration, EventRows.Line line) {
        String changes = migration.nativePlan() == null ? "CUTOVER" : "COMPLETED";
        return line.name().equals(changes) || line.name().equals("SWAPPED BACK");
    }

    private static String name(EventRows.Line line) {
        return line.name().toLowerCase(Locale.ROOT).replace(' ', '-').replace('_', '-');
    }

    private static @Nullable String state(String name) {
        return Arrays.stream(MigrationState.values())
                .map(MigrationState::name)
                .filter(name::equals)
                .findFirst()
                .orElse(null);
    }
}
