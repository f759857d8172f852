package dev.shoofly.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.coordinator.Explanation;
import dev.shoofly.model.Strategy;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExplanationTextTest {
    @ParameterizedTest
    @CsvSource({
        "0, 8, up to 8 s (by a sample)",
        "5, 8, 5 s to 8 s (by a sample)",
        "0, 1, a moment",
        "0, 300, up to 5 min (by a sample)"
    })
    void aRangeThatBeginsWithNothingSaysUpTo(long from, long to, String words) {
        assertThat(ExplanationText.of(expected(new Explanation.Range(from, to, "by a sample"))))
                .contains("  expected: " + words + System.lineSeparator());
    }

    private static Explanation expected(Explanation.Range range) {
        return new Explanation(
                "s.t",
                List.of(),
                Strategy.ONLINE,
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                100,
                0,
                0,
                null,
                range,
                new Explanation.Rollback("SAFE", "SAFE"),
                List.of(),
                List.of());
    }
}
