package dev.shoofly.coordinator.events;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.shoofly.database.control.EventRows;
import dev.shoofly.database.control.Migration;
import dev.shoofly.database.control.Retention;
import dev.shoofly.database.control.Rollback;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.NativePlan;
import dev.shoofly.model.Strategy;
import dev.shoofly.model.StrategyChoice;
import dev.shoofly.model.TableName;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventMessageTest {
    private static final Instant NOW = Instant.parse("2026-11-21T09:30:00Z");

    private static Migration migration(Strategy strategy, String alter) {
        NativePlan plan = strategy == Strategy.SHADOW ? null : new NativePlan(strategy, List.of());
        return new Migration(
                new MigrationId("k3mz8q2x"),
                new TableName("shop", "orders"),
                new MigrationSpec("orders", List.of(alter), StrategyChoice.AUTO, 1, 1, CutoverSettings.DEFAULT),
                strategy,
                plan,
                0,
                0,
                null,
                MigrationState.READY,
                null,
                null,
                1,
                "host:1",
                "none",
                null,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                false,
                new Rollback(null, null, null, false, false, null, null, false),
                Retention.NONE,
                NOW,
                NOW);
    }

    private static JsonNode message(Strategy strategy, String event, @Nullable String detail) throws Exception {
        return EventSchema.valid(EventMessage.json(
                migration(strategy, "ADD COLUMN a int"), new EventRows.Line(412, NOW, event, detail)));
    }

    @Test
    void theSwapIsTheSchemaChange() throws Exception {
        assertThat(message(Strategy.SHADOW, "CUTOVER", null).toString())
                .isEqualTo("{\"id\":\"k3mz8q2x-412\",\"at\":\"2026-11-21T09:30:00Z\",\"migration\":\"k3mz8q2x\","
                        + "\"schema\":\"shop\",\"table\":\"orders\",\"strategy\":\"SHADOW\",\"type\":\"schema-change\",\"event\":\"cutover\",\"state\":\"CUTOVER\",\"detail\":null,\"alters\":[\"ADD"
                        + " COLUMN a int\"]}");
        assertThat(message(Strategy.SHADOW, "SWAPPED BACK", null).get("type").asText())
                .isEqualTo("schema-change");
        assertThat(message(Strategy.SHADOW, "COMPLETED", null).get("type").asText())
                .isEqualTo("state");
        assertThat(message(Strategy.INSTANT, "COMPLETED", null).get("type").asText())
                .isEqualTo("schema-change");
    }

    @ParameterizedTest
    @EnumSource
    void everyStateIsValidByThePublishedSchema(MigrationState state) throws Exception {
        assertThat(message(Strategy.SHADOW, state.name(), "why").get("state").asText())
                .isEqualTo(state.name());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"OWNER", "FORCED", "KILLED", "SWAPPED BACK", "STEP", "THROTTLE", "OLD DROPPED", "LEFT TO DO"})
    void everythingElseIsToo(String event) throws Exception {
        assertThat(message(Strategy.SHADOW, event, "x \"quoted\" é")
                        .get("state")
                        .isNull())
                .isTrue();
    }

    @Test
    void itFitsIntoWhatTheServerNotifiesOf() {
        String json = EventMessage.json(
                migration(Strategy.SHADOW, "ADD COLUMN é".repeat(9_000)),
                new EventRows.Line(1, NOW, "CUTOVER", "\u20ac".repeat(30_000)));
        assertThat(json.getBytes(StandardCharsets.UTF_8)).hasSizeLessThanOrEqualTo(EventMessage.MOST_BYTES);
        assertThat(json).contains("ADD COLUMN", "…");
    }

    @Test
    void whoeverMayListenIsNotToldValuesOfTheTable() throws Exception {
        JsonNode message = EventSchema.valid(EventMessage.forListeners(
                migration(Strategy.SHADOW, "ADD COLUMN a int"),
                new EventRows.Line(412, NOW, "FAILED", "Duplicate entry 'secret' for key 'email'")));
        assertThat(message.toString()).doesNotContain("secret").contains("k3mz8q2x-412", "FAILED");
        assertThat(message.get("detail").isNull()).isTrue();
    }

    @Test
    void theSchemaDescribesEveryFieldAndRefusesWhatLacksOne() throws Exception {
        JsonNode message = message(Strategy.SHADOW, "CUTOVER", null);
        assertThat(EventSchema.published().getSchemaNode().get("properties").size())
                .isEqualTo(message.size());
        message.fieldNames().forEachRemaining(field -> {
            ObjectNode lacking = message.deepCopy();
            lacking.remove(field);
            assertThat(EventSchema.published().validate(lacking)).as(field).isNotEmpty();
        });
    }
}
