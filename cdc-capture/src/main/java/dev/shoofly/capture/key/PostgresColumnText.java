package dev.shoofly.capture.key;

import io.debezium.connector.postgresql.PostgresValueConverter;
import io.debezium.data.SpecialValueDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Raw values of pgoutput, as Debezium's decoder hands them out, as {@code ::text} spells them. */
final class PostgresColumnText {
    private static final int BPCHAR_OID = 1042;

    /** The decoder's stand-ins for infinity, which no calendar type of Java can hold. */
    private static final Map<Object, String> INFINITIES = Map.of(
            PostgresValueConverter.POSITIVE_INFINITY_LOCAL_DATE, "infinity",
            PostgresValueConverter.NEGATIVE_INFINITY_LOCAL_DATE, "-infinity",
            PostgresValueConverter.POSITIVE_INFINITY_INSTANT, "infinity",
            PostgresValueConverter.NEGATIVE_INFINITY_INSTANT, "-infinity",
            PostgresValueConverter.POSITIVE_INFINITY_OFFSET_DATE_TIME, "infinity",
            PostgresValueConverter.NEGATIVE_INFINITY_OFFSET_DATE_TIME, "-infinity");

    private PostgresColumnText() {}

    /** @param typeOid of the column, of the base type if it is a domain */
    static ColumnText of(int typeOid) {
        return raw -> text(raw, typeOid == BPCHAR_OID);
    }

    private static @Nullable String text(@Nullable Object raw, boolean blankPadded) {
        if (raw == null) {
            return null;
        }
        if (raw instanceof String text) {
            return blankPadded ? withoutPadding(text) : text;
        }
        if (raw instanceof Short || raw instanceof Integer || raw instanceof Long || raw instanceof Boolean) {
            return raw.toString();
        }
        if (raw instanceof SpecialValueDecimal decimal) {
            return decimal.getDecimalValue().map(value -> value.toPlainString()).orElse(null);
        }
        if (raw instanceof byte[] bytes) {
            return HexFormat.of().formatHex(bytes);
        }
        return temporal(raw);
    }

    private static @Nullable String temporal(Object raw) {
        String infinity = INFINITIES.get(raw);
        if (infinity != null) {
            return infinity;
        }
        if (raw instanceof LocalDate date) {
            return TemporalText.of(date);
        }
        if (raw instanceof Instant wallClock) {
            // timestamp without time zone: the decoder reads the wall clock as if it were UTC
            return TemporalText.of(LocalDateTime.ofInstant(wallClock, ZoneOffset.UTC));
        }
        if (raw instanceof OffsetDateTime moment) {
            return TemporalText.of(moment.withOffsetSameInstant(ZoneOffset.UTC).toLocalDateTime());
        }
        return null;
    }

    private static String withoutPadding(String text) {
        int end = text.length();
        while (end > 0 && text.charAt(end - 1) == ' ') {
            end--;
        }
        return text.substring(0, end);
    }
}
