package dev.shoofly.database.postgres;

import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.postgres.SqlTokens.Token;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * One thing that the operator asks for: an action of ALTER TABLE, or a statement about an index.
 *
 * @param text the action, or what follows the table's or the index's name
 * @param index name in {@code DROP INDEX} and {@code ALTER INDEX}, and in a {@code CREATE INDEX} that gives one; empty: none
 */
record NativeClause(Kind kind, String text, List<Token> tokens, String index) {
    /** Change nothing but the catalog, whatever is in the table, and cannot all be tried on an empty one. */
    private static final Set<String> CATALOG_ONLY = Set.of(
            "rename to",
            "set schema",
            "owner to",
            "no force",
            "force row",
            "enable trigger",
            "enable replica",
            "enable always",
            "enable rule",
            "enable row",
            "disable trigger",
            "disable rule",
            "disable row",
            "cluster on",
            "set without",
            "replica identity");
    /** Copy or rewrite the rows under an exclusive lock, of which the server says nothing for an empty table. */
    private static final Set<String> MOVES_ROWS = Set.of(
            "set tablespace", "set logged", "set unlogged", "set access", "attach partition", "detach partition");

    NativeClause {
        tokens = List.copyOf(tokens);
    }

    /** What kind of statement it belongs to. */
    enum Kind {
        ACTION,
        CREATE_INDEX,
        CREATE_UNIQUE_INDEX,
        DROP_INDEX,
        ALTER_INDEX
    }

    /**
     * @return for each text its clauses
     * @throws ShooflyException REFUSED
     */
    static List<List<NativeClause>> of(List<String> texts, TableName source) {
        List<List<NativeClause>> clauses = new ArrayList<>();
        for (String text : texts) {
            UnfitStatements.refuse(text);
            clauses.add(read(AlterText.Cursor.over(text), text, source));
        }
        return clauses;
    }

    private static List<NativeClause> read(AlterText.Cursor cursor, String text, TableName source) {
        if (cursor.take("create")) {
            return List.of(createIndex(cursor, text, source));
        }
        if (cursor.take("drop")) {
            if (cursor.take("index")) {
                cursor.take("concurrently");
                return List.of(index(Kind.DROP_INDEX, cursor, text, source));
            }
            cursor.back();
        }
        if (cursor.take("alter")) {
            if (cursor.take("index")) {
                return List.of(index(Kind.ALTER_INDEX, cursor, text, source));
            }
            cursor.back();
        }
        cursor.takeAlterTable(source);
        return AlterText.split(cursor.remaining()).stream()
                .filter(action -> !action.isEmpty())
                .map(action -> new NativeClause(Kind.ACTION, slice(text, action), action, ""))
                .toList();
    }

    private static NativeClause createIndex(AlterText.Cursor cursor, String text, TableName source) {
        Kind kind = cursor.take("unique") ? Kind.CREATE_UNIQUE_INDEX : Kind.CREATE_INDEX;
        if (!cursor.take("index")) {
            throw AlterText.refused(text, "of CREATE statements only CREATE INDEX can be part of a migration");
        }
        cursor.take("concurrently");
        if (cursor.take("if")) {
            cursor.take("not");
            cursor.take("exists");
        }
        String name = cursor.at("on") ? "" : cursor.name();
        cursor.take("on");
        cursor.take("only");
        cursor.takeTable(source);
        return new NativeClause(kind, cursor.rest(), cursor.remaining(), name);
    }

    private static NativeClause index(Kind kind, AlterText.Cursor cursor, String text, TableName source) {
        if (cursor.take("if")) {
            cursor.take("exists");
        }
        String name = cursor.name();
        if (cursor.isAtSymbol('.')) {
            cursor.next();
            if (!name.equals(source.schema())) {
                throw AlterText.refused(text, "the index is not in schema " + source.schema());
            }
            name = cursor.name();
        }
        if (cursor.isAtSymbol(',')) {
            throw AlterText.refused(text, "give each index in an --alter of its own");
        }
        return new NativeClause(kind, cursor.rest(), cursor.remaining(), name);
    }

    private static String slice(String text, List<Token> tokens) {
        return text.substring(
                tokens.get(0).start(), tokens.get(tokens.size() - 1).end());
    }

    boolean isCreateIndex() {
        return kind == Kind.CREATE_INDEX || kind == Kind.CREATE_UNIQUE_INDEX;
    }

    /** Whether the table has another name or schema afterwards. */
    boolean movesTable() {
        return kind == Kind.ACTION && (words(2).equals("rename to") || words(2).equals("set schema"));
    }

    /** The first words, in lower case. */
    String words(int count) {
        List<String> words = new ArrayList<>();
        for (int i = 0; i < Math.min(count, tokens.size()); i++) {
            words.add(tokens.get(i).text().toLowerCase(Locale.ROOT));
        }
        return String.join(" ", words);
    }

    boolean isCatalogOnly() {
        return kind == Kind.ACTION && CATALOG_ONLY.contains(words(2));
    }

    boolean movesRows() {
        boolean enforces =
                words(2).equals("alter constraint") && tokens.stream().anyMatch(token -> token.is("enforced"));
        return enforces || MOVES_ROWS.contains(words(2));
    }

    /** Whether it must be a statement of its own: the server takes no other action with it. */
    boolean standsAlone() {
        return kind != Kind.ACTION || words(1).equals("rename") || words(2).equals("set schema");
    }

    /** The column of {@code ALTER [COLUMN] c SET NOT NULL}; empty: it is none. */
    String madeNotNull() {
        int column = words(2).equals("alter column") ? 2 : 1;
        boolean shape = kind == Kind.ACTION && words(1).equals("alter") && tokens.size() == column + 4;
        return shape
                        && tokens.get(column + 1).is("set")
                        && tokens.get(column + 2).is("not")
                        && tokens.get(column + 3).is("null")
                ? tokens.get(column).identifier()
                : "";
    }

    /** Whether it converts this column by an expression of its own. */
    boolean convertsBy(String column) {
        return kind == Kind.ACTION
                && tokens.stream().anyMatch(token -> token.depth() == 0 && token.is("using"))
                && tokens.stream()
                        .limit(3)
                        .anyMatch(token ->
                                token.isIdentifier() && token.identifier().equals(column));
    }

    /** The column of {@code DROP [COLUMN] [IF EXISTS] c CASCADE}; empty: it is none. */
    Optional<String> columnDroppedWithAllThatUsesIt() {
        boolean cascades = kind == Kind.ACTION
                && words(1).equals("drop")
                && !words(2).equals("drop constraint")
                && tokens.get(tokens.size() - 1).is("cascade");
        if (!cascades) {
            return Optional.empty();
        }
        int at = words(2).equals("drop column") ? 2 : 1;
        int name = tokens.get(at).is("if") && tokens.size() > at + 2 ? at + 2 : at;
        return Optional.of(tokens.get(name).identifier());
    }

    /** Whether it adds a constraint and nothing else. */
    boolean addsConstraint() {
        return kind == Kind.ACTION
                && words(1).equals("add")
                && tokens.size() > 1
                && List.of("constraint", "check", "foreign", "unique", "primary").stream()
                        .anyMatch(word -> tokens.get(1).is(word));
    }

    /** The constraint of {@code VALIDATE CONSTRAINT c} and {@code DROP CONSTRAINT c}; empty: it is none. */
    String constraintOf(String verb) {
        if (kind != Kind.ACTION || !words(2).equals(verb + " constraint") || tokens.size() < 3) {
            return "";
        }
        int name = tokens.get(2).is("if") ? 4 : 2;
        return tokens.size() > name ? tokens.get(name).identifier() : "";
    }

    /** The complete statement. Only for those that are no {@link Kind#ACTION}. */
    String statement(TableName table) {
        return switch (kind) {
            case CREATE_INDEX, CREATE_UNIQUE_INDEX ->
                "CREATE " + (kind == Kind.CREATE_UNIQUE_INDEX ? "UNIQUE " : "") + "INDEX "
                        + (index.isEmpty() ? "" : quote(index) + " ") + "ON " + quote(table) + " " + text;
            case DROP_INDEX -> "DROP INDEX " + quote(table.schema(), index) + " " + text;
            case ALTER_INDEX -> "ALTER INDEX " + quote(table.schema(), index) + " " + text;
            case ACTION -> throw new IllegalStateException("an action is part of a statement");
        };
    }
}
