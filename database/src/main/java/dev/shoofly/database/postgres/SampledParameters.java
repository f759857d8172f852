package dev.shoofly.database.postgres;

import dev.shoofly.database.postgres.SqlTokens.Token;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Values for the parameters of a statement whose own are not kept: where one is compared with a column of the source, that
 * column's value in some row of it, the same row for all. So a lookup finds something, as the application's mostly do. Parameters in
 * other places have no value; who does not know what a statement was asked for must not guess.
 */
final class SampledParameters {
    private static final int SAMPLED_PAGES = 20;
    private static final Set<String> COMPARES = Set.of("like", "ilike", "between", "not");

    private final Connection connection;
    private final TableName source;
    private final List<String> columns;

    SampledParameters(Connection connection, TableName source) throws SQLException {
        this.connection = connection;
        this.source = source;
        this.columns = PostgresCatalog.query(
                connection,
                "SELECT attname FROM pg_catalog.pg_attribute WHERE attrelid = ?::regclass AND attnum > 0"
                        + " AND NOT attisdropped ORDER BY attnum",
                row -> row.getString(1),
                PostgresNames.quote(source));
    }

    /** The statement with values; empty where a parameter stands that no column has a value for, or the table has no rows. */
    Optional<String> fill(String statement) throws SQLException {
        List<Token> tokens = SqlTokens.of(statement);
        Map<String, String> row = row();
        StringBuilder filled = new StringBuilder();
        int copied = 0;
        for (int i = 0; i + 1 < tokens.size(); i++) {
            if (!isParameter(tokens, i)) {
                continue;
            }
            String value = value(tokens, i, row);
            if (value == null) {
                return Optional.empty();
            }
            filled.append(statement, copied, tokens.get(i).start()).append(value);
            copied = tokens.get(i + 1).end();
        }
        return Optional.of(filled.append(statement, copied, statement.length()).toString());
    }

    static boolean isParameter(List<Token> tokens, int at) {
        return at + 1 < tokens.size()
                && tokens.get(at).isSymbol('$')
                && tokens.get(at).end() == tokens.get(at + 1).start()
                && Character.isDigit(tokens.get(at + 1).text().charAt(0));
    }

    private static @Nullable String value(List<Token> tokens, int at, Map<String, String> row) {
        if (at == 0) {
            return null;
        }
        Token before = tokens.get(at - 1);
        if (before.is("limit")) {
            return "100";
        }
        return before.is("offset") ? "0" : column(tokens, at - 1).map(row::get).orElse(null);
    }

    /** The column that the parameter behind this place is compared with. */
    private static Optional<String> column(List<Token> tokens, int before) {
        int i = before;
        if (i >= 3
                && tokens.get(i).is("and")
                && isParameter(tokens, i - 2)
                && tokens.get(i - 3).is("between")) {
            i -= 3;
        } else if (tokens.get(i).isSymbol('(') || tokens.get(i).isSymbol(',')) {
            while (i > 1 && (tokens.get(i).isSymbol(',') && isParameter(tokens, i - 2))) {
                i -= 3;
            }
            if (i < 1 || !tokens.get(i).isSymbol('(') || !tokens.get(i - 1).is("in")) {
                return Optional.empty();
            }
            i -= 2;
            return name(tokens, i >= 0 && tokens.get(i).is("not") ? i - 1 : i);
        }
        int compared = i;
        while (i > 0 && isComparison(tokens.get(i))) {
            i--;
        }
        return i == compared ? Optional.empty() : name(tokens, i);
    }

    private static Optional<String> name(List<Token> tokens, int at) {
        return at >= 0 && tokens.get(at).isIdentifier()
                ? Optional.of(tokens.get(at).identifier())
                : Optional.empty();
    }

    private static boolean isComparison(Token token) {
        return switch (token.kind()) {
            case SYMBOL -> "=<>!~*".indexOf(token.text().charAt(0)) >= 0;
            case WORD -> COMPARES.contains(token.text().toLowerCase(Locale.ROOT));
            case QUOTED, LITERAL -> false;
        };
    }

    /** A row of a few pages that are drawn: reading them costs the same in a table of any size. */
    private Map<String, String> row() throws SQLException {
        String name = PostgresNames.quote(source);
        String values = String.join(
                ", ",
                columns.stream()
                        .map(column -> "coalesce(quote_literal(" + PostgresNames.quote(column) + "::text), 'NULL')")
                        .toList());
        List<String> share = PostgresCatalog.query(
                connection,
                "SELECT least(100, 100.0 * " + SAMPLED_PAGES
                        + " / greatest(1, relpages))::real::text FROM pg_catalog.pg_class" + " WHERE oid = ?::regclass",
                row -> row.getString(1),
                name);
        List<Map<String, String>> drawn = rows("SELECT " + values + " FROM " + name + " TABLESAMPLE SYSTEM ("
                + share.get(0) + ") ORDER BY random() LIMIT 1");
        return drawn.isEmpty()
                ? rows("SELECT " + values + " FROM " + name + " LIMIT 1").stream()
                        .findFirst()
                        .orElse(Map.of())
                : drawn.get(0);
    }

    private List<Map<String, String>> rows(String query) throws SQLException {
        return new ArrayList<>(PostgresCatalog.query(connection, query, row -> {
            Map<String, String> found = new TreeMap<>();
            for (int i = 0; i < columns.size(); i++) {
                found.put(columns.get(i), row.getString(i + 1));
            }
            return found;
        }));
    }
}
