package dev.shoofly.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class CpuSamplesTest {
    @Test
    void aPartTakesItsShareOfWhatWasUsedBetweenSamples() {
        CpuSamples samples = new CpuSamples();
        samples.add(1_000, Duration.ofMillis(100));
        samples.add(1_500, Duration.ofMillis(250));
        samples.add(2_000, Duration.ofMillis(700));

        assertThat(samples.between(1_000, 2_000)).isEqualTo(Duration.ofMillis(600));
        assertThat(samples.between(1_250, 1_750)).isEqualTo(Duration.ofMillis(300));
        assertThat(samples.between(1_100, 1_200))
                .as("shorter than the time between two samples")
                .isEqualTo(Duration.ofMillis(30));
        assertThat(samples.between(0, 9_000)).isEqualTo(samples.whole());
        assertThat(samples.whole()).isEqualTo(Duration.ofMillis(600));
    }
}
