package dev.shoofly.capture.key;

import io.debezium.spi.converter.RelationalColumn;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Types;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.Year;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Raw values of the binary log as a query returns them. */
final class MySqlColumnText implements ColumnText {
    /** The log stores a YEAR as the distance from 1900, and 0 for the year 0000. */
    private static final int YEAR_ZERO_IN_LOG = 1900;

    private final int unsignedBits;
    private final int binaryLength;
    private final boolean binary;
    private final String charset;

    private MySqlColumnText(RelationalColumn column, String type) {
        this.unsignedBits = type.contains("UNSIGNED") || type.contains("ZEROFILL") || type.startsWith("SERIAL")
                ? integerBits(type)
                : 0;
        this.binary = isBinary(column.jdbcType());
        this.binaryLength = column.jdbcType() == Types.BINARY ? column.length().orElse(0) : 0;
        String name = column.charsetName();
        this.charset = name == null ? "" : name;
    }

    /** An ENUM's text is its number in the log; the label is found by the plan's declared type. */
    static ColumnText of(RelationalColumn column) {
        String type = column.typeName().toUpperCase(Locale.ROOT);
        // The log holds a SET as a bit mask, and no key is made of that.
        return type.startsWith("SET") ? raw -> null : new MySqlColumnText(column, type);
    }

    @Override
    public @Nullable String of(@Nullable Object raw) {
        if (raw instanceof byte[] bytes) {
            return binary ? hex(bytes) : MySqlCharset.decode(charset, bytes);
        }
        if (raw instanceof Integer || raw instanceof Long || raw instanceof Short) {
            return integer(((Number) raw).longValue());
        }
        if (raw instanceof BigDecimal decimal) {
            return decimal.toPlainString();
        }
        // Only a default value from the table's definition is a String; nobody reads it.
        return raw instanceof String text ? text : temporal(raw);
    }

    private static @Nullable String temporal(@Nullable Object raw) {
        if (raw instanceof LocalDate date) {
            return TemporalText.of(date);
        }
        if (raw instanceof LocalDateTime wallClock) {
            return TemporalText.of(wallClock);
        }
        if (raw instanceof ZonedDateTime moment) {
            return TemporalText.of(moment.withZoneSameInstant(ZoneOffset.UTC).toLocalDateTime());
        }
        if (raw instanceof Duration span) {
            return TemporalText.of(span);
        }
        if (raw instanceof Year year) {
            return year.getValue() == YEAR_ZERO_IN_LOG ? "0" : Integer.toString(year.getValue());
        }
        return null;
    }

    private String integer(long value) {
        if (value >= 0 || unsignedBits == 0) {
            return Long.toString(value);
        }
        return BigInteger.ONE
                .shiftLeft(unsignedBits)
                .add(BigInteger.valueOf(value))
                .toString();
    }

    private String hex(byte[] bytes) {
        // The log drops the trailing zero bytes of BINARY(n).
        return HexFormat.of().formatHex(bytes.length < binaryLength ? Arrays.copyOf(bytes, binaryLength) : bytes);
    }

    private static boolean isBinary(int jdbcType) {
        return switch (jdbcType) {
            case Types.BINARY, Types.VARBINARY, Types.LONGVARBINARY, Types.BLOB -> true;
            default -> false;
        };
    }

    private static int integerBits(String type) {
        if (type.startsWith("TINYINT") || type.startsWith("INT1")) {
            return 8;
        }
        if (type.startsWith("SMALLINT") || type.startsWith("INT2")) {
            return 16;
        }
        if (type.startsWith("MEDIUMINT") || type.startsWith("MIDDLEINT") || type.startsWith("INT3")) {
            return 24;
        }
        return type.startsWith("BIGINT") || type.startsWith("INT8") || type.startsWith("SERIAL") ? 64 : 32;
    }
}
