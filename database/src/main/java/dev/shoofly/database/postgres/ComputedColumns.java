package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;
import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.postgres.SqlTokens.Token;
import dev.shoofly.model.TableName;
import dev.shoofly.model.Transform;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * The operator's transforms. The server reads each one as a part of a check on the untouched twin, which admits nothing but
 * an expression over one row; what goes into the projection is the server's own reading of it, with every name resolved
 * and {@code 'now'} a constant. So it means the same in every statement, and cannot reach beyond its place in one.
 */
final class ComputedColumns {
    private static final String TRIAL = "shoofly transform";
    private static final String TESTED = " IS NOT NULL)";
    private final Connection connection;
    private final TableFacts original;
    private final TableName twin;
    private final List<Read> read = new ArrayList<>();

    /** @param type of its value, as {@code typname} */
    private record Read(Transform transform, String expression, String type) {}

    /** @param twin as the source is, still */
    ComputedColumns(Connection connection, TableFacts original, TableName twin) {
        this.connection = connection;
        this.original = original;
        this.twin = twin;
    }

    /** In the search path under which the operator wrote them; leaves another. */
    void read(List<Transform> transforms) throws SQLException {
        List<String> checks = new ArrayList<>();
        for (Transform transform : transforms) {
            requireOneExpression(transform);
            String name = TRIAL + " " + checks.size();
            check(transform, name);
            checks.add(name);
        }
        PostgresCatalog.qualifyEverything(connection);
        for (int i = 0; i < checks.size(); i++) {
            read.add(understood(transforms.get(i), checks.get(i)));
        }
    }

    /** The names under which an ALTER may speak of a computed column. */
    Set<String> names() {
        Set<String> names = new HashSet<>();
        for (Read each : read) {
            names.addAll(spellings(each.transform()));
        }
        return names;
    }

    private static List<String> spellings(Transform transform) {
        List<Token> tokens = SqlTokens.of(transform.column());
        boolean quoted = tokens.size() == 1 && tokens.get(0).kind() == SqlTokens.Kind.QUOTED;
        return quoted
                ? List.of(tokens.get(0).identifier())
                : List.of(transform.column(), transform.column().toLowerCase(Locale.ROOT));
    }

    private static void requireOneExpression(Transform transform) {
        String text = transform.expression();
        List<Token> tokens = SqlTokens.of(text);
        if (tokens.isEmpty()) {
            throw transform.refused("the expression is empty");
        }
        int end = 0;
        for (Token token : tokens) {
            boolean closesTooMuch = token.depth() < 0;
            if (closesTooMuch || token.isSymbol(';') || (token.depth() == 0 && token.isSymbol(','))) {
                throw transform.refused("'" + text + "' is more than one expression");
            }
            if (token.isSymbol('?')) {
                throw transform.refused(
                        "the operators with a question mark cannot be used here; call the function behind"
                                + " it, such as jsonb_exists");
            }
            if (!text.substring(end, token.start()).isBlank()) {
                throw transform.refused("it holds a comment");
            }
            end = token.end();
        }
        if (!text.substring(end).isBlank()) {
            throw transform.refused("it holds a comment");
        }
    }

    private void check(Transform transform, String name) throws SQLException {
        try {
            execute(
                    connection,
                    "ALTER TABLE " + quote(twin) + " ADD CONSTRAINT " + quote(name) + " CHECK ((\n"
                            + transform.expression() + "\n) IS NOT NULL)");
        } catch (SQLException e) {
            if (SqlErrors.isTransient(e)) {
                throw e;
            }
            throw transform.refused(
                    "the server refuses the expression over a row of " + original.name() + ": "
                            + SqlErrors.serverSaid(e),
                    e);
        }
    }

    private Read understood(Transform transform, String check) throws SQLException {
        List<String[]> found = PostgresCatalog.query(
                connection,
                "SELECT pg_get_expr(conbin, conrelid), conbin::text FROM pg_constraint"
                        + " WHERE conrelid = to_regclass(?) AND conname = ?",
                row -> new String[] {row.getString(1), row.getString(2)},
                quote(twin),
                check);
        String text = found.get(0)[0];
        requireRowOnly(transform, found.get(0)[1]);
        execute(connection, "ALTER TABLE " + quote(twin) + " DROP CONSTRAINT " + quote(check));
        if (!text.startsWith("(") || !text.endsWith(TESTED)) {
            throw transform.refused("its value is a whole row");
        }
        String expression = text.substring(1, text.length() - TESTED.length());
        String type = Objects.requireNonNull(PostgresCatalog.text(
                connection,
                "SELECT typname::text FROM pg_type WHERE oid = pg_typeof((SELECT " + expression + " FROM " + quote(twin)
                        + "))"));
        return new Read(transform, expression, type);
    }

    /** @param tree of the server's own reading */
    private void requireRowOnly(Transform transform, String tree) throws SQLException {
        if (tree.contains("{SQLVALUEFUNCTION") || tree.contains("{NEXTVALUEEXPR")) {
            throw transform.refused(
                    "it takes the time or the user of the moment; it must depend on nothing but the row");
        }
        if (tree.contains(":varattno 0 ")) {
            throw transform.refused("it takes the row as a whole; name the columns");
        }
        Optional<String> objection = Volatility.objection(connection, tree);
        if (objection.isPresent()) {
            throw transform.refused(objection.get());
        }
    }

    /**
     * Finds the columns meant, once all ALTERs have run.
     *
     * @param altered the twin's columns now
     * @return expressions by the number of the column
     */
    Map<Integer, String> over(List<TableFacts.Column> altered) {
        Map<Integer, String> expressions = new HashMap<>();
        for (Read each : read) {
            TableFacts.Column column = target(each.transform(), altered);
            requireFillable(each, column);
            if (expressions.put(column.number(), each.expression()) != null) {
                throw each.transform().refused("it is given twice");
            }
        }
        return expressions;
    }

    private TableFacts.Column target(Transform transform, List<TableFacts.Column> altered) {
        for (String name : spellings(transform)) {
            for (TableFacts.Column column : altered) {
                if (column.name().equals(name)) {
                    return column;
                }
            }
        }
        boolean was = spellings(transform).stream()
                .anyMatch(name -> original.column(name).isPresent());
        throw transform.refused(
                was
                        ? "the ALTERs drop it or give it another name"
                        : "neither has " + original.name() + " such a column nor do the ALTERs add it");
    }

    private static void requireFillable(Read read, TableFacts.Column column) {
        if (column.generated()) {
            throw read.transform().refused("it is a generated column, whose value the server computes");
        }
        if (!column.identity().isEmpty() || String.valueOf(column.defaultText()).startsWith("nextval(")) {
            throw read.transform().refused("the server numbers it, and would not go on where the computed numbers end");
        }
        if (ColumnTracker.impliesZone(read.type(), column.baseName())) {
            throw read.transform()
                    .refused("the expression's value is of type " + read.type() + ", and its conversion to "
                            + column.type()
                            + " depends on the time zone of the session that runs it. Say which zone is meant, with AT TIME"
                            + " ZONE");
        }
    }
}
