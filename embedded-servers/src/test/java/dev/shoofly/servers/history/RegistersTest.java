package dev.shoofly.servers.history;

import static dev.shoofly.servers.history.Operation.read;
import static dev.shoofly.servers.history.Operation.unknownWrite;
import static dev.shoofly.servers.history.Operation.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.statistics.Statistics;
import org.junit.jupiter.api.Test;

class RegistersTest {
    /** There from the begin. */
    private static final Operation FIRST = write("0", Long.MIN_VALUE, Long.MIN_VALUE);

    @Test
    void operationsOneAfterTheOtherAreLinearizable() {
        assertLinearizable(write("1", 1, 2), read("1", 3, 4), write("2", 5, 6), read("2", 7, 8), read("2", 9, 10));
    }

    @Test
    void aReadDuringAWriteMayShowEitherValue() {
        assertLinearizable(write("1", 1, 10), read("0", 2, 3), read("1", 4, 5), read("1", 6, 7));
    }

    @Test
    void onceShownAValueDoesNotGiveWayToTheOneBefore() {
        assertViolation("no place for", write("1", 1, 10), read("1", 2, 3), read("0", 4, 5));
    }

    @Test
    void aLostWriteIsFound() {
        assertViolation("no place for", write("1", 1, 2), read("0", 3, 4));
    }

    @Test
    void aLostWriteBetweenTwoReadsOfTheNextValueIsFound() {
        assertViolation("no place for", write("1", 1, 2), read("1", 3, 4), write("2", 5, 6), read("1", 7, 8));
    }

    @Test
    void anAnswerFromTheFutureIsFound() {
        assertViolation("read before it was written", read("1", 1, 2), write("1", 3, 4));
    }

    @Test
    void aValueThatNobodyWroteIsFound() {
        assertViolation("nobody wrote", write("1", 1, 2), read("7", 3, 4));
    }

    @Test
    void aWriteWithoutAnAnswerMayHaveHappenedNever() {
        assertLinearizable(unknownWrite("1", 1), read("0", 5, 6), write("2", 7, 8), read("2", 9, 10));
    }

    @Test
    void aWriteWithoutAnAnswerMayHaveHappenedLate() {
        assertLinearizable(
                unknownWrite("1", 1), read("0", 5, 6), write("2", 7, 8), read("2", 9, 10), read("1", 11, 12));
    }

    @Test
    void aWriteWithoutAnAnswerHappensNoMoreThanOnce() {
        assertViolation(
                "two values at once",
                unknownWrite("1", 1),
                read("1", 5, 6),
                write("2", 7, 8),
                read("2", 9, 10),
                read("1", 11, 12));
    }

    @Test
    void twoWritesOfOneValueCannotBeTold() {
        assertThatThrownBy(() -> Registers.violation(List.of(write("1", 1, 2), write("1", 3, 4))))
                .hasMessageContaining("distinct");
    }

    @Test
    void eachRegisterStandsForItself() {
        Registers registers = new Registers();
        registers.initially("a", "0");
        registers.initially("b", "0");
        registers.add("a", write("1", 1, 2));
        registers.add("b", read("0", 3, 4));
        assertThat(registers.violations()).isEmpty();
        registers.add("a", read("0", 5, 6));
        assertThat(registers.violations()).singleElement().asString().startsWith("register a: no place");
    }

    /** Every history of up to six operations that overlap at random, against trying all orders. */
    @Property(tries = 3_000)
    void agreesWithTryingEveryOrder(@ForAll("histories") List<Operation> history) {
        boolean expected = new EveryOrder(history).exists();
        Statistics.collect(expected);
        Statistics.coverage(coverage -> {
            coverage.check(true).percentage(share -> share > 10);
            coverage.check(false).percentage(share -> share > 10);
        });
        assertThat(Registers.violation(history).isEmpty()).as("%s", history).isEqualTo(expected);
    }

    @Provide
    Arbitrary<List<Operation>> histories() {
        Arbitrary<Draft> draft = Combinators.combine(
                        Arbitraries.integers().between(0, 4),
                        Arbitraries.integers().between(0, 3),
                        Arbitraries.integers().between(0, 12),
                        Arbitraries.integers().between(0, 8))
                .as(Draft::new);
        return draft.list().ofMinSize(1).ofMaxSize(6).map(RegistersTest::history);
    }

    /** @param kind 0: write without an answer; 1 and 2: write; else a read of the value */
    private record Draft(int kind, int value, int invoked, int lasts) {}

    private static List<Operation> history(List<Draft> drafts) {
        List<Operation> history = new ArrayList<>(List.of(FIRST));
        int writes = 0;
        for (Draft draft : drafts) {
            int end = draft.invoked() + draft.lasts();
            switch (draft.kind()) {
                case 0 -> history.add(unknownWrite(String.valueOf(++writes), draft.invoked()));
                case 1, 2 -> history.add(write(String.valueOf(++writes), draft.invoked(), end));
                default -> history.add(read(String.valueOf(draft.value()), draft.invoked(), end));
            }
        }
        return history;
    }

    private static void assertLinearizable(Operation... operations) {
        assertThat(Registers.violation(history(operations))).isEmpty();
        assertThat(new EveryOrder(history(operations)).exists()).isTrue();
    }

    private static void assertViolation(String words, Operation... operations) {
        assertThat(Registers.violation(history(operations)).orElse("none")).contains(words);
        assertThat(new EveryOrder(history(operations)).exists()).isFalse();
    }

    private static List<Operation> history(Operation... operations) {
        List<Operation> history = new ArrayList<>(List.of(FIRST));
        history.addAll(Arrays.asList(operations));
        return history;
    }
}
