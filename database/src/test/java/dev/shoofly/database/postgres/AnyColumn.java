package dev.shoofly.database.postgres;

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
import org.jspecify.annotations.Nullable;

/** Columns of every type of PostgreSQL, with the alterations that widen them. */
final class AnyColumn {
    /** What the client-server protocol would carry: the type and every bit of the value. */
    static final String BYTES = "encode(record_send(ROW(%s)), 'hex')";

    private static final String TEXT = "%s::text";

    private AnyColumn() {}

    /** Types that the columns below need. */
    static final String[] TYPES = {
        "CREATE TYPE mood AS ENUM ('', 'sad', 'so so', 'gl\"a,d''', 'ä')",
        "CREATE DOMAIN code AS varchar(9) COLLATE \"C\" CHECK (VALUE <> 'never')",
        "CREATE DOMAIN positives AS int[] CHECK (0 < ALL (VALUE))",
        "CREATE TYPE pair AS (a int, \"b c\" text, d numeric[])",
        "CREATE TYPE floats AS RANGE (subtype = float8, subtype_diff = float8mi)",
        "CREATE COLLATION caseless (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
    };

    /** One table's columns: each type at least once. */
    static Arbitrary<List<Column>> ofEachType(List<String> extensions) {
        List<Arbitrary<Column>> all = new ArrayList<>();
        all.add(integer("smallint", 16, "int", "bigint", "numeric"));
        all.add(integer("int", 32, "bigint", "numeric(40,3)", "bigint"));
        all.add(integer("bigint", 64, "numeric", "numeric(20,0)", "numeric"));
        IntStream.range(0, 2).forEach(i -> all.add(numeric()));
        all.add(Column.of("numeric", null, BYTES, numbers()));
        all.add(fixed("numeric(3,-2)", "numeric", "trim_scale(%s)::text", "99900", "-100", "0", "'NaN'", "49"));
        all.add(fixed("numeric(2,5)", "numeric", "trim_scale(%s)::text", "0.00099", "-0.00001", "0.000005"));
        all.add(floats("real", "'3.4028235e38'", "'-3.4028235e38'", "'1e-45'", "'1.17549435e-38'", "'16777217'"));
        all.add(floats(
                "double precision",
                "'1.7976931348623157e308'",
                "'5e-324'",
                "'2.2250738585072014e-308'",
                "'9007199254740993'"));
        IntStream.range(0, 3).forEach(i -> all.add(text()));
        all.add(big());
        IntStream.range(0, 3).forEach(i -> all.add(moments()));
        all.add(times());
        all.add(interval());
        all.add(dates());
        IntStream.range(0, 2).forEach(i -> all.add(bits()));
        plain().forEach(all::add);
        all.add(fixed(
                "xml",
                "text",
                TEXT,
                "'<a/>'",
                "'<?xml version=\"1.0\"?><a>ä</a>'",
                "'only text &lt;'",
                "''",
                "'<a b=\"&#10;\"/> <b/>'"));
        if (extensions.contains("citext")) {
            all.add(fixed("citext", "text", TEXT, "'a'", "'A'", "'ä '", "''"));
        }
        if (extensions.contains("hstore")) {
            all.add(fixed("hstore", "text", TEXT, "'b=>1, a=>NULL, a=>2'", "''", "'\"x\\\"y\"=>\"NULL\"'"));
        }
        return Combinators.combine(all).as(columns -> columns);
    }

    private static Arbitrary<Column> fixed(String type, @Nullable String becomes, String kept, String... literals) {
        return Column.of(type, becomes, kept, Arbitraries.of(literals));
    }

    private static Arbitrary<Column> same(String type, String... literals) {
        return fixed(type, null, BYTES, literals);
    }

    private static Arbitrary<Column> integer(String type, int bits, String... wider) {
        BigInteger top = BigInteger.ONE.shiftLeft(bits - 1);
        Arbitrary<String> any = Arbitraries.bigIntegers()
                .between(top.negate(), top.subtract(BigInteger.ONE))
                .map(String::valueOf);
        return Arbitraries.of(wider)
                .flatMap(to -> Column.of(
                        type,
                        to,
                        "trim_scale(%s::numeric)::text",
                        Edges.of(
                                any,
                                top.negate().toString(),
                                top.subtract(BigInteger.ONE).toString(),
                                "0",
                                "-1")));
    }

    private static Arbitrary<Column> numeric() {
        return Arbitraries.integers()
                .between(1, 100)
                .flatMap(precision -> Arbitraries.integers()
                        .between(0, precision)
                        .flatMap(scale -> Arbitraries.of(
                                        "numeric", "numeric(" + (precision + 40) + "," + (scale + 20) + ")")
                                .flatMap(to -> Column.of(
                                        "numeric(" + precision + "," + scale + ")",
                                        to,
                                        "trim_scale(%s)::text",
                                        Edges.of(
                                                Edges.decimal(precision, scale).map(digits -> "'" + digits + "'"),
                                                "'NaN'",
                                                "0",
                                                "'-0.0'")))));
    }

    private static Arbitrary<String> numbers() {
        return Edges.of(
                Edges.decimal(40, 20).map(digits -> "'" + digits + "'"),
                "'NaN'",
                "'Infinity'",
                "'-Infinity'",
                "repeat('9', 1000)::numeric",
                "('0.' || repeat('0', 999) || '10')::numeric",
                "'1.50'",
                "'1.5'",
                "'1e-16383'",
                "'1e131071'",
                "'0.000'");
    }

    private static Arbitrary<Column> floats(String type, String... edges) {
        Arbitrary<String> any = Arbitraries.doubles().between(-1e30, 1e30).map(number -> "'" + number + "'");
        Arbitrary<String> special = Arbitraries.of("'NaN'", "'Infinity'", "'-Infinity'", "'-0'", "'0.1'");
        return Column.of(
                type,
                type.equals("real") ? "double precision" : null,
                "encode(float8send(%s), 'hex')",
                Arbitraries.oneOf(Edges.of(any, edges), special));
    }

    private static Arbitrary<Column> text() {
        return Combinators.combine(
                        Arbitraries.of(
                                "varchar(%d)",
                                "char(%d)",
                                "text",
                                "varchar",
                                "text COLLATE caseless",
                                "varchar(%d) COLLATE \"C\"",
                                "bpchar",
                                "code"),
                        Arbitraries.integers().between(4, 60),
                        Arbitraries.of("text", "varchar(90)"))
                .flatAs((type, n, to) -> {
                    int length = type.equals("code") ? Math.min(n, 9) : n;
                    String collation = type.contains("COLLATE")
                            ? type.substring(type.indexOf(" COLLATE"))
                            : type.equals("code") ? " COLLATE \"C\"" : "";
                    Arbitrary<String> any = Edges.text("aA \n\t\\'\"%_,{}()äß中😀e\u0301\u200d\u001a", length)
                            .map(text -> "convert_from('\\x" + Edges.hex(text) + "', 'UTF8')");
                    return Column.of(
                            type.replace("%d", String.valueOf(length)),
                            to + collation,
                            "rtrim(%s::text)",
                            Edges.of(
                                    any,
                                    "''",
                                    "' '",
                                    "'a'",
                                    "'NULL'",
                                    "'" + " ".repeat(length) + "'",
                                    "'" + "ß".repeat(length) + "'"));
                });
    }

    private static Arbitrary<Column> big() {
        return Arbitraries.of("text", "bytea", "text COMPRESSION pglz", "jsonb", "json")
                .flatMap(type -> {
                    boolean bytes = type.equals("bytea");
                    boolean json = type.startsWith("json");
                    String wrap = bytes ? "convert_to(%s, 'UTF8')" : json ? "to_json(%s)::" + type : "%s";
                    return Column.of(
                            type,
                            null,
                            BYTES,
                            Arbitraries.of(
                                            "repeat('long ', 30000)",
                                            "(SELECT string_agg(md5(i::text), '') FROM generate_series(1, 4000) i)",
                                            "repeat('ä', 1100)",
                                            "'short'::text")
                                    .map(literal -> wrap.replace("%s", literal)));
                });
    }

    private static Arbitrary<Column> moments() {
        Arbitrary<String> any = Combinators.combine(
                        Arbitraries.integers().between(1000 * 12, 3000 * 12),
                        Arbitraries.integers().between(1, 28),
                        Arbitraries.integers().between(0, 86_399),
                        Arbitraries.integers().between(0, 999_999))
                .as((month, day, second, micros) -> String.format(
                        "'%04d-%02d-%02d %02d:%02d:%02d.%06d'",
                        month / 12, month % 12 + 1, day, second / 3600, second / 60 % 60, second % 60, micros));
        Arbitrary<String> literals = Edges.of(
                any,
                "'infinity'",
                "'-infinity'",
                "'4713-01-02 00:00:00 BC'",
                "'294276-12-30 23:59:59.999999'",
                "'0001-12-31 00:00:00 BC'",
                "'1582-10-10'",
                // Hours that Berlin, New York and Lord Howe pass twice or not at all.
                "'2024-03-31 02:30:00'",
                "'2024-10-27 02:30:00.5'",
                "'2024-11-03 01:30:00'",
                "'2024-10-06 02:15:00'",
                "'1999-12-31 23:59:59.999999'");
        return Combinators.combine(
                        Arbitraries.of("timestamp", "timestamptz"),
                        Arbitraries.integers().between(0, 6))
                .flatAs((type, digits) -> Column.of(type + "(" + digits + ")", type + "(6)", TEXT, literals));
    }

    private static Arbitrary<Column> times() {
        return Combinators.combine(
                        Arbitraries.of("time", "timetz"), Arbitraries.integers().between(0, 6))
                .flatAs((type, digits) -> fixed(
                        type + "(" + digits + ")",
                        type + "(6)",
                        TEXT,
                        "'00:00:00'",
                        "'24:00:00'",
                        "'23:59:59.999999'",
                        type.equals("time") ? "'13:05:09.25'" : "'13:05:09.25-15:59:59'",
                        type.equals("time") ? "'00:00:00.000001'" : "'00:00:00.000001+15:59:59'"));
    }

    private static Arbitrary<Column> interval() {
        return Arbitraries.of(
                        "interval", "interval(0)", "interval(3)", "interval year to month", "interval day to second(2)")
                .flatMap(type -> fixed(
                        type,
                        "interval",
                        TEXT,
                        "'178000000 years'",
                        "'-178000000 years'",
                        "'1 mon -1 day 00:00:00.000001'",
                        "'-1 mons +30 days -00:00:00.5'",
                        "'0'",
                        "'720:00:00'",
                        "'1 day 24:00:00'"));
    }

    private static Arbitrary<Column> dates() {
        return fixed(
                "date",
                "timestamp",
                "%s::timestamp::text",
                "'infinity'",
                "'-infinity'",
                "'4713-01-01 BC'",
                "'294276-12-31'",
                "'2024-02-29'",
                "'0001-01-01'",
                "'1582-10-10'");
    }

    private static Arbitrary<Column> bits() {
        return Combinators.combine(
                        Arbitraries.of("bit", "bit varying"),
                        Arbitraries.integers().between(1, 130))
                .flatAs((type, length) -> {
                    Arbitrary<String> any = Arbitraries.of("0", "1")
                            .list()
                            .ofSize(length)
                            .map(bits -> "B'" + String.join("", bits) + "'");
                    String other = type.equals("bit") ? "B'" + "0".repeat(length) + "'" : "''";
                    return Column.of(
                            type + "(" + length + ")",
                            "bit varying(200)",
                            TEXT,
                            Edges.of(
                                    any, other, "B'" + "1".repeat(length) + "'", "B'1" + "0".repeat(length - 1) + "'"));
                });
    }

    private static Stream<Arbitrary<Column>> plain() {
        return Stream.of(
                same("boolean", "true", "false"),
                fixed(
                        "money",
                        "numeric",
                        "%s::numeric::text",
                        "'-92233720368547758.08'",
                        "'92233720368547758.07'",
                        "'0.01'"),
                fixed("\"char\"", "text", TEXT, "''", "'a'", "' '", "'~'"),
                fixed("name", "text", TEXT, "''", "'" + "n".repeat(63) + "'", "'a b'"),
                same("bytea", "'\\x'", "'\\x00'", "'\\x5c27'", "'\\xff'"),
                fixed(
                        "uuid",
                        "text",
                        TEXT,
                        "'00000000-0000-0000-0000-000000000000'",
                        "'FFFFFFFF-ffff-ffff-ffff-ffffffffffff'"),
                same("inet", "'10.0.0.1/8'", "'10.0.0.1'", "'::ffff:1.2.3.4/128'", "'::/0'"),
                fixed("cidr", "inet", "host(%s) || '/' || masklen(%s)", "'10/8'", "'10.1.2.3/32'", "'::/0'"),
                same("macaddr", "'08:00:2b:01:02:03'", "'00-00-00-00-00-00'"),
                same("macaddr8", "'08:00:2b:01:02:03:04:05'", "'08002b010203'"),
                fixed(
                        "json",
                        "text",
                        TEXT,
                        "'{\"b\":1, \"a\":2,  \"a\":3}'",
                        "' 1.0e0 '",
                        "'\"\\u0000\\ud83d\\ude00\"'",
                        "'null'",
                        "'[1E400, -0.0, 18446744073709551616]'"),
                fixed(
                        "jsonb",
                        "text",
                        TEXT,
                        "'{\"b\":1, \"a\":2,  \"a\":3, \"\":{}}'",
                        "' 1.00 '",
                        "'\"\\ud83d\\ude00\"'",
                        "'null'",
                        "'[1E400, -0.0, 18446744073709551616]'"),
                same("jsonpath", "'$.a[*] ? (@ > 1)'", "'strict $'"),
                same(
                        "tsvector",
                        "''",
                        "'''a'':1A,2 ''b c'':3'",
                        "'x y'",
                        "to_tsvector('simple', repeat('long words ', 2000))"),
                same("tsquery", "''", "'''a b'' & !c:*A | d <2> e'"),
                fixed("mood", "text", TEXT, "''", "'sad'", "'so so'", "'gl\"a,d'''", "'ä'"),
                fixed(
                        "int[]",
                        "bigint[]",
                        TEXT,
                        "'{}'",
                        "'{NULL}'",
                        "'[0:1][-3:-2]={{1,NULL},{3,4}}'",
                        "'{2147483647,-2147483648}'"),
                fixed(
                        "varchar(9)[]",
                        "text[]",
                        TEXT,
                        "'{}'",
                        "'{\"a,b\",\"\\\"\",NULL,\"NULL\",\"\",\" \"}'",
                        "'[2:2]={x}'"),
                same("double precision[]", "'{NaN,-0,5e-324,-Infinity}'", "'{}'"),
                same("timestamptz[]", "'{infinity,\"2024-10-27 02:30:00.5\"}'"),
                same("numeric(12,3)[]", "'{1.5,NaN}'", "'{{1.500,2}}'"),
                same(
                        "pair",
                        "'(,,)'",
                        "'(1,\"x,\"\"y\",\"{1.50,NaN}\")'",
                        "'(,\"\",{})'",
                        "ROW(1, repeat('long ', 30000), NULL)::pair"),
                same("pair[]", "'{\"(1,a,)\",NULL}'", "'{}'"),
                fixed("positives", "int[]", TEXT, "'{}'", "'{1,2}'", "'[5:6]={1,2}'"),
                same("int4range", "'empty'", "'(,)'", "'[1,5]'", "'(,2147483647)'"),
                same("numrange", "'[1.50,NaN]'", "'(1.0,1.00)'", "'[1.0,1.00]'", "'[,1e1000)'"),
                same("daterange", "'[-infinity,infinity]'", "'[2024-02-29,)'"),
                same("tstzrange", "'[\"2024-10-27 02:30:00\",infinity)'", "'empty'"),
                same("floats", "'[-0,0]'", "'(,NaN)'"),
                same("int8multirange", "'{}'", "'{[1,2),[5,)}'", "'{(,)}'"),
                same("nummultirange", "'{[1.50,2.0]}'", "'{}'"),
                same("floats[]", "'{\"[1,2)\",empty,NULL}'"),
                same("point", "'(-0,NaN)'", "'(Infinity,5e-324)'"),
                same("line", "'{1,-1,0}'"),
                same("lseg", "'[(0,-0),(1,1e300)]'"),
                same("box", "'(1,1),(0,-0)'"),
                same("box[]", "'{(1,1),(0,0);(2,2),(1,1)}'"),
                same("path", "'[(0,0),(1,1)]'", "'((0,0),(1,1))'"),
                same("polygon", "'((0,0),(1,1),(0.1,-0))'"),
                same("circle", "'<(1,2),0>'", "'<(1,2),Infinity>'"),
                fixed("oid", "bigint", "%s::bigint::text", "'4294967295'", "0"),
                same("xid8", "'18446744073709551615'", "'0'"),
                same("pg_lsn", "'FFFFFFFF/FFFFFFFF'", "'0/0'"),
                same("pg_snapshot", "'10:20:10,14'"),
                same("tid", "'(4294967295,65535)'"),
                same("regclass", "'pg_class'", "0"),
                same("int2vector", "'1 2 3'", "''"),
                same("refcursor", "''", "'x'"));
    }
}
