package dev.shoofly.database.postgres;

import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.NativeAlter.Assessment;
import dev.shoofly.database.StatementTag;
import dev.shoofly.database.StepImpact;
import dev.shoofly.database.StepImpact.TableLock;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.NativePlan;
import dev.shoofly.model.NativeStep;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.Strategy;
import dev.shoofly.model.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Asks an empty table of the same definition what the server would do with the full one. The server says itself, as debug
 * messages, when it rewrites a table, checks its rows or builds an index. Works in the caller's transaction, which must be
 * rolled back. One use; one thread.
 */
final class NativeTrial {
    private final Connection connection;
    private final MigrationId id;
    private final TableName source;
    private final TableName twin;
    private final TwinSession session;
    private final TableFacts original;
    private final TrialLocks locks;
    private final List<String> foreignKeys;
    private final List<String> unvalidated;
    private final List<String> reasons = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    NativeTrial(Connection connection, MigrationId id, TableName source) throws SQLException {
        this.connection = connection;
        this.id = id;
        this.source = source;
        this.twin = new TableName(ShadowBuilder.scratchSchema(id), source.table());
        this.session = TwinSession.begin(connection, twin);
        this.original = PostgresCatalog.read(connection, source);
        this.locks = new TrialLocks(connection, twin, original.oid());
        this.foreignKeys = constraints("contype = 'f'");
        this.unvalidated = constraints("NOT convalidated");
    }

    TwinSession session() {
        return session;
    }

    TableName twin() {
        return twin;
    }

    /** Names of the source's. */
    private List<String> constraints(String condition) throws SQLException {
        return PostgresCatalog.texts(
                connection,
                "SELECT conname FROM pg_catalog.pg_constraint WHERE conrelid = ?::bigint::oid AND " + condition,
                original.oid());
    }

    Assessment assess(List<String> alters) throws SQLException {
        List<List<NativeClause>> texts = NativeClause.of(alters, source);
        List<NativeClause> clauses = texts.stream().flatMap(List::stream).toList();
        Optional<NativeClause> rows =
                clauses.stream().filter(NativeClause::movesRows).findFirst();
        if (!constraints("NOT convalidated AND contype = 'n'").isEmpty()) {
            reasons.add("it has a NOT NULL that is not validated, which an empty table cannot show");
            return shadow();
        }
        if (rows.isPresent()) {
            reasons.add("'" + rows.get().text() + "' moves or rewrites all rows under an exclusive lock");
            return shadow();
        }
        if (clauses.stream().anyMatch(NativeClause::movesTable) && clauses.size() > 1) {
            throw refused("rename the table, or move it to another schema, in a migration of its own");
        }
        Optional<NativeClause> validation = clauses.stream()
                .filter(clause -> unvalidated.contains(clause.constraintOf("validate")))
                .findFirst();
        if (validation.isPresent()) {
            return validate(validation.get(), clauses.size());
        }
        return clauses.stream().anyMatch(this::isTriable) ? tried(texts, clauses) : instant(texts, List.of());
    }

    /** The empty table may have it as a valid one, or not at all. */
    private Assessment validate(NativeClause clause, int clauses) throws SQLException {
        if (clauses > 1) {
            throw refused("validate the constraint in a migration of its own");
        }
        OnlineSteps steps = new OnlineSteps(id, source, original);
        steps.heavy(clause, original, original, List.of());
        reasons.addAll(steps.reasons());
        return online(steps.steps(), List.of(locks.ofValidation(clause.constraintOf("validate"))));
    }

    /** Whether the empty table can tell: what hangs on the source is not there. */
    private boolean isTriable(NativeClause clause) {
        return !clause.isCatalogOnly() && !isAboutForeignKey(clause);
    }

    private boolean isAboutForeignKey(NativeClause clause) {
        return List.of("drop", "rename", "alter").stream()
                .map(clause::constraintOf)
                .anyMatch(name -> !name.isEmpty() && foreignKeys.contains(name));
    }

    private Assessment tried(List<List<NativeClause>> texts, List<NativeClause> clauses) throws SQLException {
        EmptyTwin.create(connection, original, twin);
        if (!session.isHeard()) {
            reasons.add("the server does not say in English what it does, so that it cannot be told (lc_messages)");
            return shadow();
        }
        TableFacts before = PostgresCatalog.read(connection, twin);
        Savepoint untouched = connection.setSavepoint();
        Set<TwinSession.Heavy> heavy;
        locks.begin();
        try {
            heavy = session.run(statements(triable(texts), twin));
        } catch (SQLException e) {
            if (SqlErrors.isTransient(e)) {
                throw e;
            }
            throw refused("the server refuses it on an empty copy: " + SqlErrors.serverSaid(e));
        }
        List<TableLock> taken = locks.taken();
        String wanted = session.definition();
        TableFacts made = PostgresCatalog.read(connection, twin);
        refuseImpliedZones(clauses, before, made);
        ColumnUsers.refuse(connection, original, before, made, cascading(clauses));
        connection.rollback(untouched);
        refuseImpliedZoneOfDefaults(texts, made);
        connection.rollback(untouched);
        List<TableLock> ofColumns = locks.ofForeignKeys(List.of(), goneOrRetyped(before, made));
        if (heavy.isEmpty()) {
            return instant(texts, TrialLocks.both(taken, ofColumns));
        }
        if (PartitionTree.isPartitioned(connection, original.oid())) {
            reasons.add("it is partitioned, and where the server " + TwinSession.Heavy.words(heavy)
                    + ", it can do that only while nobody writes any of its partitions");
            return shadow();
        }
        if (!clauses.stream().allMatch(this::isTriable)) {
            reasons.add("it mixes clauses that need a look at the rows (" + TwinSession.Heavy.words(heavy)
                    + ") with clauses that cannot be tried on an empty table; give them in migrations of their own");
            return shadow();
        }
        return online(clauses, wanted, untouched, ofColumns);
    }

    private static List<String> goneOrRetyped(TableFacts before, TableFacts after) {
        return before.columns().stream()
                .filter(from -> after.columns().stream()
                        .noneMatch(
                                to -> to.number() == from.number() && to.type().equals(from.type())))
                .map(TableFacts.Column::name)
                .toList();
    }

    private static Set<String> cascading(List<NativeClause> clauses) {
        return clauses.stream()
                .flatMap(clause -> clause.columnDroppedWithAllThatUsesIt().stream())
                .collect(Collectors.toSet());
    }

    /** Our session is not the operator's: what a conversion takes from it must be said. */
    private static void refuseImpliedZones(List<NativeClause> clauses, TableFacts before, TableFacts after) {
        for (TableFacts.Column to : after.columns()) {
            before.columns().stream()
                    .filter(from -> from.number() == to.number())
                    .filter(from -> clauses.stream().noneMatch(clause -> clause.convertsBy(from.name())))
                    .forEach(from -> ColumnTracker.refuseImpliedZone(from, to));
        }
    }

    /** Once more, in another zone: a default that comes out otherwise was read in ours. */
    private void refuseImpliedZoneOfDefaults(List<List<NativeClause>> texts, TableFacts made) throws SQLException {
        List<TableFacts.Column> elsewhere = session.elsewhere(statements(triable(texts), twin));
        for (TableFacts.Column column : made.columns()) {
            boolean depends = elsewhere.stream()
                    .anyMatch(other -> other.number() == column.number()
                            && !Objects.equals(other.defaultText(), column.defaultText()));
            if (depends) {
                throw refused(
                        "the default of column \"" + column.name() + "\" depends on the time zone of the session that"
                                + " runs it. Write the zone into the literal, such as '2024-01-01 00:00:00+00'");
            }
        }
    }

    /** The empty table is in a schema of its own, where every name is free. */
    private void requireFreeNames(OnlineSteps steps) throws SQLException {
        for (String name : steps.demanded()) {
            if (PostgresCatalog.test(
                    connection,
                    "SELECT true FROM pg_catalog.pg_constraint WHERE conrelid = to_regclass(?) AND conname = ?",
                    quote(source),
                    name)) {
                throw refused("it has a constraint " + name + " already");
            }
        }
        for (String name : steps.relationNames()) {
            // Whether an index of this table is in the way, the empty one has told.
            if (PostgresCatalog.test(
                    connection,
                    "SELECT NOT EXISTS (SELECT 1 FROM pg_catalog.pg_index i WHERE i.indexrelid = c.oid"
                            + " AND i.indrelid = to_regclass(?)) FROM pg_catalog.pg_class c WHERE c.oid = to_regclass(?)",
                    quote(source),
                    quote(source.schema(), name))) {
                throw refused("schema " + source.schema() + " already has a relation " + name
                        + ". Give the index or constraint another name");
            }
        }
    }

    /** Without what an empty table cannot tell. */
    List<List<NativeClause>> triable(List<List<NativeClause>> texts) {
        return texts.stream()
                .map(text -> text.stream().filter(this::isTriable).toList())
                .toList();
    }

    /** @param others that the alteration locks besides, as far as the empty table could tell */
    private Assessment instant(List<List<NativeClause>> texts, List<TableLock> others) throws SQLException {
        reasons.add("the server changes its catalog only and looks at no row");
        List<String> dropped = texts.stream()
                .flatMap(List::stream)
                .map(clause -> clause.constraintOf("drop"))
                .filter(name -> !name.isEmpty())
                .toList();
        return plan(
                Strategy.INSTANT,
                List.of(new NativeStep(
                        NativeStep.Kind.BRIEF,
                        "alter " + source,
                        StatementTag.before(statements(texts, source), id),
                        true,
                        List.of(),
                        null)),
                List.of(TrialLocks.both(others, locks.ofForeignKeys(dropped, List.of()))));
    }

    /** @param ofColumns what the closing step locks for the sake of columns that go or change their type */
    private Assessment online(List<NativeClause> clauses, String wanted, Savepoint untouched, List<TableLock> ofColumns)
            throws SQLException {
        OnlineSteps steps = new OnlineSteps(id, source, original);
        for (NativeClause clause : clauses) {
            Optional<String> objection = add(steps, clause, untouched);
            if (objection.isPresent()) {
                reasons.add(objection.get());
                return shadow();
            }
        }
        List<List<TableLock>> others = new ArrayList<>();
        Optional<String> objection = rehearse(steps, wanted, others, ofColumns);
        connection.rollback(untouched);
        requireFreeNames(steps);
        if (objection.isPresent()) {
            reasons.add(objection.get());
            return shadow();
        }
        reasons.addAll(steps.reasons());
        return online(steps.steps(), others);
    }

    private Assessment online(List<NativeStep> steps, List<List<TableLock>> others) {
        warnings.addAll(TrialLocks.warnings(steps));
        return plan(Strategy.ONLINE, steps, others);
    }

    /** @return why the clause can only be had through a shadow; empty: it is among the steps now */
    private Optional<String> add(OnlineSteps steps, NativeClause clause, Savepoint untouched) throws SQLException {
        Set<TwinSession.Heavy> heavy;
        TableFacts before;
        List<Long> known;
        try {
            // A constraint may only be had once another is dropped.
            session.run(statements(List.of(steps.light()), twin));
            before = PostgresCatalog.read(connection, twin);
            known = session.constraints(before.oid()).stream()
                    .map(TwinSession.Constraint::oid)
                    .toList();
            heavy = session.run(statements(List.of(List.of(clause)), twin));
        } catch (SQLException e) {
            if (SqlErrors.isTransient(e)) {
                throw e;
            }
            connection.rollback(untouched);
            return Optional.of("'" + clause.text() + "' needs what a clause before it makes (" + e.getMessage() + ")");
        }
        TableFacts after = PostgresCatalog.read(connection, twin);
        List<TwinSession.Constraint> constraints = session.constraints(after.oid()).stream()
                .filter(constraint -> !known.contains(constraint.oid()))
                .toList();
        connection.rollback(untouched);
        boolean taken = heavy.isEmpty() ? steps.light(clause) : steps.heavy(clause, before, after, constraints);
        return taken
                ? Optional.empty()
                : Optional.of("for '" + clause.text() + "' the server " + TwinSession.Heavy.words(heavy)
                        + " while nobody can write");
    }

    /** Carries the steps out on the empty table: what comes out must be what the alteration itself makes of it. */
    private Optional<String> rehearse(
            OnlineSteps steps, String wanted, List<List<TableLock>> others, List<TableLock> ofColumns)
            throws SQLException {
        try {
            Set<TwinSession.Heavy> brief = step(steps.open(twin), List.of(), others);
            for (String statement : steps.work(twin, false)) {
                step(List.of(statement), List.of(), others);
            }
            brief.addAll(step(steps.close(twin), ofColumns, others));
            if (!brief.isEmpty()) {
                return Optional.of("prepared as well as possible, the server still " + TwinSession.Heavy.words(brief)
                        + " while nobody can write");
            }
        } catch (SQLException e) {
            if (SqlErrors.isTransient(e)) {
                throw e;
            }
            return Optional.of("it cannot be taken apart into steps (" + e.getMessage() + ")");
        }
        String made = session.definition();
        return made.equals(wanted)
                ? Optional.empty()
                : Optional.of("taken apart into steps it would give another definition");
    }

    /** @param others gets what the step locks besides the table; there is no step without statements */
    private Set<TwinSession.Heavy> step(List<String> statements, List<TableLock> foretold, List<List<TableLock>> others)
            throws SQLException {
        locks.begin();
        Set<TwinSession.Heavy> heavy = session.run(statements);
        if (!statements.isEmpty()) {
            others.add(TrialLocks.both(locks.taken(), foretold));
        }
        return heavy;
    }

    private Assessment plan(Strategy strategy, List<NativeStep> steps, List<List<TableLock>> others) {
        List<StepImpact> impacts = TrialLocks.impacts(steps, others);
        return new Assessment(
                Optional.of(new NativePlan(strategy, steps)), reasons, warnings, Optional.empty(), impacts);
    }

    private Assessment shadow() {
        return new Assessment(Optional.empty(), reasons, warnings, Optional.empty(), List.of());
    }

    private ShooflyException refused(String why) {
        return new ShooflyException(
                ErrorKind.REFUSED, "cannot alter " + source + ": " + why + ". Nothing was changed.");
    }

    /** One statement for the actions of a text, as far as the server takes them together. */
    static List<String> statements(List<List<NativeClause>> texts, TableName table) {
        List<String> statements = new ArrayList<>();
        for (List<NativeClause> text : texts) {
            List<NativeClause> together =
                    text.stream().filter(clause -> !clause.standsAlone()).toList();
            if (!together.isEmpty()) {
                statements.add("ALTER TABLE " + quote(table) + " "
                        + together.stream().map(NativeClause::text).collect(Collectors.joining(", ")));
            }
            for (NativeClause clause : text) {
                if (clause.standsAlone()) {
                    statements.add(
                            clause.kind() == NativeClause.Kind.ACTION
                                    ? "ALTER TABLE " + quote(table) + " " + clause.text()
                                    : clause.statement(table));
                }
            }
        }
        return statements;
    }
}
