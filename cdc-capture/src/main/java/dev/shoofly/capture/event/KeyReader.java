package dev.shoofly.capture.event;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.KeyColumn;
import dev.shoofly.model.KeyText;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.jspecify.annotations.Nullable;

/**
 * Finds the migration's key in a row image. Debezium's own record key is not used: across a rename on PostgreSQL it is
 * built from the catalog of another moment.
 */
final class KeyReader {
    private final MigrationPlan plan;
    private final List<KeyColumn> columns;

    // Rows of one table share a schema object until the table changes.
    private @Nullable Schema knownSchema;
    private List<Field> knownFields = List.of();

    KeyReader(MigrationPlan plan) {
        this.plan = plan;
        this.columns = plan.key().columns();
    }

    /** @throws ShooflyException when a key column has no value that names the row exactly */
    RowKey read(Struct row) {
        List<Field> fields = fields(row.schema());
        List<String> values = new ArrayList<>(fields.size());
        for (int i = 0; i < fields.size(); i++) {
            Object value = row.getWithoutDefault(fields.get(i).name());
            if (value == null) {
                throw unusable(fields.get(i).name(), null);
            }
            values.add(canonical(columns.get(i), fields.get(i).name(), value.toString()));
        }
        return new RowKey(values);
    }

    private String canonical(KeyColumn column, String name, String text) {
        try {
            return KeyText.canonical(column.type(), text);
        } catch (IllegalArgumentException e) {
            throw unusable(name, e);
        }
    }

    private List<Field> fields(Schema schema) {
        if (schema != knownSchema) {
            knownFields = find(schema);
            knownSchema = schema;
        }
        return knownFields;
    }

    /** Before the swap the table has the source's column names, after it the shadow's. */
    private List<Field> find(Schema schema) {
        List<Field> asSource = named(schema, KeyColumn::sourceName);
        List<Field> asShadow = named(schema, KeyColumn::shadowName);
        if (asSource.isEmpty() && asShadow.isEmpty()) {
            throw refused("its columns are now " + names(schema) + ", and the key is " + keyNames());
        }
        if (!asSource.isEmpty() && !asShadow.isEmpty() && !asSource.equals(asShadow)) {
            throw refused("it has the key columns of the old and of the new definition at once (" + names(schema)
                    + "), so its rows cannot be named for certain");
        }
        return asSource.isEmpty() ? asShadow : asSource;
    }

    private List<Field> named(Schema schema, Function<KeyColumn, String> name) {
        List<Field> fields = new ArrayList<>(columns.size());
        for (KeyColumn column : columns) {
            Field field = schema.field(name.apply(column));
            if (field == null) {
                return List.of();
            }
            fields.add(field);
        }
        return fields;
    }

    private List<String> keyNames() {
        return columns.stream().map(KeyColumn::sourceName).toList();
    }

    private static List<String> names(Schema schema) {
        return schema.fields().stream().map(Field::name).toList();
    }

    private ShooflyException refused(String why) {
        return new ShooflyException(
                ErrorKind.REFUSED,
                "the capture of " + plan.source() + " stopped: " + why
                        + ". Somebody changed the table during the migration. Cancel the migration and start again.");
    }

    private ShooflyException unusable(String column, @Nullable Throwable cause) {
        return new ShooflyException(
                ErrorKind.DATA,
                "the capture of " + plan.source() + " stopped at a change whose key column " + column
                        + " holds no value that can be carried exactly: a zero date, an infinity or NaN, a character"
                        + " outside its character set, or a log entry without the whole key (binlog_row_image, REPLICA"
                        + " IDENTITY). Nothing was skipped and the table is untouched. Such rows cannot be migrated by"
                        + " this key: cancel the migration, repair the rows, start again.",
                cause);
    }
}
