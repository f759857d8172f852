package dev.shoofly.database.postgres;

import dev.shoofly.model.KeyEquality;
import dev.shoofly.model.KeyType;
import java.util.Optional;

/** Which column types may stand in a key, and what "equal" means for them. */
final class KeyColumnTypes {
    private KeyColumnTypes() {}

    /** The family of the column's type; empty when its values have no canonical text. */
    static Optional<KeyType> family(TableFacts.Column column) {
        if (column.baseKind().equals("e")) {
            return Optional.of(KeyType.ENUM);
        }
        return switch (column.baseName()) {
            case "int2", "int4", "int8" -> Optional.of(KeyType.INTEGER);
            case "numeric" -> Optional.of(KeyType.DECIMAL);
            case "text", "varchar", "bpchar", "citext" -> Optional.of(KeyType.TEXT);
            case "bytea" -> Optional.of(KeyType.BINARY);
            case "uuid" -> Optional.of(KeyType.UUID);
            case "bool" -> Optional.of(KeyType.BOOLEAN);
            case "date" -> Optional.of(KeyType.DATE);
            case "time" -> Optional.of(KeyType.TIME);
            case "timestamp" -> Optional.of(KeyType.DATETIME);
            case "timestamptz" -> Optional.of(KeyType.TIMESTAMP_UTC);
            default -> Optional.empty();
        };
    }

    static KeyEquality equality(TableFacts.Column column) {
        if (column.baseName().equals("citext") || !column.deterministic()) {
            return KeyEquality.DIGITS;
        }
        return column.baseName().equals("bpchar") ? KeyEquality.PADDED : KeyEquality.EXACT;
    }

    /**
     * Why equal values on one side would not be equal, or not in the same order, on the other.
     *
     * @return empty when the two columns match
     */
    static Optional<String> mismatch(TableFacts.Column source, TableFacts.Column shadow) {
        Optional<KeyType> family = family(source);
        if (family.isEmpty()) {
            return Optional.of("its type " + source.type() + " has no exact text form");
        }
        boolean widenedToDecimal =
                family.get() == KeyType.INTEGER && shadow.baseName().equals("numeric") && shadow.modifier() < 0;
        boolean sameFamily = family.equals(family(shadow))
                && (family.get() != KeyType.ENUM || source.baseType().equals(shadow.baseType()));
        if (!sameFamily && !widenedToDecimal) {
            return Optional.of("its type changes from " + source.type() + " to " + shadow.type()
                    + ", so keys of the two sides cannot be matched");
        }
        if (family.get() == KeyType.TEXT) {
            return textMismatch(source, shadow);
        }
        boolean rounded = switch (family.get()) {
            case DECIMAL -> scale(shadow) < scale(source);
            case TIME, DATETIME, TIMESTAMP_UTC -> shadow.modifier() >= 0 && precision(shadow) < precision(source);
            case INTEGER, TEXT, BINARY, UUID, BOOLEAN, ENUM, DATE -> false;
        };
        return rounded
                ? Optional.of("its type " + shadow.type() + " rounds values of " + source.type())
                : Optional.empty();
    }

    private static Optional<String> textMismatch(TableFacts.Column source, TableFacts.Column shadow) {
        if (source.collation() != shadow.collation()) {
            return Optional.of("its collation changes, and with it the order of the keys");
        }
        boolean kindChanges = !kind(source).equals(kind(shadow));
        boolean shorter = shadow.modifier() >= 0 && (source.modifier() < 0 || shadow.modifier() < source.modifier());
        if (kindChanges || shorter) {
            return Optional.of("values of " + source.type() + " can lose blanks in " + shadow.type());
        }
        return Optional.empty();
    }

    private static String kind(TableFacts.Column column) {
        return column.baseName().equals("varchar") ? "text" : column.baseName();
    }

    /** Digits after the point; many for an unlimited numeric. */
    private static int scale(TableFacts.Column column) {
        int modifier = column.modifier();
        // The low eleven bits of the modifier less its offset are the scale, signed since PostgreSQL 15.
        return modifier < 0 ? Integer.MAX_VALUE : ((((modifier - 4) & 0x7ff) ^ 1024) - 1024);
    }

    private static int precision(TableFacts.Column column) {
        return column.modifier() < 0 ? 6 : column.modifier();
    }
}
