package dev.shoofly.database.postgres;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * 64 bits of a row that are the same on both sides wherever the texts of all its values are, and practically never otherwise. They
 * may differ where the texts are equal, such as between two kinds of NaN: who compares them looks at the rows then.
 */
final class RowHash {
    private static final Pattern MODIFIER = Pattern.compile("\\([^)]*\\)");

    /**
     * Types whose text is made from their bytes alone, by a call that yields these. Their own hashes will not do: that of bigint, and
     * so of timestamps, folds the upper half over the lower one (-1 is 4294967295), and others call what is "equal" the same.
     */
    private static final Map<String, String> SENDING = Map.ofEntries(
            Map.entry("bigint", "int8send"),
            Map.entry("real", "float4send"),
            Map.entry("double precision", "float8send"),
            Map.entry("numeric", "numeric_send"),
            Map.entry("interval", "interval_send"),
            Map.entry("time without time zone", "time_send"),
            Map.entry("time with time zone", "timetz_send"),
            Map.entry("timestamp without time zone", "timestamp_send"),
            Map.entry("timestamp with time zone", "timestamptz_send"));

    /** Types whose own hash is one of all their bytes. */
    private static final Map<String, String> HASHED_WHOLE = Map.of(
            "boolean", "bool", "smallint", "int2", "integer", "int4", "date", "date", "uuid", "uuid", "bytea", "bytea");

    private RowHash() {}

    /** Whether a server can; before 14 it has no hash of a record. */
    static boolean isKnownTo(int majorVersion) {
        return majorVersion >= 14;
    }

    /** What stands for a value in its row: NULL for NULL and nothing else. */
    static String element(String value, String type) {
        String plain = MODIFIER.matcher(type).replaceAll("");
        String sending = SENDING.get(plain);
        if (sending != null) {
            return "pg_catalog." + sending + "(" + value + ")";
        }
        String whole = HASHED_WHOLE.get(plain);
        if (whole != null) {
            // Somebody's own type of that name, in a schema before pg_catalog, must not bring its hash.
            return "(" + value + ")::pg_catalog." + whole;
        }
        return text(value);
    }

    /** Compared by its bytes: some collations call others equal, and two different ones cannot be compared with each other. */
    static String text(String value) {
        return "(" + value + ")::pg_catalog.text COLLATE pg_catalog.\"C\"";
    }

    /**
     * A bigint. The record's hash adds up those of its columns, each times another number, so that a sum over it would not
     * notice when two rows exchange a value: it is hashed again, whole, as the seed.
     */
    static String of(List<String> elements) {
        return "pg_catalog.hashint4extended(0, pg_catalog.hash_record_extended(ROW("
                + elements.stream().collect(Collectors.joining(", ")) + "), 0))";
    }
}
