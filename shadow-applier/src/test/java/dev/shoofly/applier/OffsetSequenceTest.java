package dev.shoofly.applier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import org.junit.jupiter.api.Test;

class OffsetSequenceTest {
    private final OffsetSequence sequence = new OffsetSequence("shoofly.x.changes", 3, 100);

    @Test
    void skipsWhatTheSavedProgressCovers() {
        assertThat(sequence.accepts(98)).isFalse();
        assertThat(sequence.accepts(99)).isFalse();
        assertThat(sequence.accepts(100)).isTrue();
        assertThat(sequence.accepts(101)).isTrue();
    }

    @Test
    void refusesAFirstRecordBehindTheSavedProgress() {
        assertRefused(() -> sequence.accepts(101), "records 100 to 100 are missing");
    }

    @Test
    void refusesAGapInTheMiddle() {
        sequence.accepts(100);

        assertRefused(() -> sequence.accepts(105), "records 101 to 104 are missing");
    }

    @Test
    void refusesToReadAgainWhatItHasRead() {
        sequence.accepts(100);
        sequence.accepts(101);

        assertRefused(() -> sequence.accepts(100), "reading fell back to record 100");
    }

    @Test
    void refusesATopicTrimmedBeyondTheSavedProgress() {
        assertRefused(() -> sequence.check(101, 200), "records 100 to 100 are missing");
    }

    @Test
    void refusesATopicThatEndsBeforeTheSavedProgress() {
        assertRefused(() -> sequence.check(0, 99), "it ends before record 99");
    }

    @Test
    void isContentWithATopicThatEndsAtTheSavedProgress() {
        sequence.check(100, 100);

        assertThat(sequence.accepts(100)).isTrue();
    }

    private static void assertRefused(Runnable action, String because) {
        assertThatThrownBy(action::run)
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED))
                .hasMessageContaining("partition 3 of topic shoofly.x.changes")
                .hasMessageContaining(because)
                .hasMessageContaining("the source table is untouched");
    }
}
