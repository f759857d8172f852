package dev.shoofly.database.postgres;

import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.model.KeyColumn;
import dev.shoofly.model.KeyDefinition;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.KeyText;
import dev.shoofly.model.KeyType;
import dev.shoofly.model.RowKey;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The shared key in SQL: how its canonical texts are selected, bound and compared. Values are bound as untyped text, so
 * that the server parses each with the column's own type. Aliases are given quoted or plain as they stand in the SQL.
 */
final class PostgresKeys {
    private final KeyDefinition definition;

    PostgresKeys(KeyDefinition definition) {
        this.definition = definition;
    }

    /** Which of the two tables a fragment speaks of. */
    enum Side {
        SOURCE,
        SHADOW;

        String name(KeyColumn column) {
            return quote(this == SOURCE ? column.sourceName() : column.shadowName());
        }

        String type(KeyColumn column) {
            return this == SOURCE ? column.sourceType() : column.shadowType();
        }
    }

    int size() {
        return definition.columns().size();
    }

    /** {@code a."id", a."region"} */
    String columns(Side side, String alias) {
        return list(column -> alias + "." + side.name(column), ", ");
    }

    /** The canonical texts, to be read by {@link #read}. */
    String texts(Side side, String alias) {
        return list(column -> text(column.type(), alias + "." + side.name(column)), ", ");
    }

    /** Canonical texts of arbitrary expressions, one per key column. */
    String textsOf(Function<KeyColumn, String> expression) {
        return list(column -> text(column.type(), expression.apply(column)), ", ");
    }

    /** {@code … AS k0, … AS k1}. */
    String numbered(Function<KeyColumn, String> expression) {
        return IntStream.range(0, size())
                .mapToObj(i -> expression.apply(definition.columns().get(i)) + " AS k" + i)
                .collect(Collectors.joining(", "));
    }

    private static String text(KeyType type, String expression) {
        return switch (type) {
            case INTEGER, DECIMAL, TEXT, UUID, BOOLEAN, ENUM, DATE, TIME, DATETIME -> expression + "::text";
            case BINARY -> "encode(" + expression + ", 'hex')";
            case TIMESTAMP_UTC -> "(" + expression + " AT TIME ZONE 'UTC')::text";
        };
    }

    RowKey read(ResultSet row, int firstColumn) throws SQLException {
        List<String> values = new ArrayList<>(size());
        for (int i = 0; i < size(); i++) {
            values.add(KeyText.canonical(definition.columns().get(i).type(), row.getString(firstColumn + i)));
        }
        return new RowKey(values);
    }

    /** The keys of all rows, each from the first column on. */
    List<RowKey> readAll(PreparedStatement statement) throws SQLException {
        List<RowKey> found = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                found.add(read(rows, 1));
            }
        }
        return found;
    }

    /**
     * Selects the canonical texts of the key of the range's {@code n}th source row; no row when there are not so many. Its
     * parameters are those of {@link #within}. The texts are made behind the limit, for one row and not for all that are counted.
     */
    String nth(String source, KeyRange range, int n) {
        return "SELECT " + textsOf(column -> "n.k" + definition.columns().indexOf(column)) + " FROM (SELECT "
                + numbered(column -> "s." + Side.SOURCE.name(column)) + " FROM " + source + " AS s WHERE "
                + within(Side.SOURCE, "s", range) + " ORDER BY " + columns(Side.SOURCE, "s") + " OFFSET " + (n - 1)
                + " LIMIT 1) AS n";
    }

    String orderDescending(Side side, String alias) {
        return list(column -> alias + "." + side.name(column) + " DESC", ", ");
    }

    /** A condition with one array parameter per key column; see {@link #bind(PreparedStatement, int, List)}. */
    String among(Side side, String alias) {
        if (size() == 1) {
            KeyColumn only = definition.columns().get(0);
            return alias + "." + side.name(only) + " = ANY (?::" + side.type(only) + "[])";
        }
        String arrays = list(column -> "?::" + side.type(column) + "[]", ", ");
        return "(" + columns(side, alias) + ") IN (SELECT * FROM unnest(" + arrays + "))";
    }

    /** The bound keys as rows of {@link #sameAsListed}, each with its {@code position} in the list, from 1. */
    String numberedList(Side side, String alias) {
        String arrays = list(column -> "?::" + side.type(column) + "[]", ", ");
        String names = IntStream.range(0, size()).mapToObj(i -> "k" + i).collect(Collectors.joining(", "));
        return "unnest(" + arrays + ") WITH ORDINALITY AS " + alias + " (" + names + ", position)";
    }

    /** Whether a source row has a key of {@link #numberedList}: by the column's own collation, which a list has none of. */
    String sameAsListed(String sourceAlias, String listAlias) {
        return IntStream.range(0, size())
                .mapToObj(i -> sourceAlias + "."
                        + Side.SOURCE.name(definition.columns().get(i)) + " = " + listAlias + ".k" + i)
                .collect(Collectors.joining(" AND "));
    }

    /** @return the next free parameter index */
    int bind(PreparedStatement statement, int index, List<RowKey> keys) throws SQLException {
        for (int i = 0; i < size(); i++) {
            statement.setObject(index + i, arrayLiteral(i, keys), Types.OTHER);
        }
        return index + size();
    }

    private String arrayLiteral(int column, List<RowKey> keys) {
        StringBuilder literal = new StringBuilder(keys.size() * 12).append('{');
        for (RowKey key : keys) {
            if (literal.length() > 1) {
                literal.append(',');
            }
            literal.append('"');
            String value = input(column, key);
            for (int i = 0; i < value.length(); i++) {
                char c = value.charAt(i);
                if (c == '"' || c == '\\') {
                    literal.append('\\');
                }
                literal.append(c);
            }
            literal.append('"');
        }
        return literal.append('}').toString();
    }

    private String input(int column, RowKey key) {
        String value = key.values().get(column);
        return definition.columns().get(column).type() == KeyType.BINARY ? "\\x" + value : value;
    }

    /** A condition with {@link #bind(PreparedStatement, int, KeyRange)}'s parameters. */
    String within(Side side, String alias, KeyRange range) {
        List<String> conditions = new ArrayList<>(2);
        if (range.lowerExclusive() != null) {
            conditions.add(compare(side, alias, ">"));
        }
        if (range.upperInclusive() != null) {
            conditions.add(compare(side, alias, "<="));
        }
        return conditions.isEmpty() ? "true" : String.join(" AND ", conditions);
    }

    private String compare(Side side, String alias, String operator) {
        String values = list(column -> "?::" + side.type(column), ", ");
        return size() == 1
                ? columns(side, alias) + " " + operator + " " + values
                : "(" + columns(side, alias) + ") " + operator + " (" + values + ")";
    }

    int bind(PreparedStatement statement, int index, KeyRange range) throws SQLException {
        return bindKey(statement, bindKey(statement, index, range.lowerExclusive()), range.upperInclusive());
    }

    private int bindKey(PreparedStatement statement, int index, @Nullable RowKey key) throws SQLException {
        if (key == null) {
            return index;
        }
        for (int i = 0; i < size(); i++) {
            statement.setObject(index + i, input(i, key), Types.OTHER);
        }
        return index + size();
    }

    /** For people: a condition with this key in it. */
    String isLiteral(Side side, String alias, RowKey key) {
        return IntStream.range(0, size())
                .mapToObj(i -> {
                    KeyColumn column = definition.columns().get(i);
                    // The reader's session need not be in UTC.
                    String zone = column.type() == KeyType.TIMESTAMP_UTC ? "+00" : "";
                    return alias + "." + side.name(column) + " = " + PostgresNames.literal(input(i, key) + zone) + "::"
                            + side.type(column);
                })
                .collect(Collectors.joining(" AND "));
    }

    /**
     * Whether a source row and a shadow row have one key. The shadow's side is cast, never the source's, so that the
     * source's index serves.
     */
    String same(String sourceAlias, String shadowAlias) {
        return list(
                column -> {
                    String shadow = shadowAlias + "." + Side.SHADOW.name(column);
                    String cast = column.sourceType().equals(column.shadowType()) ? "" : "::" + column.sourceType();
                    return sourceAlias + "." + Side.SOURCE.name(column) + " = " + shadow + cast;
                },
                " AND ");
    }

    /** As {@link #same}, with the cast on the source's side, so that the shadow's index serves. */
    String sameByShadow(String sourceAlias, String shadowAlias) {
        return list(
                column -> {
                    String source = sourceAlias + "." + Side.SOURCE.name(column);
                    String cast = column.sourceType().equals(column.shadowType()) ? "" : "::" + column.shadowType();
                    return shadowAlias + "." + Side.SHADOW.name(column) + " = " + source + cast;
                },
                " AND ");
    }

    /** {@code ("id", "region")} of the shadow, for ON CONFLICT. */
    String arbiter() {
        return list(Side.SHADOW::name, ", ");
    }

    KeyDefinition definition() {
        return definition;
    }

    private String list(Function<KeyColumn, String> each, String separator) {
        return definition.columns().stream().map(each).collect(Collectors.joining(separator));
    }
}
