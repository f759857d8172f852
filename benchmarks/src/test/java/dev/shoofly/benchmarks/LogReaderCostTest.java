package dev.shoofly.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.benchmarks.LogReaderCost.Pair;
import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class LogReaderCostTest {
    @Test
    void eachPairIsJudgedByItselfSoThatADriftDoesNotCount() {
        // The machine becomes twice as fast meanwhile.
        LogReaderCost cost = new LogReaderCost(List.of(new Pair(2, 2.2), new Pair(1.5, 1.65), new Pair(1, 1.1)));

        assertThat(cost.summary()).containsEntry("percent", 10.0).containsEntry("spreadPercentWithout", 100.0);
        assertThat(cost.p50()).isEqualTo(1.65);
    }

    @Test
    void oneRunawayPairDoesNotDecide() {
        LogReaderCost cost = new LogReaderCost(List.of(new Pair(1, 1.02), new Pair(1, 1.04), new Pair(1, 9)));

        assertThat(cost.summary()).containsEntry("percent", 4.0);
    }

    /** Against the table of the sign test: 6, 9 and 36 values leave out none, one and eleven at either end. */
    @Test
    void whereTheTrueFigureLiesIsToldByEnoughPairsOnly() {
        assertThat(LogReaderCost.likely(upTo(5))).isEmpty();
        assertThat(LogReaderCost.likely(upTo(6))).containsExactly(1.0, 6.0);
        assertThat(LogReaderCost.likely(upTo(9))).containsExactly(2.0, 8.0);
        assertThat(LogReaderCost.likely(upTo(36))).containsExactly(12.0, 25.0);
    }

    private static List<Double> upTo(int size) {
        return DoubleStream.iterate(1, value -> value + 1).limit(size).boxed().toList();
    }
}
