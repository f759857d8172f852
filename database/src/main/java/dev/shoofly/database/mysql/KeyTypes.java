package dev.shoofly.database.mysql;

import dev.shoofly.model.KeyEquality;
import dev.shoofly.model.KeyType;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Which columns can be part of the shared key, and how far equal values have equal texts. */
final class KeyTypes {
    private KeyTypes() {}

    /** Empty for types whose values do not match by value or have no canonical text: FLOAT, JSON, BIT, SET, … */
    static Optional<KeyType> of(MySqlColumn column) {
        return switch (column.dataType()) {
            case "tinyint", "smallint", "mediumint", "int", "bigint", "year" -> Optional.of(KeyType.INTEGER);
            case "decimal" -> Optional.of(KeyType.DECIMAL);
            case "char", "varchar" -> Optional.of(KeyType.TEXT);
            case "binary", "varbinary" -> Optional.of(KeyType.BINARY);
            case "enum" -> Optional.of(KeyType.ENUM);
            case "date" -> Optional.of(KeyType.DATE);
            case "time" -> Optional.of(KeyType.TIME);
            case "datetime" -> Optional.of(KeyType.DATETIME);
            case "timestamp" -> Optional.of(KeyType.TIMESTAMP_UTC);
            default -> Optional.empty();
        };
    }

    static KeyEquality equality(Connection connection, MySqlColumn column) throws SQLException {
        String collation = column.isText() ? column.collation() : null;
        if (collation == null) {
            return KeyEquality.EXACT;
        }
        if (collation.endsWith("_bin")) {
            return MySqlCatalog.padsBlanks(connection, collation) ? KeyEquality.PADDED : KeyEquality.EXACT;
        }
        // Older collations give every supplementary character one weight.
        return collation.contains("0900") || collation.contains("_520_")
                ? KeyEquality.DIGITS
                : KeyEquality.DIGITS_OF_BASIC_PLANE;
    }

    /**
     * Why a value of the source's column can become another value, or meet another order, in the shadow's; null when it
     * cannot. What merely might not fit is no obstacle: the copy would fail on it.
     */
    static @Nullable String obstacle(Connection connection, MySqlColumn source, MySqlColumn shadow)
            throws SQLException {
        Optional<KeyType> type = of(source);
        if (type.isEmpty()) {
            return source.dataType().toUpperCase(Locale.ROOT) + " values are not matched by value";
        }
        if (!of(shadow).equals(type)
                || source.dataType().equals("year") != shadow.dataType().equals("year")) {
            return "its type changes from " + source.columnType() + " to " + shadow.columnType();
        }
        if (source.collation() != null && !source.collation().equals(shadow.collation())) {
            return "its collation changes from " + source.collation() + " to " + shadow.collation();
        }
        if (losesValues(connection, type.get(), source, shadow)) {
            return "values change between " + source.columnType() + " and " + shadow.columnType();
        }
        return null;
    }

    private static boolean losesValues(Connection connection, KeyType type, MySqlColumn source, MySqlColumn shadow)
            throws SQLException {
        return switch (type) {
            case DECIMAL, TIME, DATETIME, TIMESTAMP_UTC -> shadow.scale() < source.scale();
            case BINARY ->
                // BINARY(n) is padded with zero bytes, which count in comparisons.
                shadow.dataType().equals("binary") && !shadow.columnType().equals(source.columnType());
            case TEXT -> cutsBlanks(source, shadow) && !padsBlanks(connection, source);
            case ENUM -> !startsWith(EnumLabels.of(shadow.columnType()), EnumLabels.of(source.columnType()));
            case INTEGER, DATE, UUID, BOOLEAN -> false;
        };
    }

    /** Strict mode lets trailing blanks that do not fit vanish; where they count, that is another key. */
    private static boolean cutsBlanks(MySqlColumn source, MySqlColumn shadow) {
        return shadow.length() < source.length()
                || (shadow.dataType().equals("char") && source.dataType().equals("varchar"));
    }

    private static boolean padsBlanks(Connection connection, MySqlColumn column) throws SQLException {
        return MySqlCatalog.padsBlanks(connection, String.valueOf(column.collation()));
    }

    private static boolean startsWith(List<String> labels, List<String> first) {
        return labels.size() >= first.size() && labels.subList(0, first.size()).equals(first);
    }
}
