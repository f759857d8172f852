package dev.shoofly.database.postgres;

import static dev.shoofly.database.connection.ConnectionPool.execute;
import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.model.ColumnMapping;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.KeyColumn;
import dev.shoofly.model.KeyDefinition;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.Projection;
import dev.shoofly.model.RollbackFeasibility;
import dev.shoofly.model.RollbackFeasibility.Verdict;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import dev.shoofly.model.Transform;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads a migration's plan backwards, off the catalog, in the caller's transaction. */
final class ReversedPlanReader {
    private static final List<String> WHOLE = List.of("int2", "int4", "int8");
    private static final List<String> TEXTS = List.of("varchar", "text");
    private final Connection connection;
    private final MigrationPlan forward;
    private final String userPath;
    private final List<String> doubts = new ArrayList<>();

    /** @param userPath under which the operator's expressions are read */
    ReversedPlanReader(Connection connection, MigrationPlan forward, String userPath) {
        this.connection = connection;
        this.forward = forward;
        this.userPath = userPath;
    }

    /** @throws ShooflyException REFUSED when there is no way back */
    ReversedPlan read(TableName from, TableName to, List<Transform> reverses) throws SQLException {
        TableFacts source = PostgresCatalog.read(connection, from);
        TableFacts target = PostgresCatalog.read(connection, to);
        if (SwapState.of(forward).back() == null) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "an earlier version of Shoofly made the shadow, and noted nothing for a way back");
        }
        if (TableHooks.hasRules(connection, target.oid())) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "the old table has rules, which would rewrite what is written to keep it up to date");
        }
        Projection projection = projection(source, target, computed(source, target, reverses));
        KeyDefinition key;
        try {
            key = new SharedKey(source, SourceShape.replicaIdentity(connection, source.oid()))
                    .shared(target, projection);
        } catch (ShooflyException e) {
            throw new ShooflyException(
                    ErrorKind.REFUSED, "no unique key of the new table serves on the way back: " + e.getMessage(), e);
        }
        if (!key.isReverseOf(forward.key())) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "rows cannot be matched by the same key in both directions: by "
                            + forward.key().sourceIndex() + " on the way there, by " + key.sourceIndex()
                            + " on the way back");
        }
        tryProjection(source, target, projection);
        doubtfulConstraints(source, target, projection);
        requireTellingNames(source);
        List<String> kept = projection.added();
        requireKnownKeys(target, projection);
        List<String> alwaysIdentity = target.columns().stream()
                .filter(column -> column.identity().equals("a"))
                .map(TableFacts.Column::name)
                .filter(name -> kept.contains(name)
                        || projection.columns().stream()
                                .anyMatch(mapping -> mapping.shadowColumn().equals(name)))
                .toList();
        return new ReversedPlan(
                source,
                target,
                projection,
                key,
                alwaysIdentity,
                kept,
                new RollbackFeasibility(doubts.isEmpty() ? Verdict.SAFE : Verdict.RISKY, doubts));
    }

    /** Expressions by the number of the old table's column. The empty copy on which they are read is taken back. */
    private Map<Integer, String> computed(TableFacts source, TableFacts target, List<Transform> reverses)
            throws SQLException {
        if (reverses.isEmpty()) {
            return Map.of();
        }
        Savepoint before = connection.setSavepoint();
        TableName twin = new TableName(
                ShadowBuilder.scratchSchema(forward.id()), forward.source().table());
        execute(connection, "DROP SCHEMA IF EXISTS " + quote(twin.schema()) + " CASCADE");
        EmptyTwin.create(connection, source, twin);
        ComputedColumns columns = new ComputedColumns(connection, source, twin);
        PostgresCatalog.searchPath(connection, quote(twin.schema()) + (userPath.isBlank() ? "" : ", " + userPath));
        columns.read(reverses);
        Map<Integer, String> expressions = columns.over(target.columns());
        connection.rollback(before);
        PostgresCatalog.qualifyEverything(connection);
        return expressions;
    }

    private Projection projection(TableFacts source, TableFacts target, Map<Integer, String> computed)
            throws SQLException {
        Map<String, ColumnMapping> there = new HashMap<>();
        for (ColumnMapping mapping : forward.projection().columns()) {
            if (mapping.sourceColumn() != null && isInvertible(mapping)) {
                there.put(mapping.sourceColumn(), mapping);
            } else if (mapping.sourceColumn() != null && !isGiven(target, mapping.sourceColumn(), computed)) {
                throw new ShooflyException(
                        ErrorKind.REFUSED,
                        "the new table computes \"" + mapping.shadowColumn() + "\" (" + mapping.expression()
                                + "), so what is written there after the swap has no way back; --reverse "
                                + mapping.sourceColumn() + "=\"expression\" can give one");
            }
        }
        List<ColumnMapping> mappings = new ArrayList<>();
        List<String> added = new ArrayList<>();
        for (TableFacts.Column to : target.columns()) {
            if (to.generated()) {
                continue;
            }
            String expression = computed.get(to.number());
            if (expression != null) {
                mappings.add(new ColumnMapping(to.name(), null, expression, to.type(), true, true));
                continue;
            }
            Optional<TableFacts.Column> from =
                    Optional.ofNullable(there.get(to.name())).flatMap(mapping -> source.column(mapping.shadowColumn()));
            if (from.isPresent()) {
                mappings.add(inverse(source, target, from.get(), to));
            } else {
                added.add(requireFillable(to));
                doubts.add("the new table has nothing for column \"" + to.name() + "\" of the old one: rows from before"
                        + " the swap keep their values there, later ones get the default");
            }
        }
        List<String> used = mappings.stream().map(ColumnMapping::sourceColumn).toList();
        List<String> dropped = source.columns().stream()
                .map(TableFacts.Column::name)
                .filter(name -> !used.contains(name))
                .toList();
        return new Projection(mappings, dropped, added);
    }

    private static boolean isGiven(TableFacts target, String column, Map<Integer, String> computed) {
        return target.column(column)
                .filter(found -> computed.containsKey(found.number()))
                .isPresent();
    }

    /** The log of before the swap and that of after it are told apart by the key's names. */
    private void requireTellingNames(TableFacts source) {
        for (KeyColumn column : forward.key().columns()) {
            boolean reused = !column.sourceName().equals(column.shadowName())
                    && source.column(column.sourceName()).isPresent();
            if (reused) {
                throw new ShooflyException(
                        ErrorKind.REFUSED,
                        "the key column \"" + column.sourceName()
                                + "\" gets another name, and another column its name");
            }
        }
    }

    /** What a row of the old table holds under such a constraint, the new table cannot tell. */
    private void requireKnownKeys(TableFacts target, Projection projection) {
        if (projection.added().isEmpty()) {
            return;
        }
        for (TableFacts.Index index : target.indexes()) {
            boolean apart = index.unique() || index.constraint().equals("x");
            boolean known = !index.partial()
                    && !index.hasExpression()
                    && index.columns().stream()
                            .map(number -> target.column(number).orElseThrow().name())
                            .noneMatch(projection.added()::contains);
            if (apart && !known) {
                throw new ShooflyException(
                        ErrorKind.REFUSED,
                        "\"" + originalName(index)
                                + "\" of the old table keeps rows apart by a column that the new one has"
                                + " nothing for, or may do so");
            }
        }
    }

    /** The swap has given it away. */
    private String originalName(TableFacts.Index index) {
        return SwapState.of(forward).originals().stream()
                .filter(original -> original.oid() == index.oid())
                .map(SwapState.Original::name)
                .findFirst()
                .orElse(index.name());
    }

    /** The column alone, or a plain cast of it, in whatever parentheses. */
    private static boolean isInvertible(ColumnMapping mapping) {
        String column = String.valueOf(mapping.sourceColumn());
        String name = "(?:" + Pattern.quote(quote(column)) + "|(?i:" + Pattern.quote(column) + "))";
        String expression = mapping.expression().strip();
        while (expression.startsWith("(") && expression.endsWith(")") && expression.lastIndexOf('(') == 0) {
            expression = expression.substring(1, expression.length() - 1).strip();
        }
        return !mapping.computed() && expression.matches("\\s*" + name + "\\s*(?:::[\\w \"().,\\[\\]]+)?");
    }

    private ColumnMapping inverse(TableFacts source, TableFacts target, TableFacts.Column from, TableFacts.Column to)
            throws SQLException {
        ColumnTracker.refuseImpliedZone(from, to);
        String column = quote(from.name());
        boolean retyped = !from.type().equals(to.type()) || from.collation() != to.collation();
        if (retyped && !takesAll(from, to)) {
            doubts.add("column \"" + to.name() + "\" of the old table is " + to.type()
                    + ", which may not take every value of " + from.type()
                    + (TEXTS.contains(from.baseName()) ? "" : ", or only rounded"));
        }
        if (to.notNull() && !from.notNull()) {
            doubts.add("column \"" + to.name() + "\" of the old table is NOT NULL, and the new one takes NULL");
        }
        // An explicit cast may cut a text in silence, so it is taken only where an INSERT knows none by itself.
        boolean plain = !retyped || isAssignable(source, target, from, to);
        return new ColumnMapping(
                to.name(), from.name(), plain ? column : "(" + column + ")::" + to.type(), to.type(), retyped, false);
    }

    private boolean isAssignable(TableFacts source, TableFacts target, TableFacts.Column from, TableFacts.Column to)
            throws SQLException {
        Savepoint before = connection.setSavepoint();
        try {
            execute(
                    connection,
                    "EXPLAIN INSERT INTO " + quote(target.name()) + " (" + quote(to.name()) + ") SELECT "
                            + quote(from.name()) + " FROM " + quote(source.name()));
            return true;
        } catch (SQLException e) {
            if (SqlErrors.isTransient(e)) {
                throw e;
            }
            return false;
        } finally {
            connection.rollback(before);
        }
    }

    private static boolean takesAll(TableFacts.Column from, TableFacts.Column to) {
        if (WHOLE.contains(from.baseName()) && WHOLE.contains(to.baseName())) {
            return WHOLE.indexOf(from.baseName()) <= WHOLE.indexOf(to.baseName());
        }
        boolean unlimited = to.modifier() < 0;
        boolean wider = from.modifier() >= 0 && to.modifier() >= from.modifier();
        return TEXTS.contains(from.baseName()) && TEXTS.contains(to.baseName()) && (unlimited || wider);
    }

    private String requireFillable(TableFacts.Column column) {
        if (column.notNull()
                && column.defaultText() == null
                && column.identity().isEmpty()) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "rows that are inserted after the swap have no value for \"" + column.name()
                            + "\", which is NOT NULL without a default in the old table; --reverse " + column.name()
                            + "=\"expression\" can give one");
        }
        return column.name();
    }

    private void tryProjection(TableFacts source, TableFacts target, Projection projection) throws SQLException {
        String targets = String.join(
                ", ",
                projection.columns().stream()
                        .map(mapping -> quote(mapping.shadowColumn()))
                        .toList());
        String values = String.join(
                ", ",
                projection.columns().stream().map(ColumnMapping::expression).toList());
        Savepoint before = connection.setSavepoint();
        try {
            execute(
                    connection,
                    "EXPLAIN INSERT INTO " + quote(target.name()) + " (" + targets + ") OVERRIDING SYSTEM VALUE SELECT "
                            + values + " FROM " + quote(source.name()));
        } catch (SQLException e) {
            if (SqlErrors.isTransient(e)) {
                throw e;
            }
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "rows of the new table cannot be brought into the form of the old one: " + SqlErrors.serverSaid(e),
                    e);
        } finally {
            connection.rollback(before);
        }
    }

    /** What the old table refuses and the new one does not. */
    private void doubtfulConstraints(TableFacts source, TableFacts target, Projection projection) {
        for (TableFacts.Check check : target.checks()) {
            if (source.checks().stream().noneMatch(other -> other.definition().equals(check.definition()))) {
                doubts.add(
                        "the old table's check \"" + check.name() + "\" may not take every row that the new one takes");
            }
        }
        for (TableFacts.Index index : target.indexes()) {
            boolean apart = index.unique() || index.constraint().equals("x");
            if (apart
                    && source.indexes().stream()
                            .noneMatch(other -> keepsApart(source, other, target, index, projection))
                    && !isBuiltLater(target, index, projection)) {
                doubts.add("the old table's \"" + originalName(index)
                        + "\" may not take every pair of rows that the new one takes");
            }
        }
    }

    private static boolean keepsApart(
            TableFacts source,
            TableFacts.Index ours,
            TableFacts target,
            TableFacts.Index theirs,
            Projection projection) {
        boolean plain = !ours.partial() && !ours.hasExpression() && !theirs.partial() && !theirs.hasExpression();
        if (plain && ours.unique() && theirs.unique()) {
            List<String> wanted = sourceColumns(target, theirs, projection);
            return ours.columns().stream()
                    .map(number -> source.column(number).orElseThrow().name())
                    .allMatch(wanted::contains);
        }
        return ours.unique() == theirs.unique()
                && ours.constraint().equals("x") == theirs.constraint().equals("x")
                && ours.tail().toLowerCase(Locale.ROOT).equals(theirs.tail().toLowerCase(Locale.ROOT));
    }

    private static List<String> sourceColumns(TableFacts target, TableFacts.Index index, Projection projection) {
        return index.columns().stream()
                .map(number -> target.column(number).orElseThrow().name())
                .flatMap(name -> projection.columns().stream()
                        .filter(mapping -> mapping.shadowColumn().equals(name))
                        .map(mapping -> String.valueOf(mapping.sourceColumn())))
                .toList();
    }

    /** The shadow gets some unique indexes only after the copy. */
    private boolean isBuiltLater(TableFacts target, TableFacts.Index index, Projection projection) {
        return !index.partial()
                && !index.hasExpression()
                && SwapState.of(forward).deferred().stream()
                        .filter(SwapState.Deferred::isUnique)
                        .anyMatch(later ->
                                sourceColumns(target, index, projection).containsAll(later.columns()));
    }

    /** Whether a row of the target may have to make room for a value of another. */
    static boolean makesRoom(TableFacts target, KeyDefinition key) {
        List<String> columns =
                key.columns().stream().map(column -> column.shadowName()).toList();
        return target.indexes().stream()
                .filter(index -> index.unique() || index.constraint().equals("x"))
                .anyMatch(index -> index.hasExpression()
                        || index.partial()
                        || !columns.containsAll(index.columns().stream()
                                .map(number ->
                                        target.column(number).orElseThrow().name())
                                .toList()));
    }
}
