package dev.shoofly.capture.key;

import io.debezium.spi.converter.RelationalColumn;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** A column as Debezium describes it. */
record FakeColumn(
        String typeName,
        int jdbcType,
        int nativeType,
        OptionalInt length,
        @Nullable String charset) implements RelationalColumn {
    @Override
    public String typeExpression() {
        return typeName;
    }

    @Override
    public OptionalInt scale() {
        return OptionalInt.empty();
    }

    @Override
    public boolean isOptional() {
        return false;
    }

    @Override
    public @Nullable Object defaultValue() {
        return null;
    }

    @Override
    public boolean hasDefaultValue() {
        return false;
    }

    @Override
    public @Nullable String charsetName() {
        return charset;
    }

    @Override
    public String name() {
        return "id";
    }

    @Override
    public String dataCollection() {
        return "shop.orders";
    }
}
