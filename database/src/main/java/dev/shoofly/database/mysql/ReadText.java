package dev.shoofly.database.mysql;

import dev.shoofly.database.replay.Judgement;
import dev.shoofly.database.replay.Read;
import dev.shoofly.database.replay.Words;
import dev.shoofly.model.KeyColumn;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.TableName;
import io.debezium.antlr.mysql.SqlMode;
import io.debezium.antlr.mysql.SqlModes;
import io.debezium.ddl.parser.mysql.generated.MySqlLexer;
import io.debezium.ddl.parser.mysql.generated.MySqlParser;
import io.debezium.ddl.parser.mysql.generated.MySqlParser.CommonTableExpressionContext;
import io.debezium.ddl.parser.mysql.generated.MySqlParser.ExplicitTableContext;
import io.debezium.ddl.parser.mysql.generated.MySqlParser.QueryContext;
import io.debezium.ddl.parser.mysql.generated.MySqlParser.SingleTableContext;
import io.debezium.ddl.parser.mysql.generated.MySqlParser.TableRefContext;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.tree.ParseTree;

/**
 * What a statement reads, by the grammar of the server's own clients. A view over the shadow would need no reading of the text,
 * but to create one is a statement that commits, is replicated, and changes the application's schema or needs another. The grammar
 * tells which words are tables; the other one's name is put in their places, and the rest of the text stays as it is. What the
 * grammar does not understand is refused, and what it does understand still runs in a READ ONLY transaction.
 */
final class ReadText {
    private final Connection connection;
    private final TableName source;
    private final List<String> key;
    private final boolean namesIgnoreCase;
    private final boolean strictGroups;
    private final Set<SqlMode> modes;

    ReadText(Connection connection, MigrationPlan plan) throws SQLException {
        this.connection = connection;
        this.source = plan.source();
        this.key = plan.key().columns().stream().map(KeyColumn::sourceName).toList();
        List<String[]> settings = SqlText.of("SELECT @@lower_case_table_names, @@SESSION.sql_mode")
                .list(connection, row -> new String[] {row.getString(1), row.getString(2)});
        this.namesIgnoreCase = !settings.get(0)[0].equals("0");
        this.modes = SqlModes.sqlModeFromString(settings.get(0)[1]);
        this.strictGroups = settings.get(0)[1].contains("ONLY_FULL_GROUP_BY");
    }

    /** Those that mean something, without the end. */
    static List<Token> tokens(String statement) {
        return tokens(statement, new HashSet<>());
    }

    private static List<Token> tokens(String statement, Set<SqlMode> modes) {
        CommonTokenStream tokens = new CommonTokenStream(lexer(statement, modes));
        tokens.fill();
        return tokens.getTokens().stream()
                .filter(token -> token.getChannel() == Token.DEFAULT_CHANNEL && token.getType() != Token.EOF)
                .toList();
    }

    private static MySqlLexer lexer(String statement, Set<SqlMode> modes) {
        MySqlLexer lexer = new MySqlLexer(CharStreams.fromString(statement));
        lexer.sqlModes = new HashSet<>(modes);
        lexer.removeErrorListeners();
        return lexer;
    }

    Judgement judge(String statement) throws SQLException {
        List<Token> tokens = new ArrayList<>(tokens(statement, modes));
        while (!tokens.isEmpty() && tokens.get(tokens.size() - 1).getType() == MySqlLexer.SEMICOLON_SYMBOL) {
            tokens.remove(tokens.size() - 1);
        }
        String digest = digest(tokens);
        Optional<String> objection = wordsThatDoMore(statement, tokens);
        if (objection.isPresent()) {
            return new Judgement.Refused(digest, objection.get());
        }
        String text = statement.substring(
                0, statement.offsetByCodePoints(0, tokens.get(tokens.size() - 1).getStopIndex() + 1));
        MySqlParser parser = new MySqlParser(new CommonTokenStream(lexer(singleQuoted(text, tokens), modes)));
        parser.sqlModes = new HashSet<>(modes);
        parser.removeErrorListeners();
        QueryContext query = parser.query();
        if (parser.getCurrentToken().getType() != Token.EOF
                || parser.getNumberOfSyntaxErrors() > 0
                || query.simpleStatement() == null) {
            return new Judgement.Refused(digest, "it is not understood as one SELECT");
        }
        if (query.simpleStatement().selectStatement() == null) {
            return new Judgement.Refused(digest, "it is no SELECT");
        }
        Found found = new Found();
        collect(query, found);
        if (found.does.isPresent()) {
            return new Judgement.Refused(digest, found.does.get());
        }
        CalledFunctions functions = CalledFunctions.of(connection, tokens);
        if (functions.objection().isPresent()) {
            return new Judgement.Refused(digest, functions.objection().get());
        }
        return compare(digest, text, tokens, found, functions);
    }

    /** The grammar does not take a string in double quotes for a literal. Every other character stays in its place. */
    private String singleQuoted(String text, List<Token> tokens) {
        if (modes.contains(SqlMode.AnsiQuotes)) {
            return text;
        }
        StringBuilder other = new StringBuilder();
        int copied = 0;
        for (Token token : tokens) {
            if (token.getType() == MySqlLexer.DOUBLE_QUOTED_TEXT) {
                int length = token.getStopIndex() - token.getStartIndex() + 1;
                int start = text.offsetByCodePoints(0, token.getStartIndex());
                other.append(text, copied, start)
                        .append("'")
                        .append("x".repeat(Math.max(0, length - 2)))
                        .append("'");
                copied = text.offsetByCodePoints(0, token.getStopIndex() + 1);
            }
        }
        return other.append(text, copied, text.length()).toString();
    }

    private Judgement compare(String digest, String text, List<Token> tokens, Found found, CalledFunctions functions)
            throws SQLException {
        List<TableRefContext> places = found.tables.stream()
                .filter(table -> isSource(name(text, table)))
                .toList();
        if (places.isEmpty()) {
            return new Judgement.Elsewhere(digest);
        }
        if (found.named.stream().anyMatch(name -> name.equalsIgnoreCase(source.table()))) {
            return new Judgement.NotComparable(digest, "a part of it has the table's name (WITH)");
        }
        for (TableRefContext table : found.tables) {
            TableName name = name(text, table);
            if (isView(name)) {
                return new Judgement.NotComparable(digest, "it reads the view " + name + ", which is not looked into");
            }
        }
        Words words = new Words(words(tokens), key);
        boolean looseGroups =
                !strictGroups && tokens.stream().anyMatch(token -> token.getType() == MySqlLexer.GROUP_SYMBOL);
        Optional<String> loose = functions
                .loose()
                .or(words::loose)
                .or(() -> looseGroups
                        ? Optional.of("GROUP BY may take a value of any row of a group")
                        : Optional.empty());
        return new Judgement.Replayable(new Read(digest, parts(text, places), words.isOrdered(), loose));
    }

    /** What is seen in the words alone, also where the grammar would fail. */
    private static Optional<String> wordsThatDoMore(String statement, List<Token> tokens) {
        if (tokens.isEmpty()) {
            return Optional.of("it is empty");
        }
        if (statement.contains("/*!")) {
            return Optional.of("it holds a comment that the server executes");
        }
        String lower = statement.toLowerCase(Locale.ROOT);
        if (lower.contains("/*+") && (lower.contains("max_execution_time") || lower.contains("set_var"))) {
            return Optional.of("a hint of it changes the session's limits");
        }
        for (Token token : tokens) {
            switch (token.getType()) {
                case MySqlLexer.SEMICOLON_SYMBOL -> {
                    return Optional.of("it is more than one statement");
                }
                case MySqlLexer.PARAM_MARKER -> {
                    return Optional.of("it has parameters, whose values are not known");
                }
                case MySqlLexer.ASSIGN_OPERATOR, MySqlLexer.AT_TEXT_SUFFIX, MySqlLexer.AT_SIGN_SYMBOL -> {
                    return Optional.of("it uses variables of a session");
                }
                case MySqlLexer.INTO_SYMBOL -> {
                    return Optional.of("it writes its answer somewhere (INTO)");
                }
                default -> {}
            }
        }
        return Optional.empty();
    }

    /** What the tree holds. */
    private static final class Found {
        private final List<TableRefContext> tables = new ArrayList<>();
        private final List<String> named = new ArrayList<>();
        private Optional<String> does = Optional.empty();
    }

    private static void collect(ParseTree node, Found found) {
        if (node instanceof MySqlParser.IntoClauseContext) {
            found.does = Optional.of("it writes its answer somewhere (INTO)");
        } else if (node instanceof MySqlParser.LockingClauseListContext) {
            found.does = Optional.of("it locks rows (FOR UPDATE or FOR SHARE)");
        } else if (node instanceof SingleTableContext table) {
            found.tables.add(table.tableRef());
        } else if (node instanceof ExplicitTableContext table) {
            found.tables.add(table.tableRef());
        } else if (node instanceof CommonTableExpressionContext common) {
            found.named.add(MySqlNames.unquote(common.identifier().getText()));
        }
        for (int i = 0; i < node.getChildCount(); i++) {
            collect(node.getChild(i), found);
        }
    }

    private boolean isSource(TableName name) {
        return namesIgnoreCase
                ? name.schema().equalsIgnoreCase(source.schema())
                        && name.table().equalsIgnoreCase(source.table())
                : name.equals(source);
    }

    private boolean isView(TableName name) throws SQLException {
        return SqlText.of(
                        "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?"
                                + " AND TABLE_TYPE = 'VIEW'",
                        name.schema(),
                        name.table())
                .findsRow(connection);
    }

    private TableName name(String text, TableRefContext table) {
        return MySqlNames.parse(text.substring(start(text, table), end(text, table)), source.schema());
    }

    /** Columns are named by the table's name where there is no alias; so the other table gets it as one. */
    private List<String> parts(String text, List<TableRefContext> places) {
        List<String> parts = new ArrayList<>();
        StringBuilder part = new StringBuilder();
        int at = 0;
        for (TableRefContext place : places) {
            parts.add(part.append(text, at, start(text, place)).toString());
            part.setLength(0);
            at = end(text, place);
            if (place.getParent() instanceof SingleTableContext table && table.tableAlias() == null) {
                int behind = table.usePartition() == null ? at : end(text, table.usePartition());
                part.append(text, at, behind)
                        .append(" AS ")
                        .append(MySqlNames.quote(name(text, place).table()));
                at = behind;
            }
        }
        parts.add(part.append(text, at, text.length()).toString());
        return parts;
    }

    /** The grammar counts code points. */
    private static int start(String text, ParserRuleContext context) {
        return text.offsetByCodePoints(0, context.getStart().getStartIndex());
    }

    private static int end(String text, ParserRuleContext context) {
        return text.offsetByCodePoints(0, context.getStop().getStopIndex() + 1);
    }

    private static List<Words.Word> words(List<Token> tokens) {
        List<Words.Word> words = new ArrayList<>();
        int depth = 0;
        for (Token token : tokens) {
            depth -= token.getType() == MySqlLexer.CLOSE_PAR_SYMBOL ? 1 : 0;
            words.add(new Words.Word(MySqlNames.unquote(token.getText()), depth));
            depth += token.getType() == MySqlLexer.OPEN_PAR_SYMBOL ? 1 : 0;
        }
        return words;
    }

    /** The statement without its literals. */
    private static String digest(List<Token> tokens) {
        StringBuilder text = new StringBuilder();
        int end = -1;
        for (Token token : tokens) {
            if (end >= 0 && token.getStartIndex() > end) {
                text.append(' ');
            }
            text.append(isLiteral(token) ? "?" : token.getText());
            end = token.getStopIndex() + 1;
        }
        return text.toString();
    }

    private static boolean isLiteral(Token token) {
        char first = token.getText().isEmpty() ? ' ' : token.getText().charAt(0);
        return switch (token.getType()) {
            case MySqlLexer.HEX_NUMBER, MySqlLexer.BIN_NUMBER, MySqlLexer.NCHAR_TEXT -> true;
            default ->
                first == '\''
                        || first == '"'
                        || Character.isDigit(first)
                        || (first == '.' && token.getText().length() > 1);
        };
    }
}
