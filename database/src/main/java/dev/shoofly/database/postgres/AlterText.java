package dev.shoofly.database.postgres;

import dev.shoofly.database.postgres.SqlTokens.Token;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * One of the operator's texts, understood as far as needed: what must not be done to the shadow is refused, a CREATE INDEX
 * is pointed at the shadow, and USING expressions are found.
 *
 * @param sql the statement that does the same to the twin
 * @param retypes the USING expressions in it
 */
record AlterText(String sql, List<Retype> retypes) {

    /** @param column as the statement names it, before any change that the statement makes */
    record Retype(String column, String using) {}

    AlterText {
        retypes = List.copyOf(retypes);
    }

    /**
     * @param twin quoted name of the table to alter instead
     * @param computed names of columns whose values come from elsewhere: on an empty table any USING does where the server
     *     knows no cast
     * @throws ShooflyException REFUSED
     */
    static AlterText parse(String text, TableName source, String twin, Set<String> computed) {
        Cursor cursor = Cursor.over(text);
        UnfitStatements.refuse(text);
        UnfitStatements.refuseWithShadow(text);
        return cursor.at("create") ? createIndex(cursor, source, twin) : actions(cursor, source, twin, computed);
    }

    private static AlterText createIndex(Cursor cursor, TableName source, String twin) {
        cursor.take("create");
        boolean unique = cursor.take("unique");
        if (!cursor.take("index")) {
            throw refused(cursor.text, "of CREATE statements only CREATE INDEX can be part of a migration");
        }
        cursor.take("concurrently");
        int nameStart = cursor.offset();
        while (!cursor.at("on") && !cursor.isDone()) {
            cursor.next();
        }
        String name = cursor.text.substring(nameStart, cursor.offset());
        cursor.take("on");
        cursor.take("only");
        cursor.takeTable(source);
        return new AlterText(
                "CREATE " + (unique ? "UNIQUE " : "") + "INDEX " + name + "ON " + twin + " " + cursor.rest(),
                List.of());
    }

    private static AlterText actions(Cursor cursor, TableName source, String twin, Set<String> computed) {
        cursor.takeAlterTable(source);
        List<Retype> retypes = new ArrayList<>();
        StringBuilder rest = new StringBuilder(cursor.rest());
        int start = cursor.offset();
        int inserted = 0;
        for (List<Token> action : split(cursor.remaining())) {
            refuseUnfit(cursor.text, action);
            int known = retypes.size();
            findUsing(cursor.text, action, retypes);
            if (!isRetypeOf(action, computed)) {
                continue;
            }
            if (retypes.size() > known) {
                throw refused(
                        cursor.text,
                        "its USING and a --transform both give the values of the column "
                                + retypes.get(known).column() + "; leave one out");
            }
            rest.insert(action.get(action.size() - 1).end() - start + inserted, EMPTY);
            inserted += EMPTY.length();
        }
        return new AlterText("ALTER TABLE " + twin + " " + rest, retypes);
    }

    private static final String EMPTY = " USING NULL";

    /** {@code ALTER [COLUMN] c [SET DATA] TYPE …} */
    private static boolean isRetypeOf(List<Token> action, Set<String> columns) {
        if (action.size() < 4 || !action.get(0).is("alter")) {
            return false;
        }
        int column = action.get(1).is("column") ? 2 : 1;
        int verb = column + (action.get(column + 1).is("set") ? 3 : 1);
        return verb < action.size()
                && action.get(verb).is("type")
                && columns.contains(action.get(column).identifier());
    }

    static List<List<Token>> split(List<Token> tokens) {
        List<List<Token>> parts = new ArrayList<>();
        List<Token> part = new ArrayList<>();
        for (Token token : tokens) {
            if (token.depth() == 0 && token.isSymbol(',')) {
                parts.add(part);
                part = new ArrayList<>();
            } else {
                part.add(token);
            }
        }
        parts.add(part);
        return parts;
    }

    private static final Set<String> UNFIT = Set.of(
            "rename to",
            "set schema",
            "set logged",
            "set unlogged",
            "owner to",
            "attach partition",
            "detach partition",
            "no inherit",
            "no force",
            "not of");
    private static final Set<String> UNFIT_FIRST = Set.of("inherit", "of", "enable", "disable", "force");

    private static void refuseUnfit(String text, List<Token> action) {
        if (action.isEmpty()) {
            return;
        }
        String first = action.get(0).text().toLowerCase(java.util.Locale.ROOT);
        String second = action.size() > 1 ? action.get(1).text().toLowerCase(java.util.Locale.ROOT) : "";
        if (UNFIT.contains(first + " " + second) || UNFIT_FIRST.contains(first)) {
            throw refused(
                    text,
                    "a migration cannot carry out "
                            + (first + " " + second)
                                    .toUpperCase(java.util.Locale.ROOT)
                                    .trim() + "; run it before or after the migration");
        }
        for (int i = 0; i < action.size(); i++) {
            boolean afterColumn = first.equals("alter") && i > (action.get(1).is("column") ? 2 : 1);
            if (afterColumn && action.get(i).depth() == 0 && action.get(i).is("restart")) {
                throw refused(text, "restart the sequence after the migration: it carries the source's position over");
            }
        }
    }

    /** {@code ALTER [COLUMN] c [SET DATA] TYPE t [COLLATE x] USING expression} */
    private static void findUsing(String text, List<Token> action, List<Retype> retypes) {
        if (action.size() < 5 || !action.get(0).is("alter")) {
            return;
        }
        boolean hasWord = action.get(1).is("column");
        Token column = action.get(hasWord ? 2 : 1);
        for (int i = hasWord ? 3 : 2; i < action.size(); i++) {
            if (action.get(i).depth() == 0 && action.get(i).is("using")) {
                int start = action.get(i).end();
                int end = action.get(action.size() - 1).end();
                retypes.add(new Retype(
                        column.identifier(), text.substring(start, end).strip()));
                return;
            }
        }
    }

    static ShooflyException refused(String text, String why) {
        return new ShooflyException(
                ErrorKind.REFUSED,
                "cannot use the alteration '" + text.strip() + "': " + why + ". Nothing was changed.");
    }

    /** Walks over the tokens of one text. */
    static final class Cursor {
        private final String text;
        private final List<Token> tokens;
        private int position;

        /** @throws ShooflyException REFUSED when it holds no statement, or several */
        static Cursor over(String text) {
            List<Token> tokens = new ArrayList<>(SqlTokens.of(text));
            while (!tokens.isEmpty() && tokens.get(tokens.size() - 1).isSymbol(';')) {
                tokens.remove(tokens.size() - 1);
            }
            if (tokens.isEmpty()) {
                throw refused(text, "it is empty");
            }
            if (tokens.stream().anyMatch(token -> token.isSymbol(';'))) {
                throw refused(text, "it holds more than one statement; give each in an --alter of its own");
            }
            return new Cursor(text, tokens);
        }

        private Cursor(String text, List<Token> tokens) {
            this.text = text;
            this.tokens = tokens;
        }

        boolean isDone() {
            return position >= tokens.size();
        }

        boolean at(String keyword) {
            return !isDone() && tokens.get(position).is(keyword);
        }

        boolean take(String keyword) {
            if (at(keyword)) {
                position++;
                return true;
            }
            return false;
        }

        void next() {
            position++;
        }

        boolean isAtSymbol(char symbol) {
            return !isDone() && tokens.get(position).isSymbol(symbol);
        }

        /** Takes an identifier, as the server would understand it. */
        String name() {
            if (isDone() || !tokens.get(position).isIdentifier()) {
                throw refused(text, "a name is missing");
            }
            return tokens.get(position++).identifier();
        }

        void back() {
            position--;
        }

        int offset() {
            return isDone()
                    ? tokens.get(tokens.size() - 1).end()
                    : tokens.get(position).start();
        }

        /** Without a trailing semicolon. */
        String rest() {
            return isDone()
                    ? ""
                    : text.substring(offset(), tokens.get(tokens.size() - 1).end());
        }

        List<Token> remaining() {
            return tokens.subList(Math.min(position, tokens.size()), tokens.size());
        }

        /** {@code ALTER TABLE [IF EXISTS] [ONLY] name}, which may be left out. */
        void takeAlterTable(TableName source) {
            if (!take("alter")) {
                return;
            }
            if (!take("table")) {
                back();
                return;
            }
            if (take("if")) {
                take("exists");
            }
            take("only");
            takeTable(source);
        }

        void takeTable(TableName source) {
            if (isDone() || !tokens.get(position).isIdentifier()) {
                throw refused(text, "it names no table");
            }
            String name = tokens.get(position++).identifier();
            String schema = source.schema();
            if (!isDone() && tokens.get(position).isSymbol('.')) {
                position++;
                schema = name;
                name = isDone() ? "" : tokens.get(position++).identifier();
            }
            if (!name.equals(source.table()) || !schema.equals(source.schema())) {
                throw refused(text, "it speaks of " + schema + "." + name + ", the migration of " + source);
            }
            if (!isDone() && tokens.get(position).isSymbol('*')) {
                position++;
            }
        }
    }
}
