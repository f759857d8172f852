package dev.shoofly.capture.key;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import org.junit.jupiter.api.Test;

final class TemporalTextTest {
    @Test
    void datesHaveNoSignAndAnEra() {
        assertThat(TemporalText.of(LocalDate.of(2026, 1, 2))).isEqualTo("2026-01-02");
        assertThat(TemporalText.of(LocalDate.of(1, 1, 1))).isEqualTo("0001-01-01");
        assertThat(TemporalText.of(LocalDate.of(12026, 1, 2))).isEqualTo("12026-01-02");
        assertThat(TemporalText.of(LocalDate.of(-43, 3, 15))).isEqualTo("0044-03-15 BC");
        assertThat(TemporalText.of(LocalDate.of(0, 12, 31))).isEqualTo("0001-12-31 BC");
    }

    @Test
    void dateTimesKeepMicrosecondsAndDropTrailingZeros() {
        assertThat(TemporalText.of(LocalDateTime.of(2026, 1, 2, 3, 4, 5))).isEqualTo("2026-01-02 03:04:05");
        assertThat(TemporalText.of(LocalDateTime.of(2026, 1, 2, 3, 4, 5, 1_000)))
                .isEqualTo("2026-01-02 03:04:05.000001");
        assertThat(TemporalText.of(LocalDateTime.of(-43, 3, 15, 0, 0, 0, 500_000_000)))
                .isEqualTo("0044-03-15 00:00:00.5 BC");
    }

    @Test
    void spansMayBeNegativeAndLongerThanADay() {
        assertThat(TemporalText.of(
                        Duration.ofHours(838).plusMinutes(59).plusSeconds(59).negated()))
                .isEqualTo("-838:59:59");
        assertThat(TemporalText.of(Duration.ofMillis(-1))).isEqualTo("-00:00:00.001");
        assertThat(TemporalText.of(Duration.ZERO)).isEqualTo("00:00:00");
        assertThat(TemporalText.of(Duration.ofSeconds(3_661).plusNanos(1_000))).isEqualTo("01:01:01.000001");
    }
}
