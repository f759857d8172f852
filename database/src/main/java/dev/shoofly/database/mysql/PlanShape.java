package dev.shoofly.database.mysql;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;

/**
 * The steps of a plan: {@code ordering_operation filesort(ref of orders by note)}. Without costs and numbers of rows, which change
 * from one minute to the next; an index is known by the columns that are used of it.
 */
final class PlanShape {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private PlanShape() {}

    static String of(String json) {
        try {
            return text("", MAPPER.readTree(json));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("the server's plan is no JSON", e);
        }
    }

    private static String text(String name, JsonNode node) {
        List<String> children = new ArrayList<>();
        node.properties().forEach(each -> add(children, text(each.getKey(), each.getValue())));
        if (node.isArray()) {
            node.forEach(each -> add(children, text("", each)));
        }
        String step = step(name, node);
        if (children.isEmpty()) {
            return node.has("access_type") || node.has("message") ? step : "";
        }
        String within = String.join(", ", children);
        return step.isEmpty() ? within : step + "(" + within + ")";
    }

    private static void add(List<String> children, String child) {
        if (!child.isEmpty()) {
            children.add(child);
        }
    }

    private static String step(String name, JsonNode node) {
        if (node.has("message")) {
            return node.path("message").asText();
        }
        if (node.has("access_type")) {
            List<String> key = new ArrayList<>();
            node.path("used_key_parts").forEach(column -> key.add(column.asText()));
            return node.path("access_type").asText() + " of "
                    + node.path("table_name").asText()
                    + (key.isEmpty() ? index(node) : " by " + String.join(", ", key))
                    + (node.path("using_index").asBoolean() ? " alone" : "");
        }
        String flags = (node.path("using_filesort").asBoolean() ? " filesort" : "")
                + (node.path("using_temporary_table").asBoolean() ? " temporary" : "");
        return node.isObject() && (name.endsWith("operation") || !flags.isEmpty()) ? (name + flags).strip() : "";
    }

    private static String index(JsonNode node) {
        return node.has("key") ? " by " + node.path("key").asText() : "";
    }
}
