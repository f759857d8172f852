package dev.shoofly.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import dev.shoofly.model.MigrationState;
import java.util.List;
import org.junit.jupiter.api.Test;

class PhasesTest {
    private final Phases phases = new Phases(List.of(
            new Phases.Entry(MigrationState.COPYING, 1_000),
            new Phases.Entry(MigrationState.SYNCHRONIZING, 3_500),
            new Phases.Entry(MigrationState.VALIDATING, 4_000),
            new Phases.Entry(MigrationState.SYNCHRONIZING, 5_000),
            new Phases.Entry(MigrationState.COMPLETED, 5_250)));

    @Test
    void aStateThatWasEnteredTwiceLastedBothTimes() {
        assertThat(phases.seconds())
                .containsExactly(entry("copying", 2.5), entry("synchronizing", 0.75), entry("validating", 1.0));
        assertThat(phases.enteredMillis(MigrationState.SYNCHRONIZING)).isEqualTo(3_500);
    }

    @Test
    void aStateThatWasNeverEnteredIsAFailureAndNoZero() {
        assertThatThrownBy(() -> phases.enteredMillis(MigrationState.READY)).isInstanceOf(BenchmarkFailure.class);
    }
}
