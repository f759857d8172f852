package dev.shoofly.capture.key;

import dev.shoofly.database.DatabaseKind;
import io.debezium.spi.converter.CustomConverter;
import io.debezium.spi.converter.RelationalColumn;
import java.util.Properties;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Debezium's door to raw values (named in the connector's properties). Its own conversions are wrong for keys: a value
 * that it cannot represent becomes zero, the epoch or an empty string in a NOT NULL column, and a key must never be
 * guessed. Here such a value is null, which the reader of the event refuses.
 */
public final class KeyColumnConverter implements CustomConverter<SchemaBuilder, RelationalColumn> {
    /** Name of the property that holds the {@link DatabaseKind}. */
    public static final String DATABASE = "database";

    private @Nullable DatabaseKind kind;

    @Override
    public void configure(Properties properties) {
        kind = DatabaseKind.valueOf(properties.getProperty(DATABASE));
    }

    @Override
    public void converterFor(RelationalColumn column, ConverterRegistration<SchemaBuilder> registration) {
        ColumnText text = text(column);
        // Optional although the column is NOT NULL: the null of a lost value has to reach the reader.
        registration.register(SchemaBuilder.string().optional(), text::of);
    }

    private ColumnText text(RelationalColumn column) {
        if (kind == null) {
            throw new IllegalStateException("configure was not called");
        }
        return switch (kind) {
            case MYSQL -> MySqlColumnText.of(column);
            case POSTGRES -> PostgresColumnText.of(column.nativeType());
        };
    }
}
