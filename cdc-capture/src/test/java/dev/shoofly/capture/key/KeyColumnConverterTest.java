package dev.shoofly.capture.key;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.DatabaseKind;
import io.debezium.data.SpecialValueDecimal;
import io.debezium.spi.converter.CustomConverter.Converter;
import io.debezium.spi.converter.RelationalColumn;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.Year;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Each type of each server, from the raw value to the text. */
final class KeyColumnConverterTest {
    private static final int BPCHAR = 1042;
    private static final int VARCHAR = 1043;

    @Test
    void mySqlIntegersAreUnsignedWhenDeclaredSo() {
        assertThat(mySql("INT", Types.INTEGER, -1)).isEqualTo("-1");
        assertThat(mySql("TINYINT UNSIGNED", Types.SMALLINT, -1)).isEqualTo("255");
        assertThat(mySql("SMALLINT UNSIGNED", Types.INTEGER, -1)).isEqualTo("65535");
        assertThat(mySql("MEDIUMINT UNSIGNED ZEROFILL", Types.INTEGER, -1)).isEqualTo("16777215");
        assertThat(mySql("INT UNSIGNED", Types.BIGINT, -1)).isEqualTo("4294967295");
        assertThat(mySql("INT(10) ZEROFILL", Types.BIGINT, -1)).isEqualTo("4294967295");
        assertThat(mySql("BIGINT UNSIGNED", Types.BIGINT, -1L)).isEqualTo("18446744073709551615");
        assertThat(mySql("BIGINT", Types.BIGINT, Long.MIN_VALUE)).isEqualTo("-9223372036854775808");
        assertThat(mySql("BIGINT UNSIGNED", Types.BIGINT, 7L)).isEqualTo("7");
    }

    @Test
    void mySqlTextIsDecodedInItsCharacterSet() {
        assertThat(mySql("VARCHAR", Types.VARCHAR, "Käse🧀".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo("Käse🧀");
        assertThat(text(column("CHAR", Types.CHAR, 0, 3, "latin1"), new byte[] {(byte) 0x80, (byte) 0x81, 'a'}))
                .isEqualTo("€\u0081a");
        assertThat(text(column("CHAR", Types.CHAR, 0, 3, "latin1"), new byte[] {}))
                .isEmpty();
    }

    @Test
    void mySqlTextThatIsNoTextInItsCharacterSetIsNotGuessed() {
        assertThat(mySql("VARCHAR", Types.VARCHAR, new byte[] {(byte) 0xff})).isNull();
        assertThat(text(column("CHAR", Types.CHAR, 0, 3, "armscii8"), new byte[] {'a'}))
                .isNull();
        assertThat(text(column("CHAR", Types.CHAR, 0, 3, null), new byte[] {'a'}))
                .isNull();
    }

    @Test
    void mySqlBinaryIsPaddedToItsDeclaredLength() {
        assertThat(text(column("BINARY", Types.BINARY, 0, 4, null), new byte[] {1, (byte) 0xab}))
                .isEqualTo("01ab0000");
        assertThat(text(column("VARBINARY", Types.VARBINARY, 0, 4, null), new byte[] {1, 0}))
                .isEqualTo("0100");
    }

    @Test
    void mySqlTemporalValuesAreExact() {
        assertThat(mySql("DATE", Types.DATE, LocalDate.of(1000, 1, 1))).isEqualTo("1000-01-01");
        assertThat(mySql("DATETIME", Types.TIMESTAMP, LocalDateTime.of(9999, 12, 31, 23, 59, 59, 999_999_000)))
                .isEqualTo("9999-12-31 23:59:59.999999");
        assertThat(mySql(
                        "TIMESTAMP",
                        Types.TIMESTAMP_WITH_TIMEZONE,
                        ZonedDateTime.of(2026, 1, 1, 1, 0, 0, 0, ZoneId.of("+02:00"))))
                .isEqualTo("2025-12-31 23:00:00");
        assertThat(mySql("TIME", Types.TIME, Duration.ofHours(-30))).isEqualTo("-30:00:00");
        assertThat(mySql("YEAR", Types.INTEGER, Year.of(2155))).isEqualTo("2155");
        assertThat(mySql("YEAR", Types.INTEGER, Year.of(1900))).isEqualTo("0");
    }

    @Test
    void mySqlDecimalsKeepTheirDigits() {
        assertThat(mySql("DECIMAL", Types.DECIMAL, new BigDecimal("1E+3"))).isEqualTo("1000");
        assertThat(mySql("DECIMAL", Types.DECIMAL, new BigDecimal("-0.10"))).isEqualTo("-0.10");
    }

    @Test
    void aZeroDateIsNotGuessed() {
        assertThat(mySql("DATE", Types.DATE, null)).isNull();
    }

    @Test
    void mySqlEnumsAreNumbersAndSetsAreNoKeys() {
        assertThat(mySql("ENUM", Types.CHAR, 2)).isEqualTo("2");
        assertThat(mySql("SET", Types.CHAR, 3L)).isNull();
    }

    @Test
    void postgresValuesAreTheServersText() {
        assertThat(postgres(VARCHAR, "ab ")).isEqualTo("ab ");
        assertThat(postgres(BPCHAR, "ab   ")).isEqualTo("ab");
        assertThat(postgres(0, 5)).isEqualTo("5");
        assertThat(postgres(0, Long.MIN_VALUE)).isEqualTo("-9223372036854775808");
        assertThat(postgres(0, true)).isEqualTo("true");
        assertThat(postgres(0, new SpecialValueDecimal(new BigDecimal("1.50")))).isEqualTo("1.50");
        assertThat(postgres(0, new byte[] {0, (byte) 0xff})).isEqualTo("00ff");
        assertThat(postgres(0, LocalDate.of(-4712, 1, 1))).isEqualTo("4713-01-01 BC");
        assertThat(postgres(0, Instant.parse("2026-01-01T00:00:00.000001Z"))).isEqualTo("2026-01-01 00:00:00.000001");
        assertThat(postgres(0, OffsetDateTime.parse("2026-01-01T00:00:00+02:00")))
                .isEqualTo("2025-12-31 22:00:00");
    }

    @Test
    void aNumberThatIsNoneIsNotGuessed() {
        assertThat(postgres(0, SpecialValueDecimal.NOT_A_NUMBER)).isNull();
        assertThat(postgres(0, null)).isNull();
        assertThat(postgres(0, new Object())).isNull();
    }

    private static @Nullable String mySql(String type, int jdbcType, @Nullable Object raw) {
        return text(column(type, jdbcType, 0, 10, "utf8mb4"), raw);
    }

    private static @Nullable String text(RelationalColumn column, @Nullable Object raw) {
        return convert(converter(DatabaseKind.MYSQL, column), raw);
    }

    private static @Nullable String postgres(int typeOid, @Nullable Object raw) {
        return convert(converter(DatabaseKind.POSTGRES, column("some_type", Types.OTHER, typeOid, 10, null)), raw);
    }

    private static @Nullable String convert(Converter converter, @Nullable Object raw) {
        return (String) converter.convert(raw);
    }

    private static Converter converter(DatabaseKind kind, RelationalColumn column) {
        Properties properties = new Properties();
        properties.setProperty(KeyColumnConverter.DATABASE, kind.name());
        KeyColumnConverter converters = new KeyColumnConverter();
        converters.configure(properties);
        AtomicReference<@Nullable Converter> registered = new AtomicReference<>();
        converters.converterFor(column, (schema, converter) -> registered.set(converter));
        return Objects.requireNonNull(registered.get());
    }

    private static RelationalColumn column(
            String type, int jdbcType, int nativeType, int length, @Nullable String charset) {
        return new FakeColumn(type, jdbcType, nativeType, OptionalInt.of(length), charset);
    }
}
