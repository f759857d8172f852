package dev.shoofly.database.mysql;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import io.debezium.ddl.parser.mysql.generated.MySqlLexer;
import io.debezium.ddl.parser.mysql.generated.MySqlParser;
import io.debezium.ddl.parser.mysql.generated.MySqlParser.AlterListItemContext;
import io.debezium.ddl.parser.mysql.generated.MySqlParser.AlterPartitionContext;
import io.debezium.ddl.parser.mysql.generated.MySqlParser.AlterTableActionsContext;
import io.debezium.ddl.parser.mysql.generated.MySqlParser.CreateIndexContext;
import io.debezium.ddl.parser.mysql.generated.MySqlParser.CreateTableOptionContext;
import io.debezium.ddl.parser.mysql.generated.MySqlParser.QueryContext;
import io.debezium.ddl.parser.mysql.generated.MySqlParser.StandaloneAlterCommandsContext;
import io.debezium.ddl.parser.mysql.generated.MySqlParser.TableConstraintDefContext;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.tree.ParseTree;
import org.jspecify.annotations.Nullable;

/**
 * One of the operator's statements, retargeted to the shadow, and what it does to the columns' names. Read with Debezium's
 * grammar of MySQL; whether the statement is valid is for the server to say.
 *
 * @param statement complete statement on the shadow
 * @param renamed old to new name, lower case; as they were before and after this statement
 * @param dropped names, lower case
 */
record AlterText(String statement, Map<String, String> renamed, Set<String> dropped) {
    private static final Pattern CREATE = Pattern.compile("\\s*CREATE\\b.*", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

    /**
     * @return empty when the grammar does not understand the text
     * @throws ShooflyException REFUSED for what a shadow cannot do: renaming the table, moving partitions or tablespaces
     */
    static Optional<AlterText> parse(String text, TableName source, TableName shadow) {
        return CREATE.matcher(text).matches() ? createIndex(text, source, shadow) : alter(text, source, shadow);
    }

    /** The statement as the server would get it; for its words on a text that the grammar does not understand. */
    static String statement(String text, TableName shadow) {
        return CREATE.matcher(text).matches() ? text : "ALTER TABLE " + MySqlNames.quote(shadow) + " " + text;
    }

    /** Whether it is a whole CREATE statement. */
    static boolean isCreate(String text) {
        return CREATE.matcher(text).matches();
    }

    /** Whether it says ALGORITHM or LOCK; false when the grammar does not understand it. */
    static boolean namesItsWay(String text, TableName source) {
        QueryContext query = query(statement(text, source));
        return query != null && holds(query, node -> WAYS.contains(node.getClass()));
    }

    /** The name that the table gets if this text does nothing else; empty: it does not rename the table. */
    static Optional<TableName> renamed(String text, TableName source) {
        return onlyItem(text, source)
                .filter(item -> item.tableName() != null)
                .map(item -> MySqlNames.parse(item.tableName().getText(), source.schema()));
    }

    /** Whether it adds a foreign key, perhaps among other things. */
    static boolean addsForeignKey(String text, TableName source) {
        QueryContext query = query(statement(text, source));
        return query != null && holds(query, MySqlParser.ReferencesContext.class::isInstance);
    }

    /** The one thing that an ALTER TABLE does; options of the table and partitions stand beside the items. */
    private static Optional<AlterListItemContext> onlyItem(String text, TableName source) {
        QueryContext query = query(statement(text, source));
        if (query == null
                || query.simpleStatement().alterStatement() == null
                || query.simpleStatement().alterStatement().alterTable() == null) {
            return Optional.empty();
        }
        AlterTableActionsContext actions =
                query.simpleStatement().alterStatement().alterTable().alterTableActions();
        boolean one = actions != null
                && items(actions).size() == 1
                && actions.alterCommandList()
                        .alterList()
                        .createTableOptionsSpaceSeparated()
                        .isEmpty()
                && actions.partitionClause() == null
                && actions.removePartitioning() == null;
        return one ? Optional.of(items(actions).get(0)) : Optional.empty();
    }

    /**
     * What it does, each for itself; of a CREATE INDEX the whole.
     *
     * @return empty when the grammar does not understand the text, or it does what cannot be taken apart
     */
    static Optional<List<String>> clauses(String text, TableName source) {
        String statement = statement(text, source);
        QueryContext query = query(statement);
        if (query != null && isCreate(text)) {
            return Optional.of(List.of(text));
        }
        if (query == null
                || query.simpleStatement().alterStatement() == null
                || query.simpleStatement().alterStatement().alterTable() == null) {
            return Optional.empty();
        }
        AlterTableActionsContext actions =
                query.simpleStatement().alterStatement().alterTable().alterTableActions();
        if (actions == null
                || actions.alterCommandList() == null
                || actions.alterCommandList().alterList() == null
                || actions.partitionClause() != null
                || actions.removePartitioning() != null
                || hasOption(actions, option -> option.identifier() != null)) {
            return Optional.empty();
        }
        return Optional.of(actions.alterCommandList().alterList().children.stream()
                .filter(ParserRuleContext.class::isInstance)
                .map(ParserRuleContext.class::cast)
                .map(clause -> statement.substring(start(statement, clause), end(statement, clause)))
                .toList());
    }

    /** Its words, as names: without quotes, in lower case. */
    static List<String> words(String text) {
        CommonTokenStream tokens = new CommonTokenStream(lexer(text));
        tokens.fill();
        return tokens.getTokens().stream()
                .filter(token -> token.getChannel() == Token.DEFAULT_CHANNEL && token.getType() != Token.EOF)
                .map(token -> MySqlNames.unquote(token.getText()).toLowerCase(Locale.ROOT))
                .toList();
    }

    /** Empty: it does something else, or more. */
    static Optional<ForeignKeyClause> foreignKey(String text, TableName source) {
        Optional<AlterListItemContext> only = onlyItem(text, source);
        if (only.isEmpty()) {
            return Optional.empty();
        }
        AlterListItemContext item = only.get();
        if (item.DROP_SYMBOL() != null && item.FOREIGN_SYMBOL() != null) {
            String name =
                    MySqlNames.unquote(item.getChild(item.getChildCount() - 1).getText());
            return Optional.of(new ForeignKeyClause(true, name, List.of(), source, List.of()));
        }
        TableConstraintDefContext added = item.tableConstraintDef();
        if (item.ADD_SYMBOL() == null
                || added == null
                || added.references() == null
                || added.references().identifierListWithParentheses() == null) {
            return Optional.empty();
        }
        boolean named = added.constraintName() != null && added.constraintName().identifier() != null;
        return Optional.of(new ForeignKeyClause(
                false,
                named ? MySqlNames.unquote(added.constraintName().identifier().getText()) : "",
                added.keyList().keyPart().stream()
                        .map(part -> MySqlNames.unquote(part.getText()))
                        .toList(),
                MySqlNames.parse(added.references().tableRef().getText(), source.schema()),
                added.references().identifierListWithParentheses().identifierList().identifier().stream()
                        .map(column -> MySqlNames.unquote(column.getText()))
                        .toList()));
    }

    /** The text with other names for checks, where it drops or alters one. */
    static String withChecks(String text, TableName source, Map<String, String> names) {
        String statement = statement(text, source);
        MySqlLexer lexer = lexer(statement);
        CommonTokenStream tokens = new CommonTokenStream(lexer);
        tokens.fill();
        List<Token> all = tokens.getTokens().stream()
                .filter(token -> token.getChannel() == Token.DEFAULT_CHANNEL)
                .toList();
        StringBuilder renamed = new StringBuilder(statement);
        for (int i = all.size() - 1; i >= 2; i--) {
            boolean isCheck = all.get(i - 1).getType() == MySqlLexer.CHECK_SYMBOL
                    || all.get(i - 1).getType() == MySqlLexer.CONSTRAINT_SYMBOL;
            boolean isTaken = all.get(i - 2).getType() == MySqlLexer.DROP_SYMBOL
                    || all.get(i - 2).getType() == MySqlLexer.ALTER_SYMBOL;
            String name = names.get(MySqlNames.unquote(all.get(i).getText()).toLowerCase(Locale.ROOT));
            if (isCheck && isTaken && name != null) {
                renamed.replace(
                        statement.offsetByCodePoints(0, all.get(i).getStartIndex()),
                        statement.offsetByCodePoints(0, all.get(i).getStopIndex() + 1),
                        MySqlNames.quote(name));
            }
        }
        return renamed.substring(statement("", source).length());
    }

    private static final Set<Class<?>> WAYS =
            Set.of(MySqlParser.AlterAlgorithmOptionContext.class, MySqlParser.AlterLockOptionContext.class);

    private static boolean holds(ParseTree tree, Predicate<ParseTree> wanted) {
        for (int i = 0; i < tree.getChildCount(); i++) {
            if (holds(tree.getChild(i), wanted)) {
                return true;
            }
        }
        return wanted.test(tree);
    }

    private static Optional<AlterText> alter(String text, TableName source, TableName shadow) {
        String statement = statement(text, shadow);
        QueryContext query = query(statement);
        if (query == null
                || query.simpleStatement().alterStatement() == null
                || query.simpleStatement().alterStatement().alterTable() == null) {
            return Optional.empty();
        }
        AlterTableActionsContext actions =
                query.simpleStatement().alterStatement().alterTable().alterTableActions();
        Map<String, String> renamed = new HashMap<>();
        Set<String> dropped = new HashSet<>();
        if (actions != null) {
            refuseStandalone(actions.standaloneAlterCommands(), source, text);
            if (hasOption(actions, AlterText::isUnknown)) {
                return Optional.empty();
            }
            for (AlterListItemContext item : items(actions)) {
                if (item.tableName() != null) {
                    throw refused(source, text, "it renames the table. Leave RENAME TO out");
                }
                read(item, renamed, dropped);
            }
        }
        return Optional.of(new AlterText(statement, renamed, dropped));
    }

    private static boolean hasOption(AlterTableActionsContext actions, Predicate<CreateTableOptionContext> wanted) {
        return actions.alterCommandList() != null
                && actions.alterCommandList().alterList() != null
                && actions.alterCommandList().alterList().createTableOptionsSpaceSeparated().stream()
                        .flatMap(options -> options.createTableOption().stream())
                        .anyMatch(wanted);
    }

    /** The grammar takes any two words for an option of some engine: DISCARD TABLESPACE, for one; REMOVE PARTITIONING, too. */
    private static boolean isUnknown(CreateTableOptionContext option) {
        return option.identifier() != null && !option.getText().equalsIgnoreCase("REMOVEPARTITIONING");
    }

    private static List<AlterListItemContext> items(AlterTableActionsContext actions) {
        if (actions.alterCommandList() == null || actions.alterCommandList().alterList() == null) {
            return List.of();
        }
        return actions.alterCommandList().alterList().alterListItem();
    }

    private static void read(AlterListItemContext item, Map<String, String> renamed, Set<String> dropped) {
        if (item.columnInternalRef() == null) {
            return;
        }
        String column = name(item.columnInternalRef());
        if (item.DROP_SYMBOL() != null && item.ALTER_SYMBOL() == null) {
            dropped.add(column);
        } else if (item.CHANGE_SYMBOL() != null || item.RENAME_SYMBOL() != null) {
            renamed.put(column, name(item.identifier()));
        }
    }

    private static void refuseStandalone(
            @Nullable StandaloneAlterCommandsContext command, TableName source, String text) {
        if (command == null) {
            return;
        }
        AlterPartitionContext partition = command.alterPartition();
        boolean movesRows = partition == null
                || partition.DROP_SYMBOL() != null
                || partition.TRUNCATE_SYMBOL() != null
                || partition.EXCHANGE_SYMBOL() != null
                || partition.DISCARD_SYMBOL() != null
                || partition.IMPORT_SYMBOL() != null;
        if (movesRows) {
            throw refused(
                    source,
                    text,
                    "it takes rows away or brings rows in without changing them one by one, which cannot be followed."
                            + " Run it yourself while no migration of the table is under way");
        }
        boolean changesNothing = partition.ANALYZE_SYMBOL() != null
                || partition.CHECK_SYMBOL() != null
                || partition.OPTIMIZE_SYMBOL() != null
                || partition.REPAIR_SYMBOL() != null
                || partition.REBUILD_SYMBOL() != null;
        if (changesNothing) {
            throw refused(
                    source,
                    text,
                    "it leaves the definition as it is. Run it yourself, knowing that nobody can write while the server"
                            + " rebuilds partitions; 'ENGINE = InnoDB' as the alteration rebuilds the whole table beside the"
                            + " application");
        }
    }

    private static Optional<AlterText> createIndex(String text, TableName source, TableName shadow) {
        QueryContext query = query(text);
        if (query == null
                || query.simpleStatement().createStatement() == null
                || query.simpleStatement().createStatement().createIndex() == null) {
            return Optional.empty();
        }
        CreateIndexContext index = query.simpleStatement().createStatement().createIndex();
        ParserRuleContext table = index.createIndexTarget().tableRef();
        TableName named = MySqlNames.parse(text.substring(start(text, table), end(text, table)), source.schema());
        if (!named.equals(source)) {
            throw refused(source, text, "it is about the table " + named);
        }
        String statement =
                text.substring(0, start(text, table)) + MySqlNames.quote(shadow) + text.substring(end(text, table));
        return Optional.of(new AlterText(statement, Map.of(), Set.of()));
    }

    /** The grammar counts code points. */
    private static int start(String text, ParserRuleContext context) {
        return text.offsetByCodePoints(0, context.getStart().getStartIndex());
    }

    private static int end(String text, ParserRuleContext context) {
        return text.offsetByCodePoints(0, context.getStop().getStopIndex() + 1);
    }

    private static String name(ParserRuleContext identifier) {
        return MySqlNames.unquote(identifier.getText()).toLowerCase(Locale.ROOT);
    }

    private static ShooflyException refused(TableName source, String text, String why) {
        return new ShooflyException(
                ErrorKind.REFUSED,
                "cannot migrate " + source + " with '" + text.strip() + "': " + why + ". Nothing was changed.");
    }

    private static MySqlLexer lexer(String statement) {
        MySqlLexer lexer = new MySqlLexer(CharStreams.fromString(statement));
        // Our sessions run without ANSI_QUOTES, which is this grammar's default.
        lexer.sqlModes = new HashSet<>();
        lexer.removeErrorListeners();
        return lexer;
    }

    private static @Nullable QueryContext query(String statement) {
        MySqlParser parser = new MySqlParser(new CommonTokenStream(lexer(statement)));
        parser.sqlModes = new HashSet<>();
        parser.removeErrorListeners();
        QueryContext query = parser.query();
        // The rule stops where it no longer understands, without calling that an error.
        boolean whole = parser.getCurrentToken().getType() == Token.EOF && parser.getNumberOfSyntaxErrors() == 0;
        return whole && query.simpleStatement() != null ? query : null;
    }

    /** Where each of the new table's columns comes from: new name to source's name, both lower case. */
    static Map<String, String> origins(List<String> sourceColumns, List<AlterText> alters) {
        Map<String, String> origins = new HashMap<>();
        for (String column : sourceColumns) {
            origins.put(column.toLowerCase(Locale.ROOT), column.toLowerCase(Locale.ROOT));
        }
        for (AlterText alter : alters) {
            Map<String, String> next = new HashMap<>();
            // All clauses of one statement speak of the names before it: "a to b, b to a" swaps.
            for (String column : new ArrayList<>(origins.keySet())) {
                if (!alter.dropped.contains(column)) {
                    next.put(alter.renamed.getOrDefault(column, column), origins.get(column));
                }
            }
            origins = next;
        }
        return origins;
    }
}
