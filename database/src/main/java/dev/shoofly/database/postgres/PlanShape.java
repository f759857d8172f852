package dev.shoofly.database.postgres;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.shoofly.model.MigrationPlan;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The steps of a plan: {@code Limit(Index Scan of orders by id)}. Without costs and numbers of rows, which change from one minute
 * to the next, and with an index known by its columns, because the shadow's has another name.
 */
final class PlanShape {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private final MigrationPlan plan;
    private final Map<String, String> indexes;

    private PlanShape(MigrationPlan plan, Map<String, String> indexes) {
        this.plan = plan;
        this.indexes = indexes;
    }

    static String of(Connection connection, MigrationPlan plan, String statement) throws SQLException {
        Map<String, String> indexes = new HashMap<>();
        PostgresCatalog.query(
                        connection,
                        "SELECT i.indexrelid::regclass::text, c.relname::text, (SELECT string_agg("
                                + "pg_catalog.pg_get_indexdef(i.indexrelid, n, true), ', ' ORDER BY n)"
                                + " FROM generate_series(1, i.indnatts) n) FROM pg_catalog.pg_index i"
                                + " JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
                                + " WHERE i.indrelid IN (?::regclass, ?::regclass)",
                        row -> new String[] {row.getString(2), row.getString(3)},
                        PostgresNames.quote(plan.source()),
                        PostgresNames.quote(plan.shadow()))
                .forEach(index -> indexes.put(index[0], index[1]));
        try (Statement explain = connection.createStatement();
                ResultSet row = explain.executeQuery("EXPLAIN (FORMAT JSON) " + statement)) {
            StringBuilder json = new StringBuilder();
            while (row.next()) {
                json.append(row.getString(1));
            }
            return new PlanShape(plan, indexes)
                    .text(MAPPER.readTree(json.toString()).path(0).path("Plan"));
        } catch (JsonProcessingException e) {
            throw new SQLException("the server's plan is no JSON", e);
        }
    }

    private String text(JsonNode node) {
        StringBuilder text = new StringBuilder(node.path("Node Type").asText());
        String join = node.path("Join Type").asText();
        if (!join.isEmpty() && !join.equals("Inner")) {
            text.append(' ').append(join);
        }
        String relation = node.path("Relation Name").asText();
        if (!relation.isEmpty()) {
            text.append(" of ")
                    .append(
                            relation.equals(plan.shadow().table())
                                    ? plan.source().table()
                                    : relation);
        }
        String index = node.path("Index Name").asText();
        if (!index.isEmpty()) {
            text.append(" by ").append(indexes.getOrDefault(index, index));
        }
        List<String> children = new ArrayList<>();
        node.path("Plans").forEach(child -> children.add(text(child)));
        return children.isEmpty() ? text.toString() : text + "(" + String.join(", ", children) + ")";
    }
}
