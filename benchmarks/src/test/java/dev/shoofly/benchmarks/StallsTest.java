package dev.shoofly.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class StallsTest {
    private final Stalls stalls = new Stalls();

    @Test
    void tellsTheMiddleAndTheLongest() {
        for (double each : new double[] {5, 1, 40}) {
            stalls.add(each);
        }
        assertThat(stalls.medianMillis()).isEqualTo(5);
        assertThat(stalls.longestMillis()).isEqualTo(40);
        assertThat(stalls.millis()).containsExactly(5.0, 1.0, 40.0);
        stalls.add(7);
        assertThat(stalls.medianMillis()).as("no better than it was").isEqualTo(7);
    }

    @Test
    void nothingMeasuredIsNoFigure() {
        assertThatThrownBy(stalls::medianMillis).isInstanceOf(BenchmarkFailure.class);
    }
}
