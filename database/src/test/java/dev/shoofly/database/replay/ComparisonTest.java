package dev.shoofly.database.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.replay.Answer.Column;
import dev.shoofly.database.replay.Answer.ValueKind;
import dev.shoofly.database.replay.Comparison.Result;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ComparisonTest {
    private static final Read ANY_ORDER = new Read("q", List.of("a", "b"), false, Optional.empty());
    private static final Read ORDERED = new Read("q", List.of("a", "b"), true, Optional.empty());
    private static final Read LOOSE = new Read("q", List.of("a", "b"), false, Optional.of("LIMIT"));

    @Test
    void numbersAreComparedByValueAndEverythingElseByText() {
        assertThat(one(ValueKind.EXACT_NUMBER, "1.25", ValueKind.EXACT_NUMBER, "1.2500"))
                .isEqualTo(Result.SAME);
        assertThat(one(ValueKind.EXACT_NUMBER, "100", ValueKind.EXACT_NUMBER, "1E2"))
                .isEqualTo(Result.SAME);
        assertThat(one(ValueKind.EXACT_NUMBER, "9007199254740993", ValueKind.EXACT_NUMBER, "9007199254740992"))
                .isEqualTo(Result.DIFFERS);
        assertThat(one(ValueKind.FLOATING, "0.30000000000000004", ValueKind.FLOATING, "0.3"))
                .isEqualTo(Result.SAME);
        assertThat(one(ValueKind.FLOATING, "0.3001", ValueKind.FLOATING, "0.3")).isEqualTo(Result.DIFFERS);
        assertThat(one(ValueKind.FLOATING, "NaN", ValueKind.FLOATING, "NaN")).isEqualTo(Result.SAME);
        assertThat(one(ValueKind.FLOATING, "NaN", ValueKind.FLOATING, "1")).isEqualTo(Result.DIFFERS);
        assertThat(one(ValueKind.TEXT, "1.0", ValueKind.TEXT, "1.00")).isEqualTo(Result.DIFFERS);
        assertThat(one(ValueKind.TEXT, "a", ValueKind.TEXT, "a ")).isEqualTo(Result.DIFFERS);
        assertThat(one(ValueKind.TEXT, "", ValueKind.TEXT, null)).isEqualTo(Result.DIFFERS);
        assertThat(one(ValueKind.TEXT, null, ValueKind.TEXT, null)).isEqualTo(Result.SAME);
        assertThat(one(ValueKind.EXACT_NUMBER, "1", ValueKind.TEXT, "1.0")).isEqualTo(Result.DIFFERS);
    }

    @Test
    void timesAreComparedWithoutTheEndOfTheirFraction() {
        assertThat(one(ValueKind.TIME, "2026-01-01 10:20:30", ValueKind.TIME, "2026-01-01 10:20:30.000000"))
                .isEqualTo(Result.SAME);
        assertThat(one(ValueKind.TIME, "2026-01-01 10:20:30.5+00", ValueKind.TIME, "2026-01-01 10:20:30.500+00"))
                .isEqualTo(Result.SAME);
        assertThat(one(ValueKind.TIME, "2026-01-01 10:20:30.5", ValueKind.TIME, "2026-01-01 10:20:30.05"))
                .isEqualTo(Result.DIFFERS);
    }

    @Test
    void orderCountsOnlyWhereTheStatementTellsAllRowsApart() {
        Answer up = rows(List.of("a"), "1", "2", "2");
        Answer down = rows(List.of("a"), "2", "1", "2");
        assertThat(Comparison.of(ANY_ORDER, up, down).result()).isEqualTo(Result.SAME);
        assertThat(Comparison.of(ORDERED, up, down).result()).isEqualTo(Result.DIFFERS);
        assertThat(Comparison.of(ANY_ORDER, up, rows(List.of("a"), "1", "1", "2"))
                        .result())
                .as("a multiset, no set")
                .isEqualTo(Result.DIFFERS);
        assertThat(Comparison.of(LOOSE, up, rows(List.of("a"), "1", "3", "2")).result())
                .isEqualTo(Result.NOT_COMPARABLE);
        assertThat(Comparison.of(LOOSE, up, down).result()).isEqualTo(Result.SAME);
    }

    @Test
    void columnsAreMatchedByNameAndOccurrence() {
        assertThat(Comparison.of(
                                ANY_ORDER,
                                table(List.of("a", "b"), "1", "2"),
                                table(List.of("b", "new", "a"), "2", "9", "1"))
                        .result())
                .isEqualTo(Result.SAME);
        assertThat(Comparison.of(ANY_ORDER, table(List.of("a", "a"), "1", "2"), table(List.of("a", "a"), "2", "1"))
                        .result())
                .isEqualTo(Result.DIFFERS);
        Comparison gone = Comparison.of(ANY_ORDER, table(List.of("a", "b"), "1", "2"), table(List.of("a"), "1"));
        assertThat(gone.result()).isEqualTo(Result.NOT_COMPARABLE);
        assertThat(gone.words()).contains("no column b");
    }

    @Test
    void errorsAreToldApart() {
        Answer good = rows(List.of("a"), "1");
        Answer unknown = new Answer.Failed(true, "no column", 1);
        Answer slow = new Answer.Failed(false, "time-out", 1);
        assertThat(Comparison.of(ANY_ORDER, good, unknown).result()).isEqualTo(Result.NOT_COMPARABLE);
        assertThat(Comparison.of(ANY_ORDER, good, slow).result()).isEqualTo(Result.FAILED_ON_SHADOW);
        assertThat(Comparison.of(ANY_ORDER, slow, slow).result()).isEqualTo(Result.NOT_COMPARABLE);
        assertThat(Comparison.of(ANY_ORDER, slow, good).result()).isEqualTo(Result.NOT_COMPARABLE);
    }

    @Test
    void noValueIsInTheWords() {
        assertThat(Comparison.of(ANY_ORDER, rows(List.of("a"), "secret"), rows(List.of("a"), "hidden"))
                        .words())
                .contains("values of a differ")
                .doesNotContain("secret")
                .doesNotContain("hidden");
    }

    private static Result one(
            ValueKind sourceKind, @Nullable String source, ValueKind shadowKind, @Nullable String shadow) {
        return Comparison.of(ANY_ORDER, one(sourceKind, source), one(shadowKind, shadow))
                .result();
    }

    private static Answer one(ValueKind kind, @Nullable String value) {
        List<@Nullable String> row = new ArrayList<>();
        row.add(value);
        return new Answer.Rows(List.of(new Column("a", kind)), List.of(row), false, 1);
    }

    private static Answer rows(List<String> columns, String... values) {
        return answer(columns, Stream.of(values).map(List::of).toList());
    }

    private static Answer table(List<String> columns, String... row) {
        return answer(columns, List.of(Arrays.asList(row)));
    }

    private static Answer answer(List<String> columns, List<List<String>> rows) {
        List<List<@Nullable String>> found = new ArrayList<>();
        rows.forEach(row -> found.add(new ArrayList<>(row)));
        return new Answer.Rows(
                columns.stream().map(name -> new Column(name, ValueKind.TEXT)).toList(), found, false, 1);
    }
}
