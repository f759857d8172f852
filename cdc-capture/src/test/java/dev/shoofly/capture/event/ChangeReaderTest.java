package dev.shoofly.capture.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.capture.Plans;
import dev.shoofly.database.DatabaseKind;
import dev.shoofly.model.ChangeRecord;
import dev.shoofly.model.ChangeRecord.DirtyKey;
import dev.shoofly.model.ChangeRecord.Marker;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.KeyType;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Records as Debezium's PostgreSQL connector makes them. */
final class ChangeReaderTest {
    private static final Schema SOURCE = SchemaBuilder.struct()
            .field("schema", Schema.STRING_SCHEMA)
            .field("table", Schema.STRING_SCHEMA)
            .field("txId", Schema.OPTIONAL_INT64_SCHEMA)
            .field("ts_us", Schema.OPTIONAL_INT64_SCHEMA)
            .build();
    private static final Schema ROW = SchemaBuilder.struct()
            .optional()
            .field("id", Schema.OPTIONAL_STRING_SCHEMA)
            .build();
    private static final Schema RENAMED_ROW = SchemaBuilder.struct()
            .optional()
            .field("order_id", Schema.OPTIONAL_STRING_SCHEMA)
            .build();

    private final MigrationPlan plan = Plans.of(
            new MigrationId("abcdefgh"),
            new TableName("public", "orders"),
            List.of(Plans.keyColumn("id", "order_id", KeyType.INTEGER)),
            4);
    private final ChangeReader reader = new ChangeReader(plan, DatabaseKind.POSTGRES);

    @BeforeEach
    void passAMarker() {
        assertThat(read(marker(3))).containsExactly(new Marker(3, "42", 1_000));
    }

    @Test
    void anInsertMakesItsKeyDirty() {
        assertThat(read("c", null, row("07"))).containsExactly(new DirtyKey(RowKey.of("7"), "42", 1_000, 3));
    }

    @Test
    void anUpdateOfTheKeyMakesBothDirtyAndAnotherUpdateOne() {
        assertThat(keys(read("u", row("1"), row("2")))).containsExactly(RowKey.of("1"), RowKey.of("2"));
        assertThat(keys(read("u", row("1"), row("1")))).containsExactly(RowKey.of("1"));
        assertThat(keys(read("u", null, row("1")))).containsExactly(RowKey.of("1"));
        assertThat(keys(read("d", row("1"), null))).containsExactly(RowKey.of("1"));
    }

    @Test
    void theKeyIsFoundUnderBothOfItsNames() {
        assertThat(keys(read("c", null, new Struct(RENAMED_ROW).put("order_id", "5"))))
                .containsExactly(RowKey.of("5"));
    }

    @Test
    void rowsOfOtherTablesAreNoChanges() {
        for (String table : List.of("Orders", "_orders_abcdefgh_new", "_orders_abcdefgh_old")) {
            assertThat(read(change("c", table, null, row("1")))).isEmpty();
        }
    }

    @Test
    void aKeyWithoutAValueStops() {
        assertThatThrownBy(() -> read("d", new Struct(ROW), null))
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.DATA))
                .hasMessageContaining("key column id");
    }

    @Test
    void whatIsNotKnownStops() {
        assertStops(() -> read("r", null, row("1")));
        assertStops(() -> read("c", null, null));
        assertStops(() -> read("x", null, row("1")));
        assertStops(() -> read("t", null, null));
        assertStops(() -> read(new SourceRecord(Map.of(), Map.of(), "t", null, null)));
        Schema surprise = SchemaBuilder.struct().name("io.debezium.Surprise").build();
        assertStops(() -> read(new SourceRecord(Map.of(), Map.of(), "t", surprise, new Struct(surprise))));
    }

    @Test
    void heartbeatsAndMessagesAreNoChanges() {
        Schema heartbeat = SchemaBuilder.struct()
                .name("io.debezium.connector.common.Heartbeat")
                .build();
        assertThat(read(new SourceRecord(Map.of(), Map.of(), "t", heartbeat, new Struct(heartbeat))))
                .isEmpty();
        assertThat(read("m", null, null)).isEmpty();
    }

    private static void assertStops(ThrowingCallable reading) {
        assertThatThrownBy(reading)
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContaining("public.orders");
    }

    private static Struct row(String id) {
        return new Struct(ROW).put("id", id);
    }

    private List<ChangeRecord> read(String operation, @Nullable Struct before, @Nullable Struct after) {
        return read(change(operation, "orders", before, after));
    }

    private List<ChangeRecord> read(SourceRecord record) {
        List<ChangeRecord> changes = new ArrayList<>();
        reader.read(record, changes::add);
        return changes;
    }

    private static List<RowKey> keys(List<ChangeRecord> changes) {
        return changes.stream().map(each -> ((DirtyKey) each).key()).toList();
    }

    private SourceRecord marker(long number) {
        Schema schema = SchemaBuilder.struct()
                .optional()
                .field("migration_id", Schema.STRING_SCHEMA)
                .field("marker", Schema.INT64_SCHEMA)
                .build();
        Struct row = new Struct(schema).put("migration_id", plan.id().value()).put("marker", number);
        return change("u", "shoofly", "markers", null, row);
    }

    private static SourceRecord change(
            String operation, String table, @Nullable Struct before, @Nullable Struct after) {
        return change(operation, "public", table, before, after);
    }

    private static SourceRecord change(
            String operation, String schemaName, String table, @Nullable Struct before, @Nullable Struct after) {
        Schema rows = after != null ? after.schema() : before != null ? before.schema() : ROW;
        Schema schema = SchemaBuilder.struct()
                .field("op", Schema.STRING_SCHEMA)
                .field("source", SOURCE)
                .field("before", rows)
                .field("after", rows)
                .build();
        Struct source = new Struct(SOURCE)
                .put("schema", schemaName)
                .put("table", table)
                .put("txId", 42L)
                .put("ts_us", 1_000L);
        Struct value = new Struct(schema)
                .put("op", operation)
                .put("source", source)
                .put("before", before)
                .put("after", after);
        return new SourceRecord(Map.of(), Map.of(), "t", schema, value);
    }
}
