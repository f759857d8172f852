package dev.shoofly.database.mysql;

import dev.shoofly.model.RowKey;
import java.io.ByteArrayOutputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds rows of the shadow by values that a unique index holds of them as a part of a column or as an expression. In a join
 * the server would read the whole shadow for that; only for constants of the statement it uses such an index. What is found
 * are candidates: LIKE, which stands for "begins with", can find more than the index calls equal, and under a collation
 * that equates strings of different lengths also less. Thread-safe.
 */
final class ConstantLookup {
    private static final int ROWS_AT_ONCE = 500;
    private final MigrationSql sql;
    private final TwinTable twin;

    ConstantLookup(MigrationSql sql, TwinTable twin) {
        this.sql = sql;
        this.twin = twin;
    }

    /**
     * How the values of one part become constants.
     *
     * @param placeholder of a value; constant for the server, in the part's own charset and collation
     */
    private record Constant(MySqlIndex.Part part, boolean binary, boolean number, String placeholder) {

        /** Empty where a constant would not be exact, or is not known to be. */
        static Optional<Constant> of(MySqlIndex.Part part, int type, String charset, String collation) {
            return switch (type) {
                case Types.TINYINT, Types.SMALLINT, Types.INTEGER, Types.BIGINT, Types.DECIMAL ->
                    Optional.of(new Constant(part, false, true, "?"));
                case Types.DATE, Types.TIME, Types.TIMESTAMP -> Optional.of(new Constant(part, false, false, "?"));
                case Types.BINARY, Types.VARBINARY, Types.LONGVARBINARY ->
                    Optional.of(new Constant(part, true, false, "?"));
                case Types.CHAR, Types.VARCHAR, Types.LONGVARCHAR ->
                    Optional.of(new Constant(
                            part,
                            false,
                            false,
                            (charset.equals("utf8mb4") ? "?" : "CONVERT(? USING " + charset + ")") + " COLLATE "
                                    + collation));
                default -> Optional.empty();
            };
        }

        /** @param column of the row, from 1; its value is not null */
        Object read(ResultSet row, int column) throws SQLException {
            if (number) {
                return row.getBigDecimal(column);
            }
            if (binary) {
                return part.prefix() == 0 ? row.getBytes(column) : beginsWith(row.getBytes(column));
            }
            String text = row.getString(column);
            return part.prefix() == 0 ? text : text.replaceAll("[\\\\%_]", "\\\\$0") + "%";
        }

        private static byte[] beginsWith(byte[] value) {
            ByteArrayOutputStream pattern = new ByteArrayOutputStream(value.length + 1);
            for (byte each : value) {
                if (each == '\\' || each == '%' || each == '_') {
                    pattern.write('\\');
                }
                pattern.write(each);
            }
            pattern.write('%');
            return pattern.toByteArray();
        }

        /** Over the unqualified columns of the shadow. */
        SqlText matches(Object value) {
            String column = part.column();
            return column == null || part.prefix() == 0
                    ? SqlText.of(part.value() + " = ").bind(placeholder, value)
                    : SqlText.of(MySqlNames.quote(column) + " LIKE ").bind(placeholder, value);
        }
    }

    /** Keys of shadow rows that may hold a value of the twin's rows; empty when constants cannot be had. */
    Optional<Set<RowKey>> candidates(Connection connection, MySqlIndex index) throws SQLException {
        List<Constant> constants = constants(connection, index);
        if (constants == null) {
            return Optional.empty();
        }
        Set<RowKey> found = new LinkedHashSet<>();
        List<SqlText> wanted = wanted(connection, index, constants);
        for (int at = 0; at < wanted.size(); at += ROWS_AT_ONCE) {
            SqlText any = new SqlText();
            for (SqlText row : wanted.subList(at, Math.min(wanted.size(), at + ROWS_AT_ONCE))) {
                any.add(any.toString().isEmpty() ? "" : " OR ").add(row);
            }
            found.addAll(SqlText.of("SELECT " + sql.shadowKey().texts("") + " FROM " + sql.shadow() + " FORCE INDEX ("
                            + MySqlNames.quote(index.name()) + ") WHERE ")
                    .add(any)
                    .list(connection, sql.shadowKey()::read));
        }
        return Optional.of(found);
    }

    /** Null where one of the parts has none; empty when the twin is. */
    private @Nullable List<Constant> constants(Connection connection, MySqlIndex index) throws SQLException {
        List<String> items = new ArrayList<>();
        for (MySqlIndex.Part part : index.parts()) {
            items.add(part.value() + ", CHARSET(" + part.value() + "), COLLATION(" + part.value() + ")");
        }
        String query = "SELECT " + String.join(", ", items) + " FROM " + twin.name() + " LIMIT 1";
        List<Constant> constants = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(query);
                ResultSet row = statement.executeQuery()) {
            if (!row.next()) {
                return constants;
            }
            for (int i = 0; i < index.parts().size(); i++) {
                int column = 3 * i + 1;
                Optional<Constant> constant = Constant.of(
                        index.parts().get(i),
                        row.getMetaData().getColumnType(column),
                        row.getString(column + 1),
                        row.getString(column + 2));
                if (constant.isEmpty()) {
                    return null;
                }
                constants.add(constant.get());
            }
        }
        return constants;
    }

    /** A condition for each row that has a value in every part; nothing is in the way of others. */
    private List<SqlText> wanted(Connection connection, MySqlIndex index, List<Constant> constants)
            throws SQLException {
        if (constants.isEmpty()) {
            return List.of();
        }
        return SqlText.of("SELECT DISTINCT "
                        + UniqueValues.numbered(index, i -> index.parts().get(i).value(), ", ") + " FROM "
                        + twin.name() + " WHERE " + TwinTable.EXTRA + " = 0 AND "
                        + UniqueValues.numbered(index, i -> index.parts().get(i).value() + " IS NOT NULL", " AND "))
                .list(connection, row -> {
                    SqlText all = SqlText.of("(");
                    for (int i = 0; i < constants.size(); i++) {
                        Constant constant = constants.get(i);
                        all.add(i == 0 ? "" : " AND ").add(constant.matches(constant.read(row, i + 1)));
                    }
                    return all.add(")");
                });
    }
}
