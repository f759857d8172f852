package dev.shoofly.database.postgres;

import dev.shoofly.model.ColumnMapping;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.KeyColumn;
import dev.shoofly.model.KeyDefinition;
import dev.shoofly.model.KeyEquality;
import dev.shoofly.model.Projection;
import dev.shoofly.model.ShooflyException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Finds the unique key by which the rows of both sides are matched. */
final class SharedKey {
    private final TableFacts source;
    private final String replicaIdentity;

    /** @param replicaIdentity {@code relreplident} of the source */
    SharedKey(TableFacts source, String replicaIdentity) {
        this.source = source;
        this.replicaIdentity = replicaIdentity;
    }

    /** Candidates on the source's side alone, best first, each with the reason against it where there is one. */
    List<Candidate> candidates() {
        return source.indexes().stream()
                .filter(TableFacts.Index::unique)
                .sorted(Comparator.comparing((TableFacts.Index index) -> !index.isPrimaryKey())
                        .thenComparing(index -> index.columns().size()))
                .map(index -> new Candidate(index, objection(index)))
                .toList();
    }

    record Candidate(TableFacts.Index index, Optional<String> objection) {}

    private Optional<String> objection(TableFacts.Index index) {
        if (!index.valid() || index.partial() || index.hasExpression()) {
            return Optional.of("is partial, invalid or over an expression");
        }
        if (index.directions().stream().limit(index.columns().size()).distinct().count() > 1) {
            return Optional.of("mixes ascending and descending columns");
        }
        for (int number : index.columns()) {
            TableFacts.Column column = source.column(number).orElseThrow();
            if (!column.notNull()) {
                return Optional.of("its column \"" + column.name() + "\" can be null");
            }
            if (KeyColumnTypes.family(column).isEmpty()) {
                return Optional.of("its column \"" + column.name() + "\" has type " + column.type()
                        + ", whose values have no exact text form");
            }
        }
        Set<Integer> logged = loggedColumns();
        if (!replicaIdentity.equals("f") && !logged.containsAll(index.columns())) {
            return Optional.of("the log does not carry its columns in updates and deletes (ALTER TABLE "
                    + PostgresNames.quote(source.name()) + " REPLICA IDENTITY "
                    + (index.isPrimaryKey() && index.immediate()
                            ? "DEFAULT"
                            : index.immediate() ? "USING INDEX " + PostgresNames.quote(index.name()) : "FULL")
                    + " cures that)");
        }
        return Optional.empty();
    }

    /** Columns of the old row that every UPDATE of the key and every DELETE brings to the log. */
    private Set<Integer> loggedColumns() {
        Set<Integer> numbers = new HashSet<>();
        for (TableFacts.Index index : source.indexes()) {
            boolean logs = replicaIdentity.equals("d")
                    ? index.isPrimaryKey() && index.immediate()
                    : replicaIdentity.equals("i") && index.replicaIdentity();
            if (logs) {
                numbers.addAll(index.columns());
            }
        }
        return numbers;
    }

    /** @throws ShooflyException REFUSED with the reason against each candidate */
    KeyDefinition shared(TableFacts shadow, Projection projection) {
        List<String> reasons = new ArrayList<>();
        for (Candidate candidate : candidates()) {
            Optional<String> against = candidate.objection();
            List<KeyColumn> columns = new ArrayList<>();
            if (against.isEmpty()) {
                against = match(candidate.index(), shadow, projection, columns);
            }
            if (against.isEmpty()) {
                return new KeyDefinition(candidate.index().name(), columns);
            }
            reasons.add("\"" + candidate.index().name() + "\" " + against.get());
        }
        throw new ShooflyException(
                ErrorKind.REFUSED,
                "no unique key that " + source.name() + " has before and after the ALTER can tell its rows apart: "
                        + (reasons.isEmpty() ? "it has no unique index" : String.join("; ", reasons))
                        + ". Nothing was changed. Needed: a primary key, or a unique index over NOT NULL columns, that the"
                        + " ALTER keeps.");
    }

    private Optional<String> match(
            TableFacts.Index index, TableFacts shadow, Projection projection, List<KeyColumn> columns) {
        Set<Integer> shadowNumbers = new HashSet<>();
        for (int number : index.columns()) {
            TableFacts.Column from = source.column(number).orElseThrow();
            Optional<ColumnMapping> mapping = projection.columns().stream()
                    .filter(column -> from.name().equals(column.sourceColumn()))
                    .findFirst();
            if (mapping.isEmpty()) {
                return Optional.of("loses its column \"" + from.name() + "\"");
            }
            if (!mapping.get().expression().equals(PostgresNames.quote(from.name()))) {
                return Optional.of("its column \"" + from.name() + "\" is computed anew"
                        + (mapping.get().computed() ? " (--transform)" : " by a USING expression"));
            }
            TableFacts.Column to = shadow.column(mapping.get().shadowColumn()).orElseThrow();
            Optional<String> mismatch = KeyColumnTypes.mismatch(from, to);
            if (mismatch.isPresent()) {
                return mismatch.map(reason -> "its column \"" + from.name() + "\": " + reason);
            }
            if (!to.notNull()) {
                return Optional.of("its column \"" + to.name() + "\" can be null after the ALTER");
            }
            shadowNumbers.add(to.number());
            columns.add(keyColumn(from, to));
        }
        boolean unique = shadow.indexes().stream()
                .anyMatch(other -> other.unique()
                        && other.valid()
                        && other.immediate()
                        && !other.partial()
                        && !other.hasExpression()
                        && new HashSet<>(other.columns()).equals(shadowNumbers));
        return unique ? Optional.empty() : Optional.of("has no unique index over the same columns after the ALTER");
    }

    private static KeyColumn keyColumn(TableFacts.Column from, TableFacts.Column to) {
        KeyEquality equality = KeyColumnTypes.equality(from);
        return new KeyColumn(
                from.name(),
                to.name(),
                KeyColumnTypes.family(from).orElseThrow(),
                equality,
                from.baseType(),
                to.baseType());
    }
}
