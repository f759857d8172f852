package dev.shoofly.database.fidelity;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/**
 * A table, what is written into it, and how it is altered. Its columns are {@code c0}, {@code c1} and so on, beside {@code
 * id} and {@code u}, which is unique.
 *
 * @param zones of the sessions that write, one for each write
 * @param alteration of the table, beside the columns' own
 */
public record Case(List<Column> columns, List<String> zones, String alteration) {

    /** In every third, no column changes its type; in the others about half of those that can. */
    public static Arbitrary<Case> of(Arbitrary<List<Column>> columns, List<String> zones, List<String> alterations) {
        Arbitrary<List<Column>> some = Combinators.combine(
                        columns,
                        Arbitraries.of(true, false).list().ofSize(100),
                        Arbitraries.integers().between(0, 2))
                .as((all, stays, third) -> IntStream.range(0, all.size())
                        .mapToObj(i -> third == 0 || stays.get(i) ? all.get(i).unchanged() : all.get(i))
                        .toList());
        return Combinators.combine(
                        some, Arbitraries.of(zones).list().ofSize(Column.WRITES), Arbitraries.of(alterations))
                .as(Case::new);
    }

    /** As in CREATE TABLE. */
    public String definitions() {
        return joined(i -> "c" + i + " " + columns.get(i).type());
    }

    /** @param retype with the column's name for {@code %s}, to be followed by the type */
    public String retypes(String retype) {
        return IntStream.range(0, columns.size())
                .filter(i -> columns.get(i).becomes() != null)
                .mapToObj(i -> ", " + retype.replace("%s", "c" + i) + " "
                        + columns.get(i).becomes())
                .collect(Collectors.joining());
    }

    /** @param overriding what stands before VALUES, with a blank behind it, or nothing */
    public String insert(String table, int id, int write, String overriding) {
        return "INSERT INTO " + table + " (id, u, " + joined(i -> "c" + i) + ") " + overriding + "VALUES (" + id + ", "
                + id + ", " + joined(i -> columns.get(i).literals().get(write)) + ")";
    }

    public String update(String table, int id, int u, int write) {
        return "UPDATE " + table + " SET u = " + u + ", "
                + joined(i -> "c" + i + " = " + columns.get(i).literals().get(write)) + " WHERE id = " + id;
    }

    /** @param expression of a column, with its name for {@code %s} */
    public String select(Function<Column, String> expression) {
        return joined(i -> expression.apply(columns.get(i)).replace("%s", "c" + i));
    }

    private String joined(IntFunction<String> item) {
        return IntStream.range(0, columns.size()).mapToObj(item).collect(Collectors.joining(", "));
    }

    /** @param writes by which each of the rows was written last */
    public void requireSame(List<Integer> writes, List<List<String>> expected, List<List<String>> found) {
        assertThat(found).hasSameSizeAs(writes).hasSameSizeAs(expected);
        List<String> differences = new ArrayList<>();
        for (int row = 0; row < expected.size(); row++) {
            for (int i = 0; i < expected.get(row).size(); i++) {
                String was = expected.get(row).get(i);
                String is = found.get(row).get(i);
                if (!was.equals(is)) {
                    differences.add(value(i, writes.get(row)) + " in row " + row + ": " + was + " became " + is);
                }
            }
        }
        assertThat(differences).isEmpty();
    }

    private String value(int column, int write) {
        return column < columns.size()
                ? "c" + column + " " + columns.get(column) + ", "
                        + columns.get(column).literals().get(write)
                : "one of the table's own columns";
    }

    @Override
    public String toString() {
        return definitions() + "; " + alteration + retypes("%s becomes") + "; zones " + zones;
    }
}
