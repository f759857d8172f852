package dev.shoofly.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class CpuSamplesTest {
    @Test
    void aPartTakesWhatWasUsedBetweenTheNearestSamples() {
        CpuSamples samples = new CpuSamples();
        samples.add(1_000, Duration.ofMillis(100));
        samples.add(1_500, Duration.ofMillis(250));
        samples.add(2_000, Duration.ofMillis(700));

        assertThat(samples.between(1_260, 1_990)).isEqualTo(Duration.ofMillis(450));
        assertThat(samples.between(0, 9_000)).isEqualTo(samples.whole());
        assertThat(samples.whole()).isEqualTo(Duration.ofMillis(600));
    }
}
