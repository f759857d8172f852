package dev.shoofly.coordinator;

import dev.shoofly.database.AlterClauses;
import dev.shoofly.database.AlterClauses.Clause;
import dev.shoofly.database.AlterClauses.Key;
import dev.shoofly.database.Database;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.Split;
import dev.shoofly.model.Strategy;
import dev.shoofly.model.StrategyChoice;
import dev.shoofly.model.TableName;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Takes a request apart, so that only what needs a shadow takes one. Clauses that speak of the same column, index or constraint
 * stay together, as do a dropped and an added key, one of which may replace the other. The cheapest part comes first: it is
 * there at once, and does not wait for a copy. Changes nothing.
 */
final class Splitter {
    private static final Pattern DROP = Pattern.compile("DROP\\b", Pattern.CASE_INSENSITIVE);

    private final Database database;
    private final MigrationId id;
    private final TableName source;
    private final MigrationSpec spec;
    private final AlterClauses server;
    private final Planner planner;
    private final List<Clause> all = new ArrayList<>();

    /** @param id that no other migration has */
    Splitter(Database database, MigrationId id, TableName source, MigrationSpec spec) {
        this.database = database;
        this.id = id;
        this.source = source;
        this.spec = spec;
        this.server = database.alterClauses();
        this.planner = new Planner(database);
    }

    /** Clauses that must not be separated, in their order. */
    private record Group(List<Clause> clauses, Strategy strategy) {
        boolean dropsColumn() {
            return clauses.stream()
                    .anyMatch(clause -> clause.key() == Key.NOTHING
                            && DROP.matcher(clause.sql()).lookingAt());
        }
    }

    /**
     * One use.
     *
     * @return the specifications of the parts in their order; the specification itself if there is only one
     * @throws ShooflyException REFUSED: it cannot be split, or not without making another table of it
     */
    List<MigrationSpec> split() {
        if (spec.strategy() != StrategyChoice.AUTO) {
            throw refused("with --split the strategy is chosen for each part; leave --strategy out");
        }
        if (!spec.transforms().isEmpty()) {
            throw refused("a --transform speaks of the original columns; give it in a migration of its own");
        }
        List<String> findings = database.nativeAlter().findings(source);
        if (!findings.isEmpty()) {
            throw refused("the server cannot be asked as things are: " + String.join("; ", findings));
        }
        all.addAll(server.takeApart(id, source, spec.alters()));
        List<Group> parts = joined(related().stream().map(this::group).toList());
        if (parts.size() == 1) {
            return List.of(spec);
        }
        List<List<String>> texts = inOrder(parts);
        List<MigrationSpec> specs = new ArrayList<>();
        for (int index = 0; index < texts.size(); index++) {
            specs.add(spec.part(new Split(spec.alters(), texts, index)));
        }
        return specs;
    }

    /** Connected components: to be related is transitive. */
    private List<List<Clause>> related() {
        boolean replaces = all.stream().anyMatch(clause -> clause.key() == Key.DROPS);
        List<List<Clause>> groups = new ArrayList<>();
        for (Clause clause : all) {
            List<Clause> group = new ArrayList<>(List.of(clause));
            for (List<Clause> known : List.copyOf(groups)) {
                if (known.stream().anyMatch(other -> isRelated(clause, other, replaces))) {
                    groups.remove(known);
                    group.addAll(known);
                }
            }
            groups.add(inPlace(group));
        }
        groups.sort(Comparator.comparingInt(group -> all.indexOf(group.get(0))));
        return groups;
    }

    private static boolean isRelated(Clause one, Clause other, boolean replaces) {
        boolean keys = replaces && one.key() != Key.NOTHING && other.key() != Key.NOTHING;
        return keys || !Collections.disjoint(one.names(), other.names());
    }

    private List<Clause> inPlace(List<Clause> clauses) {
        return clauses.stream().sorted(Comparator.comparingInt(all::indexOf)).toList();
    }

    private Group group(List<Clause> together) {
        try {
            return new Group(together, strategy(together));
        } catch (ShooflyException e) {
            if (e.kind() != ErrorKind.REFUSED) {
                throw e;
            }
            throw refused("a part of it is refused for itself ("
                    + together.stream().map(Clause::sql).collect(Collectors.joining(", ")) + "): "
                    + String.valueOf(e.getMessage()).replaceFirst("\\.$", ""));
        }
    }

    private Strategy strategy(List<Clause> group) {
        MigrationSpec part = spec.part(new Split(spec.alters(), List.of(texts(group)), 0));
        return planner.decide(id, source, part).strategy();
    }

    /**
     * Those on the same path become one part, unless together they would take a more expensive one. Cheapest first; but what
     * drops a column comes last, for no other part that fails, and no ALTER, would bring its values back.
     */
    private List<Group> joined(List<Group> groups) {
        boolean instant = groups.stream().allMatch(group -> group.strategy == Strategy.INSTANT);
        Map<Strategy, List<Group>> parts = new EnumMap<>(Strategy.class);
        List<Group> last = new ArrayList<>();
        for (Group group : groups) {
            boolean waits = !instant && group.strategy != Strategy.SHADOW && group.dropsColumn();
            join(waits ? last : parts.computeIfAbsent(group.strategy, none -> new ArrayList<>()), group);
        }
        List<Group> inOrder = new ArrayList<>();
        parts.values().forEach(inOrder::addAll);
        inOrder.addAll(last);
        return inOrder;
    }

    private void join(List<Group> same, Group group) {
        for (int i = 0; i < same.size(); i++) {
            List<Clause> both = new ArrayList<>(same.get(i).clauses);
            both.addAll(group.clauses);
            Group joined = new Group(inPlace(both), group.strategy);
            boolean suits = same.get(i).strategy == group.strategy
                    && (group.strategy == Strategy.SHADOW || strategy(joined.clauses) == group.strategy);
            if (suits) {
                same.set(i, joined);
                return;
            }
        }
        same.add(group);
    }

    /** As they are; if that makes another table, in the order of their first clauses. */
    private List<List<String>> inOrder(List<Group> parts) {
        List<List<String>> cheapestFirst = all(parts);
        Optional<String> objection = server.objection(id, source, spec.alters(), cheapestFirst);
        if (objection.isEmpty()) {
            return cheapestFirst;
        }
        List<List<String>> asWritten = parts.stream()
                .sorted(Comparator.comparingInt(part -> all.indexOf(part.clauses.get(0))))
                .map(part -> texts(part.clauses))
                .toList();
        if (server.objection(id, source, spec.alters(), asWritten).isEmpty()) {
            return asWritten;
        }
        throw refused(objection.get());
    }

    private static List<List<String>> all(List<Group> parts) {
        return parts.stream().map(part -> texts(part.clauses)).toList();
    }

    /** Clauses of one text stay one text, as far as they are part of one statement. */
    private static List<String> texts(List<Clause> clauses) {
        List<String> texts = new ArrayList<>();
        int joinedFrom = -1;
        for (Clause clause : clauses) {
            if (clause.complete() || clause.text() != joinedFrom) {
                texts.add(clause.sql());
            } else {
                texts.set(texts.size() - 1, texts.get(texts.size() - 1) + ", " + clause.sql());
            }
            joinedFrom = clause.complete() ? -1 : clause.text();
        }
        return texts;
    }

    private ShooflyException refused(String why) {
        return new ShooflyException(
                ErrorKind.REFUSED,
                "cannot split the alteration of " + source + ": " + why
                        + ". Nothing was changed. Leave --split out, or give the parts in migrations of their own.");
    }
}
