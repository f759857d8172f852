package dev.shoofly.verifier.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.model.KeyRange;
import dev.shoofly.model.RowKey;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class SweepJsonTest {
    private static final RowKey ODD = RowKey.of("a\"b\\c\n\u0000", "Grüße 🦟", "", "18446744073709551615");

    @Test
    void aTaskComesBackAsItWasWhateverTheKey() {
        for (KeyRange range :
                List.of(KeyRange.ALL, new KeyRange(ODD, null), new KeyRange(null, ODD), new KeyRange(ODD, ODD))) {
            RangeTask task = new RangeTask(Long.MAX_VALUE, "a server", 7, range);
            assertThat(SweepJson.task(SweepJson.of(task))).isEqualTo(task);
        }
    }

    @Test
    void aVerdictComesBackAsItWas() {
        RangeVerdict verdict = new RangeVerdict(
                3, 4, new ComparedRange(new KeyRange(null, ODD), 12, List.of(ODD), Duration.ofMillis(5)));
        assertThat(SweepJson.verdict(SweepJson.of(verdict))).isEqualTo(verdict);
        RangeVerdict none = new RangeVerdict(3, 4, null);
        assertThat(SweepJson.verdict(SweepJson.of(none))).isEqualTo(none);
    }

    @Test
    void whatDoesNotFitIntoAMessageIsLeftToTheOwner() {
        List<RowKey> many = IntStream.rangeClosed(0, RangeVerdict.MOST_KEYS)
                .mapToObj(i -> RowKey.of(Integer.toString(i)))
                .toList();
        RangeTask task = new RangeTask(1, "", 2, KeyRange.ALL);
        assertThat(RangeVerdict.of(task, new ComparedRange(KeyRange.ALL, 9_999, many, Duration.ZERO))
                        .answer())
                .isEmpty();
        assertThat(RangeVerdict.of(
                                task,
                                new ComparedRange(
                                        KeyRange.ALL, 9_999, many.subList(0, RangeVerdict.MOST_KEYS), Duration.ZERO))
                        .answer())
                .isPresent();
    }

    @Test
    void anythingElseIsNotTakenForOne() {
        for (String text : List.of("", "no", "{}", "{\"run\":1}", "[]")) {
            assertThatThrownBy(() -> SweepJson.task(text)).as(text).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
