package dev.shoofly.database.postgres;

import dev.shoofly.database.connection.ConnectionPool;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.postgres.SqlTokens.Kind;
import dev.shoofly.database.postgres.SqlTokens.Token;
import dev.shoofly.database.replay.Judgement;
import dev.shoofly.database.replay.Read;
import dev.shoofly.database.replay.Words;
import dev.shoofly.model.KeyColumn;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What the server reads in a statement. It is given the statement as the body of a temporary view, in a transaction that is rolled
 * back. That runs nothing, admits nothing but one query that writes nothing by itself, and yields the server's own reading: its
 * tree tells every function, through views as well, and its text names each table with its schema, wherever the application's
 * search path found it. So the other table can be put in its place without guessing which words are names of tables.
 */
final class ReadText {
    private static final String VIEW = "shoofly_read";

    /** Words that can stand behind a table's name and are no alias: the server quotes an alias that is one of them. */
    private static final Set<String> NO_ALIAS = Set.of(
            "where",
            "join",
            "on",
            "using",
            "group",
            "order",
            "limit",
            "having",
            "union",
            "window",
            "fetch",
            "for",
            "offset",
            "intersect",
            "except",
            "left",
            "right",
            "full",
            "inner",
            "cross",
            "natural",
            "tablesample");

    private final MigrationPlan plan;
    private final TableName source;

    ReadText(MigrationPlan plan) {
        this.plan = plan;
        this.source = plan.source();
    }

    /** Whether it holds a {@code $1}. */
    static boolean hasParameters(String statement) {
        List<Token> tokens = SqlTokens.of(statement);
        return IntStream.range(0, tokens.size()).anyMatch(i -> SampledParameters.isParameter(tokens, i));
    }

    Judgement judge(Connection connection, String statement) throws SQLException {
        List<Token> tokens = new ArrayList<>(SqlTokens.of(statement));
        while (!tokens.isEmpty() && tokens.get(tokens.size() - 1).isSymbol(';')) {
            tokens.remove(tokens.size() - 1);
        }
        String digest = PostgresReads.digest(tokens);
        if (tokens.isEmpty()) {
            return new Judgement.Refused(digest, "it is empty");
        }
        Token first = tokens.get(0);
        if (!first.is("select")
                && !first.is("with")
                && !first.is("table")
                && !first.is("values")
                && !first.isSymbol('(')) {
            return new Judgement.Refused(digest, "it is no SELECT");
        }
        if (tokens.stream().anyMatch(token -> token.isSymbol(';'))) {
            return new Judgement.Refused(digest, "it is more than one statement");
        }
        if (hasParameters(statement)) {
            return new Judgement.Refused(digest, "it has parameters, whose values are not known");
        }
        String body =
                statement.substring(first.start(), tokens.get(tokens.size() - 1).end());
        connection.setAutoCommit(false);
        try {
            return judge(connection, digest, body);
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    private Judgement judge(Connection connection, String digest, String body) throws SQLException {
        try {
            createView(connection, body);
        } catch (SQLException e) {
            if (SqlErrors.isTransient(e)) {
                throw e;
            }
            return refusedView(digest, e);
        }
        ReadTree tree = new ReadTree(connection);
        Optional<String> objection = tree.objection();
        if (objection.isPresent()) {
            return new Judgement.Refused(digest, objection.get());
        }
        Optional<String> through = tree.viewOver(source);
        if (through.isPresent()) {
            return new Judgement.NotComparable(
                    digest, "it reads the table through the view " + through.get() + ", which names the original");
        }
        PostgresCatalog.qualifyEverything(connection);
        String text = value(connection, "SELECT pg_get_viewdef('pg_temp." + VIEW + "'::regclass, false)");
        return cut(digest, text);
    }

    /** What a view's body must not be, in the server's words. */
    private static Judgement refusedView(String digest, SQLException error) {
        String state = String.valueOf(error.getSQLState());
        if (state.equals("42501")) {
            return new Judgement.Refused(
                    digest,
                    "whether it only reads is asked with a temporary view, and the server says: "
                            + SqlErrors.serverSaid(error));
        }
        if (state.equals("42703") || state.equals("42P01") || state.equals("42883")) {
            return new Judgement.NotComparable(digest, "the original fails as well: " + SqlErrors.serverSaid(error));
        }
        // Of a syntax error or a value that is no number the words can hold a literal.
        boolean names = state.startsWith("0A") || (state.startsWith("42") && !state.equals("42601"));
        return new Judgement.Refused(
                digest,
                "the server does not take it for one query that only reads"
                        + (names
                                ? ": "
                                        + String.valueOf(error.getMessage())
                                                .lines()
                                                .findFirst()
                                                .orElse("")
                                : "")
                        + " (SQLState " + state + ")");
    }

    private static void createView(Connection connection, String body) throws SQLException {
        java.sql.Savepoint before = connection.setSavepoint();
        try {
            ConnectionPool.execute(connection, "CREATE TEMPORARY VIEW " + VIEW + " AS " + body);
        } catch (SQLException e) {
            if (!"42701".equals(e.getSQLState())) {
                throw e;
            }
            // Two columns of one name, which a query may have and a view may not.
            connection.rollback(before);
            int columns = columns(connection, body);
            String names =
                    IntStream.rangeClosed(1, columns).mapToObj(i -> "c" + i).collect(Collectors.joining(", "));
            ConnectionPool.execute(connection, "CREATE TEMPORARY VIEW " + VIEW + " (" + names + ") AS " + body);
        }
    }

    /** Asked without running it. */
    private static int columns(Connection connection, String body) throws SQLException {
        StringBuilder text = new StringBuilder();
        int copied = 0;
        for (Token token : SqlTokens.of(body)) {
            // The driver takes a single one for a parameter.
            text.append(body, copied, token.start()).append(token.isSymbol('?') ? "??" : token.text());
            copied = token.end();
        }
        try (PreparedStatement statement = connection.prepareStatement(text.toString())) {
            ResultSetMetaData header = statement.getMetaData();
            return header == null ? 0 : header.getColumnCount();
        }
    }

    /** @param text the server's, in which a table in a FROM is {@code schema.table}, and nothing else is written like it */
    private Judgement cut(String digest, String text) {
        List<Token> tokens = SqlTokens.of(text);
        List<String> parts = new ArrayList<>();
        int end = 0;
        for (int i = 0; i + 2 < tokens.size(); i++) {
            if (!isSource(tokens, i)) {
                continue;
            }
            @Nullable Token next = i + 3 < tokens.size() ? tokens.get(i + 3) : null;
            boolean aliased = next != null && isAlias(next);
            @Nullable Token behind = aliased && i + 4 < tokens.size() ? tokens.get(i + 4) : next;
            if (behind != null && behind.isSymbol('(')) {
                return new Judgement.NotComparable(digest, "it names the table's columns by their positions");
            }
            String begin = parts.isEmpty() ? "" : parts.remove(parts.size() - 1);
            parts.add(begin + text.substring(end, tokens.get(i).start()));
            // Columns are named by the table's name where there is no alias; so the other table gets it as one.
            parts.add(aliased ? "" : " AS " + PostgresNames.quote(source.table()));
            end = tokens.get(i + 2).end();
        }
        if (parts.isEmpty()) {
            return new Judgement.Elsewhere(digest);
        }
        int last = tokens.size() - 1;
        int stop = tokens.get(last).isSymbol(';') ? tokens.get(last).start() : text.length();
        parts.set(parts.size() - 1, parts.get(parts.size() - 1) + text.substring(end, stop));
        Words words = new Words(
                tokens.stream()
                        .map(token ->
                                new Words.Word(token.isIdentifier() ? token.identifier() : token.text(), token.depth()))
                        .toList(),
                plan.key().columns().stream().map(KeyColumn::sourceName).toList());
        return new Judgement.Replayable(new Read(digest, parts, words.isOrdered(), words.loose()));
    }

    private boolean isSource(List<Token> tokens, int at) {
        Token schema = tokens.get(at);
        Token table = tokens.get(at + 2);
        boolean named = schema.isIdentifier()
                && schema.identifier().equals(source.schema())
                && tokens.get(at + 1).isSymbol('.')
                && table.isIdentifier()
                && table.identifier().equals(source.table());
        // The row type, and a function of the same name.
        boolean cast = at > 0 && tokens.get(at - 1).isSymbol(':');
        boolean called = at + 3 < tokens.size()
                && tokens.get(at + 3).isSymbol('(')
                && tokens.get(at + 3).start() == table.end();
        return named && !cast && !called;
    }

    private static boolean isAlias(Token token) {
        return token.kind() == Kind.QUOTED
                || (token.kind() == Kind.WORD && !NO_ALIAS.contains(token.text().toLowerCase(Locale.ROOT)));
    }

    private static String value(Connection connection, String query) throws SQLException {
        return PostgresCatalog.query(connection, query, row -> row.getString(1)).stream()
                .map(value -> value == null ? "" : value)
                .findFirst()
                .orElse("");
    }
}
