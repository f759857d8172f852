package dev.shoofly.capture.event;

import dev.shoofly.database.DatabaseKind;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.KeyColumn;
import dev.shoofly.model.KeyText;
import dev.shoofly.model.KeyType;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
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
    private final List<UnaryOperator<String>> texts = new ArrayList<>();

    // Rows of one table share a schema object until the table changes.
    private @Nullable Schema knownSchema;
    private List<String> knownNames = List.of();

    /** @throws ShooflyException REFUSED when the plan's key cannot be read from the log */
    KeyReader(MigrationPlan plan, DatabaseKind kind) {
        this.plan = plan;
        this.columns = plan.key().columns();
        for (KeyColumn column : columns) {
            boolean numbered = kind == DatabaseKind.MYSQL && column.type() == KeyType.ENUM;
            texts.add(numbered ? byNumber(column) : text -> KeyText.canonical(column.type(), text));
        }
    }

    private UnaryOperator<String> byNumber(KeyColumn column) {
        try {
            EnumLabels labels = EnumLabels.of(column.sourceType(), column.shadowType());
            return number -> labels.label(Integer.parseInt(number));
        } catch (IllegalArgumentException e) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "the capture of " + plan.source() + " cannot start: the change reorders the labels of key column "
                            + column.sourceName() + ", whose values the log holds as numbers. The table is untouched."
                            + " Add new labels behind the old ones, or use another key.",
                    e);
        }
    }

    /** @throws ShooflyException when a key column has no value that names the row exactly */
    RowKey read(Struct row) {
        List<String> names = names(row.schema());
        List<String> values = new ArrayList<>(names.size());
        for (int i = 0; i < names.size(); i++) {
            Object value = row.getWithoutDefault(names.get(i));
            if (value == null) {
                throw unusable(names.get(i), null);
            }
            try {
                values.add(texts.get(i).apply(value.toString()));
            } catch (IllegalArgumentException e) {
                throw unusable(names.get(i), e);
            }
        }
        return new RowKey(values);
    }

    private List<String> names(Schema schema) {
        if (schema != knownSchema) {
            knownNames = find(schema);
            knownSchema = schema;
        }
        return knownNames;
    }

    /** Before the swap the table has the source's column names, after it the shadow's. */
    private List<String> find(Schema schema) {
        List<String> asSource = named(KeyColumn::sourceName);
        List<String> asShadow = named(KeyColumn::shadowName);
        boolean isSource = asSource.stream().allMatch(name -> schema.field(name) != null);
        boolean isShadow = asShadow.stream().allMatch(name -> schema.field(name) != null);
        if (!isSource && !isShadow) {
            throw refused("its columns are now " + fields(schema) + ", and the key is " + asSource);
        }
        if (isSource && isShadow && !asSource.equals(asShadow)) {
            throw refused("it has the key columns of the old and of the new definition at once (" + fields(schema)
                    + "), so its rows cannot be named for certain");
        }
        return isSource ? asSource : asShadow;
    }

    private List<String> named(Function<KeyColumn, String> name) {
        return columns.stream().map(name).toList();
    }

    private static List<String> fields(Schema schema) {
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
                        + " holds no value that can be carried exactly: a zero date, a NaN, a character outside its"
                        + " character set, or a log entry without the whole key (binlog_row_image, REPLICA IDENTITY)."
                        + " Nothing was skipped and the table is untouched. Such rows cannot be migrated by this key:"
                        + " cancel the migration, repair the rows, start again.",
                cause);
    }
}
