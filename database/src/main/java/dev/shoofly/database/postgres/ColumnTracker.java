package dev.shoofly.database.postgres;

import static dev.shoofly.database.postgres.PostgresNames.quote;

import dev.shoofly.model.ColumnMapping;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.Projection;
import dev.shoofly.model.ShooflyException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Follows each column through the operator's ALTERs by its attnum, which survives renames and type changes, and so finds
 * the projection.
 */
final class ColumnTracker {
    private static final Set<String> ZONED = Set.of("timestamptz", "timetz");
    /** Types whose values go over to one another as they are, or not at all. */
    private static final List<Set<String>> EXACT = List.of(Set.of("int2", "int4", "int8"), Set.of("text", "varchar"));

    private final TableFacts source;
    private final Map<Integer, Tracked> tracked = new TreeMap<>();
    private Map<Integer, String> computed = Map.of();

    /**
     * @param name as the twin calls it now
     * @param sourceColumn null for an added column
     * @param expression over the source's columns
     */
    private record Tracked(String name, @Nullable String sourceColumn, String expression) {}

    /** @param twin the untouched copy: the same names, but numbers of its own */
    ColumnTracker(TableFacts source, List<TableFacts.Column> twin) {
        this.source = source;
        for (TableFacts.Column column : twin) {
            tracked.put(column.number(), new Tracked(column.name(), column.name(), quote(column.name())));
        }
    }

    /** @param after the twin's columns once the statement has run */
    void ran(AlterText alter, List<TableFacts.Column> after) {
        List<Tracked> before = List.copyOf(tracked.values());
        for (AlterText.Retype retype : alter.retypes()) {
            retype(retype, before);
        }
        tracked.keySet().retainAll(after.stream().map(TableFacts.Column::number).collect(Collectors.toSet()));
        for (TableFacts.Column column : after) {
            Tracked known = tracked.get(column.number());
            tracked.put(
                    column.number(),
                    known == null
                            ? new Tracked(column.name(), null, "")
                            : new Tracked(column.name(), known.sourceColumn(), known.expression()));
        }
    }

    private void retype(AlterText.Retype retype, List<Tracked> before) {
        for (Map.Entry<Integer, Tracked> entry : tracked.entrySet()) {
            Tracked column = entry.getValue();
            if (!column.name().equals(retype.column())) {
                continue;
            }
            if (column.sourceColumn() == null) {
                throw new ShooflyException(
                        ErrorKind.REFUSED,
                        "column \"" + retype.column()
                                + "\" is added and then retyped with USING in one migration; add it"
                                + " with its final type. Nothing was changed.");
            }
            entry.setValue(new Tracked(column.name(), column.sourceColumn(), overSource(retype.using(), before)));
        }
    }

    /** The expression as it reads over the source's own columns. */
    private String overSource(String using, List<Tracked> before) {
        boolean unchanged = before.stream()
                .allMatch(column -> column.expression().equals(quote(column.name())) || column.sourceColumn() == null);
        boolean qualified = SqlTokens.of(using).stream()
                .anyMatch(token -> token.isIdentifier()
                        && token.identifier().equals(source.name().table()));
        if (unchanged && !qualified) {
            return using;
        }
        // Names it saw then, put before it as a one-row table under the table's own name.
        String row = before.stream()
                .filter(column -> column.sourceColumn() != null)
                .map(column -> column.expression() + " AS " + quote(column.name()))
                .collect(Collectors.joining(", "));
        return "(SELECT " + using + " FROM (SELECT " + row + ") AS "
                + quote(source.name().table()) + ")";
    }

    /** @param expressions over the source's own columns, by the number of the column that takes their value */
    void compute(Map<Integer, String> expressions) {
        computed = Map.copyOf(expressions);
    }

    /** @param shadow the finished shadow */
    Projection projection(TableFacts shadow) {
        List<ColumnMapping> mappings = new ArrayList<>();
        List<String> added = new ArrayList<>();
        for (TableFacts.Column column : shadow.columns()) {
            Tracked from = Objects.requireNonNull(tracked.get(column.number()));
            if (column.generated()) {
                continue;
            }
            String expression = computed.get(column.number());
            if (expression != null) {
                mappings.add(
                        new ColumnMapping(column.name(), from.sourceColumn(), expression, column.type(), true, true));
                continue;
            }
            if (from.sourceColumn() == null) {
                added.add(fillable(column));
                continue;
            }
            TableFacts.Column original = source.column(from.sourceColumn()).orElseThrow();
            if (from.expression().equals(quote(original.name()))) {
                refuseImpliedZone(original, column);
            }
            boolean retyped = !original.type().equals(column.type())
                    || original.collation() != column.collation()
                    || !from.expression().equals(quote(original.name()));
            mappings.add(new ColumnMapping(
                    column.name(), from.sourceColumn(), from.expression(), column.type(), retyped, false));
        }
        List<String> kept = tracked.values().stream()
                .map(Tracked::sourceColumn)
                .filter(Objects::nonNull)
                .toList();
        List<String> dropped = source.columns().stream()
                .map(TableFacts.Column::name)
                .filter(name -> !kept.contains(name))
                .toList();
        return new Projection(mappings, dropped, added);
    }

    /**
     * Such a conversion takes the session's time zone. The operator's own session would have had another than ours, and a
     * driver sets it besides, so that nobody can tell which: every value would be shifted in silence.
     */
    static void refuseImpliedZone(TableFacts.Column from, TableFacts.Column to) {
        if (impliesZone(from.baseName(), to.baseName())) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "the conversion of column \"" + from.name() + "\" from " + from.type() + " to " + to.type()
                            + " depends on the time zone of the session that runs it. Nothing was changed. Say which zone"
                            + " is meant, such as USING " + quote(from.name()) + " AT TIME ZONE 'UTC'.");
        }
    }

    /** @param from a type's {@code typname}, likewise {@code to} */
    static boolean impliesZone(String from, String to) {
        return (ZONED.contains(from) || ZONED.contains(to)) && !from.equals(to);
    }

    private String fillable(TableFacts.Column column) {
        boolean filled = column.defaultText() != null || !column.identity().isEmpty();
        if (column.notNull() && !filled) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "the new column \"" + column.name() + "\" of " + source.name()
                            + " is NOT NULL and has no default, so the rows that exist have no value for it. Give it a"
                            + " DEFAULT. Nothing was changed.");
        }
        return column.name();
    }

    /**
     * Whether every value that arrives in the column is equal to the one it came from. Said of conversions of which that is
     * known: not of one that rounds, or follows an expression.
     *
     * @param now a column of the altered twin
     */
    boolean keepsValues(TableFacts.Column now) {
        Tracked column = Objects.requireNonNull(tracked.get(now.number()));
        Optional<TableFacts.Column> before =
                Optional.ofNullable(column.sourceColumn()).flatMap(source::column);
        // Its own expression is its name; one that it is given by somebody is another.
        return before.isPresent()
                && !computed.containsKey(now.number())
                && column.expression().equals(quote(before.get().name()))
                && (before.get().type().equals(now.type())
                        || EXACT.stream()
                                .anyMatch(family ->
                                        family.contains(before.get().baseName()) && family.contains(now.baseName())));
    }

    /** The shadow's name of a source column; null when it was dropped. */
    @Nullable
    String shadowColumn(String sourceColumn) {
        return tracked.values().stream()
                .filter(column -> sourceColumn.equals(column.sourceColumn()))
                .map(Tracked::name)
                .findFirst()
                .orElse(null);
    }
}
