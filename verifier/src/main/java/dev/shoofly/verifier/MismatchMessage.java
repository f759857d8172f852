package dev.shoofly.verifier;

import dev.shoofly.database.Comparer;
import dev.shoofly.database.Comparer.Kind;
import dev.shoofly.database.Comparer.Reproduction;
import dev.shoofly.database.Comparer.Sides;
import dev.shoofly.database.control.Json;
import dev.shoofly.model.ColumnMapping;
import dev.shoofly.model.KeyColumn;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A verdict as the JSON that {@code mismatches.schema.json} describes. */
final class MismatchMessage {
    private MismatchMessage() {}

    static String json(MigrationPlan plan, Mismatch mismatch, Reproduction reproduction, InstantSource clock) {
        Map<String, @Nullable Object> message = new LinkedHashMap<>();
        message.put("migration", plan.id().value());
        message.put("schema", plan.source().schema());
        message.put("table", plan.source().table());
        message.put("shadow", plan.shadow().table());
        message.put("key", key(plan, mismatch.key()));
        message.put("kind", lower(mismatch.kind()));
        message.put("columns", mismatch.columns());
        message.put("payload", mismatch.row().values().isEmpty() ? "redacted" : "full");
        message.put("differences", differences(plan, mismatch));
        message.put("classification", mismatch.classification().name());
        message.put("repair", lower(mismatch.repair()));
        message.put("attempts", mismatch.attempts());
        message.put("source", source(mismatch.evidence()));
        message.put("applier", applier(plan, mismatch));
        message.put("reproduce", reproduce(reproduction));
        message.put("foundAt", clock.instant().toString());
        return Json.write(message);
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    private static List<Map<String, String>> key(MigrationPlan plan, RowKey key) {
        List<Map<String, String>> columns = new ArrayList<>();
        for (int i = 0; i < key.values().size(); i++) {
            KeyColumn column = plan.key().columns().get(i);
            Map<String, String> value = new LinkedHashMap<>();
            value.put("column", column.sourceName());
            value.put("type", column.sourceType());
            value.put("value", key.values().get(i));
            columns.add(value);
        }
        return columns;
    }

    private static List<Map<String, @Nullable Object>> differences(MigrationPlan plan, Mismatch mismatch) {
        List<Map<String, @Nullable Object>> found = new ArrayList<>();
        Map<String, Sides> values = mismatch.row().values();
        for (ColumnMapping column : plan.projection().columns()) {
            Sides sides = values.get(column.shadowColumn());
            if (sides == null && !mismatch.columns().contains(column.shadowColumn())) {
                continue;
            }
            Map<String, @Nullable Object> difference = new LinkedHashMap<>();
            difference.put("column", column.shadowColumn());
            difference.put("rule", column.expression());
            if (sides != null) {
                put(difference, mismatch.kind(), sides);
            }
            found.add(difference);
        }
        return found;
    }

    /** A side without the row has no value, which is not the same as NULL. */
    private static void put(Map<String, @Nullable Object> difference, Kind kind, Sides sides) {
        if (kind != Kind.EXTRA) {
            difference.put("source", sides.source());
        }
        if (kind != Kind.MISSING) {
            difference.put("shadow", sides.shadow());
        }
        if (isCut(sides.source()) || isCut(sides.shadow())) {
            difference.put("cut", true);
        }
    }

    private static boolean isCut(@Nullable String value) {
        return value != null && value.codePointCount(0, value.length()) >= Comparer.LONGEST_VALUE;
    }

    private static Map<String, @Nullable Object> source(Evidence evidence) {
        Map<String, @Nullable Object> source = new LinkedHashMap<>();
        source.put("marker", evidence.sourceMarker());
        source.put(
                "committedAt",
                evidence.committedAt() == null ? null : evidence.committedAt().toString());
        source.put("position", evidence.logPosition());
        return source;
    }

    private static Map<String, Object> applier(MigrationPlan plan, Mismatch mismatch) {
        Map<String, Object> applier = new LinkedHashMap<>();
        applier.put("partition", plan.key().partition(mismatch.key(), plan.partitions()));
        applier.put("marker", mismatch.evidence().appliedMarker());
        return applier;
    }

    private static Map<String, String> reproduce(Reproduction reproduction) {
        Map<String, String> statements = new LinkedHashMap<>();
        statements.put("source", reproduction.source());
        statements.put("shadow", reproduction.shadow());
        return statements;
    }
}
