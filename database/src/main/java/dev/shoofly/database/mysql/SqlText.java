package dev.shoofly.database.mysql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** A statement under construction: text and bound values grow together, so they cannot get out of step. */
final class SqlText {
    private final StringBuilder sql = new StringBuilder(256);
    private final List<Object> values = new ArrayList<>();

    static SqlText of(String sql, Object... values) {
        SqlText text = new SqlText();
        text.sql.append(sql);
        text.values.addAll(List.of(values));
        return text;
    }

    SqlText add(String more) {
        sql.append(more);
        return this;
    }

    SqlText add(SqlText more) {
        sql.append(more.sql);
        values.addAll(more.values);
        return this;
    }

    /** @param placeholder text with one question mark */
    SqlText bind(String placeholder, Object value) {
        sql.append(placeholder);
        values.add(value);
        return this;
    }

    List<Object> values() {
        return List.copyOf(values);
    }

    int update(Connection connection) throws SQLException {
        try (PreparedStatement statement = prepare(connection)) {
            return statement.executeUpdate();
        }
    }

    <T> List<T> list(Connection connection, RowReader<T> reader) throws SQLException {
        List<T> found = new ArrayList<>();
        try (PreparedStatement statement = prepare(connection);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                found.add(reader.read(rows));
            }
        }
        return found;
    }

    /** Runs a query for its locks or its existence. */
    boolean findsRow(Connection connection) throws SQLException {
        try (PreparedStatement statement = prepare(connection);
                ResultSet rows = statement.executeQuery()) {
            return rows.next();
        }
    }

    PreparedStatement prepare(Connection connection) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql.toString());
        try {
            for (int i = 0; i < values.size(); i++) {
                statement.setObject(i + 1, values.get(i));
            }
            return statement;
        } catch (SQLException e) {
            statement.close();
            throw e;
        }
    }

    @Override
    public String toString() {
        return sql.toString();
    }

    /** Makes a value of the row that the cursor is on. */
    @FunctionalInterface
    interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
    }
}
