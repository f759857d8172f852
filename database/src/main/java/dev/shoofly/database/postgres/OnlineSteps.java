package dev.shoofly.database.postgres;

import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.database.StatementTag;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.NativeStep;
import dev.shoofly.model.TableName;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.stream.Collectors;

/**
 * An alteration taken apart, so that nothing long is done under a lock that keeps the application out: first what is to hold
 * is demanded of new rows only; then the old rows are checked and the indexes built, beside the application; then a moment's
 * lock makes of it what was asked for. One thread.
 */
final class OnlineSteps {
    /** Stands for the table in a foreign key that points to it: of Unicode's private letters. */
    private static final String ITSELF = "\uE5F1";

    private final MigrationId id;
    private final TableName source;
    private final TableFacts original;
    private final List<String> demands = new ArrayList<>();
    private final List<String> demanded = new ArrayList<>();
    private final List<Work> work = new ArrayList<>();
    private final List<NativeClause> light = new ArrayList<>();
    private final List<String> closing = new ArrayList<>();
    private final List<String> helpers = new ArrayList<>();
    private final List<String> reasons = new ArrayList<>();
    /** Of indexes, which are built under a name that nobody else gives. */
    private final Map<String, String> renames = new LinkedHashMap<>();

    private final List<String> constraintNames = new ArrayList<>();
    private int helperNames;

    OnlineSteps(MigrationId id, TableName source, TableFacts original) {
        this.id = id;
        this.source = source;
        this.original = original;
    }

    /**
     * What may take long.
     *
     * @param index its tail, what follows the table's name; empty: it is the validation of a constraint
     */
    private record Work(String name, boolean unique, String index) {
        String statement(TableName table, boolean concurrently) {
            return index.isEmpty()
                    ? "ALTER TABLE " + quote(table) + " VALIDATE CONSTRAINT " + quote(name)
                    : "CREATE " + (unique ? "UNIQUE " : "") + "INDEX " + (concurrently ? "CONCURRENTLY " : "")
                            + quote(name) + " ON " + quote(table) + " " + index;
        }

        String what(TableName table) {
            return index.isEmpty()
                    ? "check the existing rows of " + table + " for the constraint " + name
                    : "build the index " + name + " of " + table;
        }
    }

    /** Names of relations that the closing step gives. */
    List<String> relationNames() {
        List<String> names = new ArrayList<>(renames.values());
        names.addAll(constraintNames);
        return names;
    }

    /** Names of constraints that the first step gives. */
    List<String> demanded() {
        return demanded;
    }

    /** Why each of them, for people. */
    List<String> reasons() {
        return reasons;
    }

    /** The clauses that touch no row, so far. */
    List<NativeClause> light() {
        return light;
    }

    boolean light(NativeClause clause) {
        light.add(clause);
        return true;
    }

    /**
     * @param constraints that the clause makes
     * @return false: it cannot be taken apart
     */
    boolean heavy(NativeClause clause, TableFacts before, TableFacts after, List<TwinSession.Constraint> constraints) {
        if (clause.isCreateIndex()) {
            return createIndex(clause, before, after);
        }
        String column = clause.madeNotNull();
        if (!column.isEmpty()) {
            light.add(clause);
            demandNotNull(column);
            reasons.add("NOT NULL of " + column + " rests on a check that is validated beside the application");
            return true;
        }
        String validated = clause.constraintOf("validate");
        if (!validated.isEmpty()) {
            work.add(new Work(validated, false, ""));
            reasons.add("VALIDATE CONSTRAINT lets the application write");
            return true;
        }
        return clause.addsConstraint() && constraints.size() == 1 && addConstraint(constraints.get(0), after);
    }

    private boolean createIndex(NativeClause clause, TableFacts before, TableFacts after) {
        Optional<TableFacts.Index> made = after.indexes().stream()
                .filter(index -> before.indexes().stream()
                        .noneMatch(known -> known.name().equals(index.name())))
                .findFirst();
        made.ifPresent(index -> {
            String building = helper();
            work.add(new Work(building, clause.kind() == NativeClause.Kind.CREATE_UNIQUE_INDEX, clause.text()));
            renames.put(building, index.name());
            reasons.add("the index " + index.name() + " is built with CONCURRENTLY");
        });
        return made.isPresent();
    }

    private boolean addConstraint(TwinSession.Constraint constraint, TableFacts after) {
        String name = quote(constraint.name());
        switch (constraint.type()) {
            case "c", "f" -> {
                String definition = constraint.pointsToItself()
                        ? constraint
                                .definition()
                                .replaceFirst(
                                        " REFERENCES .*?\\(", Matcher.quoteReplacement(" REFERENCES " + ITSELF + " ("))
                        : constraint.definition();
                demand("ADD CONSTRAINT " + name + " " + definition + " NOT VALID", constraint.name());
                work.add(new Work(constraint.name(), false, ""));
                reasons.add("the constraint " + constraint.name() + " is added NOT VALID and validated afterwards");
                return true;
            }
            default -> {
                TableFacts.Index index = after.indexes().stream()
                        .filter(each -> each.name().equals(constraint.index()))
                        .findFirst()
                        .orElseThrow();
                if (index.tail().isEmpty() || index.tablespace() != null) {
                    return false;
                }
                boolean primary = constraint.type().equals("p");
                // Its own name may still be that of the one that it replaces; as a constraint's it gets it.
                String building = helper();
                work.add(new Work(building, true, index.tail()));
                constraintNames.add(constraint.name());
                closing.add("ADD CONSTRAINT " + name + (primary ? " PRIMARY KEY" : " UNIQUE") + " USING INDEX "
                        + quote(building) + TwinDetails.deferral(constraint.definition()));
                if (primary) {
                    // As before the clause, which has made them NOT NULL on the empty table.
                    after.columns().stream()
                            .filter(column -> index.columns().contains(column.number()))
                            .map(column -> original.column(column.name()).orElseThrow())
                            .filter(column -> !column.notNull())
                            .forEach(column -> demandNotNull(column.name()));
                }
                reasons.add(
                        "the index of " + constraint.name() + " is built with CONCURRENTLY, then made a constraint");
                return true;
            }
        }
    }

    /** The server takes a valid check for a proof. */
    private void demandNotNull(String column) {
        String helper = helper();
        helpers.add(helper);
        demand("ADD CONSTRAINT " + quote(helper) + " CHECK (" + quote(column) + " IS NOT NULL) NOT VALID", helper);
        work.add(new Work(helper, false, ""));
    }

    private String helper() {
        return "_shoofly_" + id + "_" + ++helperNames;
    }

    private void demand(String action, String name) {
        demands.add(action);
        demanded.add(name);
    }

    List<String> open(TableName table) {
        return demands.isEmpty()
                ? List.of()
                : List.of("ALTER TABLE " + quote(table) + " "
                        + String.join(", ", demands).replace(ITSELF, quote(table)));
    }

    List<String> work(TableName table, boolean concurrently) {
        return work.stream().map(each -> each.statement(table, concurrently)).toList();
    }

    List<String> close(TableName table) {
        List<String> statements = new ArrayList<>();
        List<String> actions = new ArrayList<>(light.stream()
                .filter(clause -> !clause.standsAlone())
                .map(NativeClause::text)
                .toList());
        actions.addAll(closing);
        if (!actions.isEmpty()) {
            statements.add("ALTER TABLE " + quote(table) + " " + String.join(", ", actions));
        }
        statements.addAll(NativeTrial.statements(
                List.of(light.stream().filter(NativeClause::standsAlone).toList()), table));
        renames.forEach((building, name) ->
                statements.add("ALTER INDEX " + quote(table.schema(), building) + " RENAME TO " + quote(name)));
        if (!helpers.isEmpty()) {
            // After the statement that they prove something for: it would drop them first.
            statements.add("ALTER TABLE " + quote(table) + " "
                    + helpers.stream()
                            .map(helper -> "DROP CONSTRAINT " + quote(helper))
                            .collect(Collectors.joining(", ")));
        }
        return statements;
    }

    List<NativeStep> steps() {
        List<NativeStep> steps = new ArrayList<>();
        if (!demands.isEmpty()) {
            steps.add(new NativeStep(
                    NativeStep.Kind.BRIEF,
                    "make " + source + " refuse new rows that violate " + String.join(" or ", demanded),
                    StatementTag.before(open(source), id),
                    // New rows that violate it are refused from now on.
                    true,
                    demanded.stream()
                            .map(name -> "ALTER TABLE " + quote(source) + " DROP CONSTRAINT IF EXISTS " + quote(name))
                            .toList(),
                    null));
        }
        for (Work each : work) {
            boolean index = !each.index.isEmpty();
            steps.add(new NativeStep(
                    NativeStep.Kind.LONG,
                    each.what(source),
                    List.of(StatementTag.of(id) + each.statement(source, true)),
                    false,
                    List.of(),
                    index ? each.name : null));
        }
        List<String> close = close(source);
        if (!close.isEmpty()) {
            steps.add(new NativeStep(
                    NativeStep.Kind.BRIEF, "alter " + source, StatementTag.before(close, id), true, List.of(), null));
        }
        return steps;
    }
}
