package dev.shoofly.database.mysql;

import dev.shoofly.model.ColumnMapping;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.KeyColumn;
import dev.shoofly.model.KeyDefinition;
import dev.shoofly.model.KeyEquality;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.Projection;
import dev.shoofly.model.RollbackFeasibility;
import dev.shoofly.model.RollbackFeasibility.Verdict;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TableName;
import dev.shoofly.model.Transform;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A migration's plan read backwards: what was the shadow is the source.
 *
 * @param kept columns of the old table that nothing of the new one goes to, and that a row must not lose when it is deleted
 *     only to be written again: to make room for a unique value, or because it does not fit for a time
 */
record ReversedPlan(
        MigrationPlan forward,
        SharedKey key,
        MySqlProjection projection,
        List<String> kept,
        RollbackFeasibility feasibility) {

    /**
     * @param source the new table, whatever it is called now
     * @param target the old one
     * @param reverses the operator's expressions for columns of the old one
     * @throws ShooflyException REFUSED when there is no way back
     */
    static ReversedPlan of(
            Connection connection,
            MigrationPlan forward,
            MySqlTable source,
            MySqlTable target,
            List<Transform> reverses)
            throws SQLException {
        Map<String, String> origins = origins(forward);
        ComputedColumns computed = ComputedColumns.of(connection, source, target, reverses);
        requireValues(source, target, origins, computed);
        requireWaysBack(forward, computed);
        MySqlProjection projection =
                MySqlProjection.of(source, target, origins, computed, MySqlCatalog.variable(connection, "time_zone"));
        SharedKey key = SharedKey.find(connection, source, target, origins, computed.names());
        requireSameKey(forward, key);
        requireTellingNames(forward, source);
        requireKnownKeys(target, key, projection);
        List<String> reasons = new ArrayList<>();
        doubtfulColumns(source, target, projection, reasons);
        doubtfulKeys(forward, source, target, projection, reasons);
        return new ReversedPlan(
                forward,
                key,
                projection,
                projection.projection().added(),
                new RollbackFeasibility(reasons.isEmpty() ? Verdict.SAFE : Verdict.RISKY, reasons));
    }

    private static Map<String, String> origins(MigrationPlan forward) {
        Map<String, String> origins = new HashMap<>();
        for (ColumnMapping mapping : forward.projection().columns()) {
            String from = mapping.sourceColumn();
            if (from != null && !mapping.computed()) {
                origins.put(
                        from.toLowerCase(Locale.ROOT), mapping.shadowColumn().toLowerCase(Locale.ROOT));
            }
        }
        return origins;
    }

    private static void requireValues(
            MySqlTable source, MySqlTable target, Map<String, String> origins, ComputedColumns computed) {
        List<String> empty = target.columns().stream()
                .filter(column -> !column.generated() && isUnmapped(source, origins, computed, column))
                .filter(column -> !column.nullable() && !column.hasDefault() && !column.autoIncrement())
                .map(MySqlColumn::name)
                .toList();
        if (!empty.isEmpty()) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "rows that are inserted after the swap have no value for " + String.join(", ", empty)
                            + ", which is NOT NULL without a default in the old table; --reverse " + empty.get(0)
                            + "=\"expression\" can give one");
        }
    }

    /** Otherwise what is written to such a column after the swap would be lost. */
    private static void requireWaysBack(MigrationPlan forward, ComputedColumns computed) {
        List<String> lost = forward.projection().columns().stream()
                .filter(ColumnMapping::computed)
                .map(ColumnMapping::sourceColumn)
                .flatMap(Stream::ofNullable)
                .filter(name -> !computed.names().contains(name.toLowerCase(Locale.ROOT)))
                .toList();
        if (!lost.isEmpty()) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "the new table computes " + String.join(", ", lost)
                            + ", so what is written there after the swap has no way back; --reverse " + lost.get(0)
                            + "=\"expression\" can give one");
        }
    }

    /** The log of before the swap and that of after it are told apart by the key's names. */
    private static void requireTellingNames(MigrationPlan forward, MySqlTable source) {
        for (KeyColumn column : forward.key().columns()) {
            boolean reused = !column.sourceName().equals(column.shadowName())
                    && source.column(column.sourceName()).isPresent();
            if (reused) {
                throw new ShooflyException(
                        ErrorKind.REFUSED,
                        "the key column " + column.sourceName() + " gets another name, and another column its name");
            }
        }
    }

    /** What a row of the old table holds under such a key, the new table cannot tell. */
    private static void requireKnownKeys(MySqlTable target, SharedKey key, MySqlProjection projection) {
        List<String> unknown = projection.projection().added();
        for (MySqlIndex index : target.uniqueIndexes()) {
            boolean known = index.name().equals(key.shadowIndex())
                    || unknown.isEmpty()
                    || index.isPlain() && index.columns().stream().noneMatch(unknown::contains);
            if (!known) {
                throw new ShooflyException(
                        ErrorKind.REFUSED,
                        "the unique key " + index.name() + " of the old table is over a column that the new one has"
                                + " nothing for");
            }
        }
    }

    private static boolean isUnmapped(
            MySqlTable source, Map<String, String> origins, ComputedColumns computed, MySqlColumn column) {
        String from = origins.get(column.name().toLowerCase(Locale.ROOT));
        boolean has = from != null
                && source.column(from).filter(found -> !found.generated()).isPresent();
        return !has && computed.expression(column).isEmpty();
    }

    /**
     * The capture goes on across the swap, and its keys are those of the migration: the same columns, hashed in the same way.
     */
    private static void requireSameKey(MigrationPlan forward, SharedKey key) {
        if (!key.definition().isReverseOf(forward.key())) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "rows cannot be matched by the same key in both directions: by "
                            + forward.key().sourceIndex() + " on the way there, by "
                            + key.definition().sourceIndex() + " on the way back");
        }
    }

    private static void doubtfulColumns(
            MySqlTable source, MySqlTable target, MySqlProjection projection, List<String> reasons) {
        for (ColumnMapping mapping : projection.projection().columns()) {
            MySqlColumn to = target.column(mapping.shadowColumn()).orElseThrow();
            Optional<MySqlColumn> from =
                    Optional.ofNullable(mapping.sourceColumn()).flatMap(source::column);
            if (from.isEmpty() || mapping.computed()) {
                continue;
            }
            if (mapping.retyped() && !takesAll(from.get(), to)) {
                reasons.add("column " + to.name() + " of the old table is " + typeBeside(to, from.get())
                        + ", which may not take every value of " + typeBeside(from.get(), to)
                        + (from.get().collation() == null ? ", or only rounded" : ""));
            }
            if (from.get().nullable() && !to.nullable()) {
                reasons.add("column " + to.name() + " of the old table is NOT NULL, and the new one takes NULL");
            }
        }
        for (String name : projection.projection().added()) {
            reasons.add("the new table has nothing for column " + name
                    + " of the old one: rows from before the swap keep their values there, later ones get the default");
        }
    }

    /** With the character set if nothing else tells the two apart. */
    private static String typeBeside(MySqlColumn column, MySqlColumn other) {
        return column.columnType().equals(other.columnType())
                ? column.columnType() + " in " + column.charset() + " (" + column.collation() + ")"
                : column.columnType();
    }

    private static boolean takesAll(MySqlColumn from, MySqlColumn to) {
        if (from.isInteger() && to.isInteger()) {
            boolean sameSign = isUnsigned(from) == isUnsigned(to);
            return width(to) > width(from) && (isUnsigned(from) || sameSign) || width(to) == width(from) && sameSign;
        }
        return from.collation() != null && to.collation() != null && TextRoom.takesAll(from, to);
    }

    private static boolean isUnsigned(MySqlColumn column) {
        return column.columnType().contains("unsigned");
    }

    private static int width(MySqlColumn column) {
        return List.of("tinyint", "smallint", "mediumint", "int", "bigint").indexOf(column.dataType());
    }

    /** What keeps the old table's rows apart and not the new one's. */
    private static void doubtfulKeys(
            MigrationPlan forward,
            MySqlTable source,
            MySqlTable target,
            MySqlProjection projection,
            List<String> reasons) {
        Map<String, String> names = new HashMap<>();
        projection.projection().columns().stream()
                .filter(mapping -> mapping.sourceColumn() != null && !mapping.computed())
                .forEach(mapping -> names.put(mapping.shadowColumn(), String.valueOf(mapping.sourceColumn())));
        List<Set<String>> apart = new ArrayList<>();
        source.uniqueIndexes().stream()
                .filter(MySqlIndex::isPlain)
                .forEach(index -> apart.add(Set.copyOf(index.columns())));
        // Before the swap some may not be built yet.
        DialectState.of(forward).deferred().stream()
                .filter(DialectState.Index::isUnique)
                .forEach(index -> apart.add(Set.copyOf(index.columns())));
        for (MySqlIndex index : target.uniqueIndexes()) {
            Set<String> columns = index.columns().stream()
                    .map(column -> names.getOrDefault(column, ""))
                    .collect(Collectors.toSet());
            if (!index.isPlain() || apart.stream().noneMatch(columns::containsAll)) {
                reasons.add("the old table's unique key " + index.name() + " (" + String.join(", ", index.columns())
                        + ") may not take every pair of rows that the new one takes");
            } else {
                otherwiseCompared(source, target, index, names)
                        .forEach(words -> reasons.add("the old table's unique key " + index.name() + " " + words
                                + ": it may not take every pair of rows that the new one takes"));
            }
        }
    }

    /** What is equal under one collation need not be so under another. Labels are compared by their numbers. */
    private static List<String> otherwiseCompared(
            MySqlTable source, MySqlTable target, MySqlIndex index, Map<String, String> names) {
        List<String> words = new ArrayList<>();
        for (String name : index.columns()) {
            MySqlColumn to = target.column(name).orElseThrow();
            Optional<MySqlColumn> from = source.column(names.getOrDefault(name, ""));
            if (to.isText() && from.isPresent() && !Objects.equals(from.get().collation(), to.collation())) {
                words.add("compares " + name + " by " + to.collation() + ", the new one by "
                        + from.get().collation());
            }
        }
        return words;
    }

    /** @param keyIndex the key's in the target */
    static List<String> kept(MySqlTable target, String keyIndex, KeyDefinition key, Projection projection) {
        boolean nothingMakesRoom =
                target.uniqueIndexes().stream().allMatch(index -> index.name().equals(keyIndex));
        boolean oneSpelling = key.columns().stream().allMatch(column -> column.equality() == KeyEquality.EXACT);
        return nothingMakesRoom && oneSpelling ? List.of() : projection.added();
    }

    /**
     * @param definition of the new table, under its final name
     * @param attached what hangs on it
     * @param undone what it will be called when it was swapped back
     */
    MigrationPlan toPlan(String definition, Attached attached, TableName undone) {
        return new MigrationPlan(
                forward.id(),
                forward.source(),
                forward.old(),
                undone,
                key.definition(),
                projection.projection(),
                forward.partitions(),
                new DialectState(key.shadowIndex(), definition, projection.mirrored(), List.of(), attached, kept)
                        .text());
    }
}
