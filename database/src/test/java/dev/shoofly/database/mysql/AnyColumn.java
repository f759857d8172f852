package dev.shoofly.database.mysql;

import dev.shoofly.database.fidelity.Column;
import dev.shoofly.database.fidelity.Edges;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Columns of every type of MySQL, with the alterations that widen them. */
final class AnyColumn {
    static final String BYTES = "HEX(CAST(%s AS BINARY))";
    private static final String TEXT = "HEX(CONVERT(%s USING utf8mb4))";
    private static final String NUMBER = "HEX(CAST(%s + 0 AS BINARY))";
    private static final String DECIMAL = "CAST(%s AS DECIMAL(65,30))";
    private static final String LABEL = "CONCAT(%s + 0, ' ', HEX(CONVERT(%s USING utf8mb4)))";

    private AnyColumn() {}

    /** One table's columns: each type at least once. */
    static Arbitrary<List<Column>> ofEachType() {
        List<Arbitrary<Column>> all = new ArrayList<>();
        all.add(integer("tinyint", 8));
        all.add(integer("smallint", 16));
        all.add(integer("mediumint", 24));
        all.add(integer("int", 32));
        all.add(integer("bigint", 64));
        IntStream.range(0, 2).forEach(i -> all.add(decimal()));
        all.add(floating(
                "float", "3.4028234e38", "-3.4028234e38", "1e-45", "1.17549435e-38", "16777217", "-0e0", "0.1"));
        all.add(floating(
                "double",
                "1.7976931348623157e308",
                "-1.7976931348623157e308",
                "5e-324",
                "2.2250738585072014e-308",
                "-0e0",
                "0.1",
                "9007199254740993"));
        IntStream.range(0, 2).forEach(i -> all.add(bits()));
        all.add(date());
        // Of which no wider type would take the day.
        Stream.of("date", "datetime(3)")
                .forEach(type -> all.add(Column.of(
                        type,
                        null,
                        BYTES,
                        Arbitraries.of("'2024-02-31'", "'2023-02-29 23:59:59.999'", "'2024-00-00'"))));
        all.add(year());
        IntStream.range(0, 2)
                .forEach(i -> all.add(fractional("datetime", moments("'1000-01-01'", "'9999-12-31 23:59:59.999999'"))));
        IntStream.range(0, 2)
                .forEach(i -> all.add(
                        fractional("timestamp", moments("'1970-01-01 00:00:01'", "'2038-01-19 03:14:07.999999'"))));
        all.add(fractional("time", times()));
        IntStream.range(0, 6).forEach(i -> all.add(text()));
        all.add(longText());
        IntStream.range(0, 3).forEach(i -> all.add(binary()));
        IntStream.range(0, 2).forEach(i -> all.add(enumeration()));
        IntStream.range(0, 2).forEach(i -> all.add(set()));
        all.add(json());
        IntStream.range(0, 2).forEach(i -> all.add(geometry()));
        return Combinators.combine(all).as(columns -> columns);
    }

    private static Arbitrary<Column> integer(String type, int bits) {
        return Arbitraries.of("", " unsigned", " unsigned zerofill").flatMap(sign -> {
            boolean signed = sign.isEmpty();
            BigInteger top = BigInteger.ONE.shiftLeft(signed ? bits - 1 : bits);
            BigInteger least = signed ? top.negate() : BigInteger.ZERO;
            BigInteger most = top.subtract(BigInteger.ONE);
            Arbitrary<String> any =
                    Arbitraries.bigIntegers().between(least, most).map(String::valueOf);
            Arbitrary<String> wider = Arbitraries.of(
                    type.equals("bigint") ? "decimal(20,0)" : "bigint" + (sign.contains("zero") ? " unsigned" : sign),
                    "decimal(65,30)",
                    signed ? "bigint" : "bigint unsigned");
            return wider.flatMap(to -> Column.of(
                    type + sign,
                    to,
                    DECIMAL,
                    Edges.of(
                            any,
                            least.toString(),
                            most.toString(),
                            "0",
                            "1",
                            most.subtract(BigInteger.ONE).toString())));
        });
    }

    private static Arbitrary<Column> decimal() {
        return Arbitraries.integers()
                .between(1, 65)
                .flatMap(precision -> Arbitraries.integers()
                        .between(0, Math.min(30, precision))
                        .flatMap(scale -> {
                            String nines = "9".repeat(precision - scale) + (scale == 0 ? "" : "." + "9".repeat(scale));
                            int whole = precision - scale;
                            int moreScale = Math.min(30, 65 - whole);
                            return Column.of(
                                    "decimal(" + precision + "," + scale + ")",
                                    "decimal(" + (whole + moreScale) + "," + moreScale + ")",
                                    "TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM CONCAT(%s, IF(LOCATE('.', %s), '', '.'))))",
                                    Edges.of(
                                            Edges.decimal(precision, scale),
                                            nines,
                                            "-" + nines,
                                            "0",
                                            "-0",
                                            "0." + "0".repeat(29) + "1"));
                        }));
    }

    private static Arbitrary<Column> floating(String type, String... edges) {
        Arbitrary<String> any = Arbitraries.doubles().between(-1e30, 1e30).map(String::valueOf);
        return Column.of(type, "double", "HEX(CAST(%s * 1e0 AS BINARY))", Edges.of(any, edges));
    }

    private static Arbitrary<Column> bits() {
        return Arbitraries.integers()
                .between(1, 64)
                .flatMap(width -> Column.of(
                        "bit(" + width + ")",
                        "bit(64)",
                        NUMBER,
                        Edges.of(
                                Arbitraries.of("0", "1")
                                        .list()
                                        .ofSize(width)
                                        .map(bits -> "b'" + String.join("", bits) + "'"),
                                "b'" + "1".repeat(width) + "'",
                                "b'0'",
                                "b'1" + "0".repeat(width - 1) + "'")));
    }

    private static Arbitrary<Column> date() {
        Arbitrary<String> any =
                Arbitraries.integers().between(0, 3_000_000).map(day -> "FROM_DAYS(" + (366 + day) + ")");
        return Column.of(
                "date",
                "datetime(6)",
                "CAST(CAST(%s AS DATETIME(6)) AS CHAR)",
                Edges.of(
                        any,
                        "'0000-00-00'",
                        "'2024-00-10'",
                        "'2024-02-00'",
                        "'0000-01-01'",
                        "'1000-01-01'",
                        "'9999-12-31'",
                        "'2024-02-29'"));
    }

    private static Arbitrary<Column> year() {
        return Column.of(
                "year",
                "smallint unsigned",
                NUMBER,
                Edges.of(
                        Arbitraries.integers().between(1901, 2155).map(String::valueOf),
                        "'0000'",
                        "1901",
                        "2155",
                        "1970"));
    }

    private static Arbitrary<String> moments(String least, String most) {
        Arbitrary<String> any = Combinators.combine(
                        Arbitraries.integers().between(1970 * 12, 2037 * 12),
                        Arbitraries.integers().between(1, 28),
                        Arbitraries.integers().between(0, 86_399),
                        Arbitraries.integers().between(0, 999_999))
                .as((month, day, second, micros) -> String.format(
                        "'%04d-%02d-%02d %02d:%02d:%02d.%06d'",
                        month / 12, month % 12 + 1, day, second / 3600, second / 60 % 60, second % 60, micros));
        return Edges.of(
                any,
                least,
                most,
                "'0000-00-00'",
                "'2024-00-10 01:02:03.5'",
                // Around the hours that Berlin, New York and Lord Howe pass twice or not at all.
                "'2024-03-31 01:59:59.999999'",
                "'2024-03-31 02:30:00'",
                "'2024-10-27 02:30:00.5'",
                "'2024-11-03 01:30:00'",
                "'2024-10-06 02:15:00'",
                "'2024-02-29 23:59:59.000001'",
                "'2024-01-01 00:00:00.999999'");
    }

    private static Arbitrary<String> times() {
        Arbitrary<String> any = Combinators.combine(
                        Arbitraries.of("", "-"),
                        Arbitraries.integers().between(0, 838 * 3600),
                        Arbitraries.integers().between(0, 999_999))
                .as((sign, second, micros) -> String.format(
                        "'%s%02d:%02d:%02d.%06d'", sign, second / 3600, second / 60 % 60, second % 60, micros));
        return Edges.of(
                any, "'-838:59:59'", "'838:59:59'", "'00:00:00'", "'-00:00:00.000001'", "'24:00:00'", "'-01:00:00.5'");
    }

    private static Arbitrary<Column> fractional(String type, Arbitrary<String> literals) {
        String wide = "CAST(CAST(%s AS " + (type.equals("time") ? "TIME(6)" : "DATETIME(6)") + ") AS CHAR)";
        return Arbitraries.integers()
                .between(0, 6)
                .flatMap(digits -> Column.of(
                        type + "(" + digits + ")" + (type.equals("timestamp") ? " NULL" : ""),
                        type + "(6)" + (type.equals("timestamp") ? " NULL" : ""),
                        wide,
                        literals));
    }

    /** @param alphabet what it can hold, and what is easily broken in it */
    private record Charset(String name, String alphabet) {
        String last() {
            return alphabet.substring(alphabet.offsetByCodePoints(alphabet.length(), -1));
        }
    }

    private static final String COMMON = "aAzZ09 \0\n\r\t\\'\"%_`;\u001a";
    private static final List<Charset> CHARSETS = List.of(
            new Charset("latin1", COMMON + "äÄßÿ€é"),
            new Charset("latin1 collate latin1_german2_ci", COMMON + "äÄßÿ€é"),
            new Charset("latin2 collate latin2_czech_cs", COMMON + "čřž"),
            new Charset("ascii", COMMON),
            new Charset("cp1251", COMMON + "Яж"),
            // Characters whose second byte is a backslash, too.
            new Charset("gbk", COMMON + "中文國運誠"),
            new Charset("gb18030", COMMON + "中文運😀"),
            new Charset("big5", COMMON + "中功許"),
            new Charset("sjis", COMMON + "表能ソあ"),
            new Charset("ujis", COMMON + "あ中"),
            new Charset("euckr", COMMON + "한국"),
            new Charset("utf8mb3", COMMON + "äß中é\u0301"),
            new Charset("ucs2", COMMON + "äß中"),
            new Charset("utf16", COMMON + "äß中😀"),
            new Charset("utf16le", COMMON + "äß中😀"),
            new Charset("utf32", COMMON + "äß中😀"),
            new Charset("utf8mb4", COMMON + "äß中😀e\u0301👩\u200d🚀"),
            new Charset("utf8mb4 collate utf8mb4_bin", COMMON + "äß中😀"),
            new Charset("utf8mb4 collate utf8mb4_0900_bin", COMMON + "äß中😀"),
            new Charset("utf8mb4 collate utf8mb4_unicode_ci", COMMON + "äß中😀\u00ad"));

    private static Arbitrary<Column> text() {
        return Combinators.combine(
                        Arbitraries.of(CHARSETS),
                        Arbitraries.of("char", "varchar"),
                        Arbitraries.integers().between(1, 200),
                        Arbitraries.of("varchar(%d)", "text", "longtext"),
                        Arbitraries.of(true, false))
                .flatAs((charset, type, length, to, recoded) -> Column.of(
                        type + "(" + length + ") character set " + charset.name(),
                        to.replace("%d", String.valueOf(length + 60)) + " character set "
                                + (recoded ? "utf8mb4" : charset.name()),
                        TEXT,
                        Edges.of(
                                Edges.text(charset.alphabet(), length).map(AnyColumn::literal),
                                "''",
                                literal(" "),
                                literal("a"),
                                literal("\0"),
                                literal(charset.last().repeat(length)),
                                literal(" ".repeat(length)))));
    }

    /** As bytes of UTF-8: neither the driver's nor the server's reading of quotes is in between. */
    private static String literal(String text) {
        return text.isEmpty() ? "''" : "_utf8mb4 x'" + Edges.hex(text) + "'";
    }

    private static Arbitrary<Column> longText() {
        return Combinators.combine(Arbitraries.of("mediumtext", "longtext"), Arbitraries.of("latin1", "gbk", "utf8mb4"))
                .flatAs((type, charset) -> Column.of(
                        type + " character set " + charset,
                        "longtext character set utf8mb4",
                        TEXT,
                        Edges.of(
                                Edges.text(COMMON, 50).map(AnyColumn::literal),
                                "''",
                                "REPEAT('long ', 30000)",
                                "CONCAT(REPEAT('x', 65536), ' ')")));
    }

    private static Arbitrary<Column> binary() {
        return Arbitraries.integers()
                .between(1, 200)
                .flatMap(length -> Arbitraries.of(
                                "binary(" + length + ")",
                                "varbinary(" + length + ")",
                                "tinyblob",
                                "blob",
                                "mediumblob",
                                "longblob")
                        .flatMap(type -> {
                            Arbitrary<String> any = Edges.bytes(length).map(hex -> "x'" + hex + "'");
                            Arbitrary<String> some = Edges.of(
                                    any, "x''", "x'00'", "x'20'", "x'ff'", "x'275c'", "x'" + "00".repeat(length) + "'");
                            boolean roomy = type.startsWith("medium") || type.startsWith("long");
                            return Column.of(
                                    type,
                                    type.startsWith("binary") || type.startsWith("varbinary")
                                            ? "varbinary(300)"
                                            : "longblob",
                                    BYTES,
                                    roomy ? Edges.of(some, "REPEAT(x'00ff27', 40000)") : some);
                        }));
    }

    private static final List<String> LABELS = List.of(
            "a", "A b", "it''s", "\"q\"", "ä", "ß", "back\\\\slash", "new\\nline", "1", "0", "`", "(x)", "DEFAULT 5");

    private static Arbitrary<Column> enumeration() {
        return Combinators.combine(
                        Arbitraries.shuffle(LABELS),
                        Arbitraries.integers().between(1, LABELS.size() - 1),
                        Arbitraries.of("latin1", "utf8mb4 collate utf8mb4_bin", "utf8mb3 collate utf8mb3_bin"),
                        Arbitraries.of(true, false))
                .flatAs((labels, size, charset, recoded) -> {
                    List<String> some = labels.subList(0, size);
                    return Column.of(
                            "enum" + list(some) + " character set " + collated(charset),
                            "enum" + list(labels) + " character set "
                                    + (recoded ? "utf8mb4 collate utf8mb4_bin" : collated(charset)),
                            LABEL,
                            // The empty string of a value that was none, and labels by their numbers.
                            Edges.of(
                                    Arbitraries.integers().between(1, size).map(String::valueOf),
                                    "0",
                                    "'nosuch'",
                                    String.valueOf(size)));
                });
    }

    private static Arbitrary<Column> set() {
        return Combinators.combine(
                        Arbitraries.shuffle(LABELS),
                        Arbitraries.integers().between(1, LABELS.size() - 1),
                        Arbitraries.of("latin1", "utf8mb4 collate utf8mb4_bin"))
                .flatAs((labels, size, charset) -> Column.of(
                        "set" + list(labels.subList(0, size)) + " character set " + collated(charset),
                        "set" + list(labels) + " character set " + collated(charset),
                        LABEL,
                        Edges.of(
                                Arbitraries.integers()
                                        .between(0, (1 << size) - 1)
                                        .map(String::valueOf),
                                "''",
                                "'nosuch'",
                                String.valueOf((1 << size) - 1))));
    }

    /** Labels that differ in case only need a collation that tells them apart. */
    private static String collated(String charset) {
        return charset.equals("latin1") ? "latin1 collate latin1_bin" : charset;
    }

    private static String list(List<String> labels) {
        return "('" + String.join("','", labels) + "')";
    }

    private static Arbitrary<Column> json() {
        Arbitrary<String> any =
                Edges.text("aä😀 ", 20).map(text -> "JSON_OBJECT('k', " + literal(text) + ", 'n', NULL)");
        return Column.of(
                "json",
                null,
                "CONCAT(JSON_TYPE(%s), ' ', JSON_STORAGE_SIZE(%s), ' ', HEX(CAST(%s AS CHAR)))",
                Edges.of(
                        any,
                        "'{\"b\": 1, \"a\": 2, \"a\": 3, \"\": {}, \"aa\": []}'",
                        "'null'",
                        "'[18446744073709551615, -9223372036854775808, 123456789012345678901234567890]'",
                        "'[1.0, 1e0, -0.0, 5e-324, 1.7976931348623157e308, 0.1]'",
                        "CAST(12345678901234567890123456789012345.000000000000000000000000000010 AS JSON)",
                        "CAST(CAST('2024-02-29' AS DATE) AS JSON)",
                        "JSON_ARRAY(CAST('-838:59:59' AS TIME), CAST('2024-02-29 23:59:59.999999' AS DATETIME(6)))",
                        "JSON_OBJECT('b', CAST(x'00ff' AS BINARY), 'bit', b'101')",
                        "'\"\\\\u0000\\\\ud83d\\\\ude00\"'",
                        "JSON_QUOTE(REPEAT('long ', 30000))",
                        "'true'"));
    }

    private static Arbitrary<Column> geometry() {
        Arbitrary<String> points = Combinators.combine(
                        Arbitraries.doubles().between(-90, 90),
                        Arbitraries.doubles().between(-90, 90))
                .as((x, y) -> "ST_GeomFromText('POINT(" + x + " " + y + ")', %srid)");
        Arbitrary<String> shapes = Edges.of(
                points,
                "ST_GeomFromText('LINESTRING(0 0, 1 1, 2.5 -3)', %srid)",
                "ST_GeomFromText('POLYGON((0 0, 0 10, 10 10, 10 0, 0 0), (2 2, 2 4, 4 4, 4 2, 2 2))', %srid)",
                "ST_GeomFromText('GEOMETRYCOLLECTION EMPTY', %srid)",
                "ST_GeomFromText('MULTIPOINT(1 1, -0.0 5e-324)', %srid)");
        return Arbitraries.of(
                        List.of("point", "0", ""),
                        List.of("point", "4326", " srid 4326"),
                        List.of("point", "3857", ""),
                        List.of("geometry", "4326", ""),
                        List.of("geometry", "0", " srid 0"),
                        List.of("geometry", "4326", " srid 4326"))
                .flatMap(kind -> Column.of(
                        kind.get(0) + kind.get(2),
                        "geometry" + kind.get(2),
                        "HEX(%s)",
                        (kind.get(0).equals("point") ? points : shapes).map(sql -> sql.replace("%srid", kind.get(1)))));
    }
}
