package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

class CutoverWordTest {
    private static final BooleanSupplier RECORDED = () -> true;

    @Test
    void whoIsToldThatItWasHeardIsNotCalledOff() {
        CutoverWord word = new CutoverWord(false);
        assertThat(word.give(RECORDED)).isTrue();
        assertThat(word.callOff(() -> true)).isFalse();
        assertThat(word.isGiven()).isTrue();
    }

    @Test
    void nobodyIsHeardAfterItWasCalledOff() {
        CutoverWord word = new CutoverWord(false);
        assertThat(word.callOff(() -> true)).isTrue();
        assertThat(word.give(() -> {
                    throw new AssertionError("recorded");
                }))
                .isFalse();
        assertThat(word.isGiven()).isFalse();
    }

    @Test
    void whatSomebodyElsewhereHasHeardIsNotCalledOff() {
        CutoverWord word = new CutoverWord(false);
        assertThat(word.callOff(() -> false)).isFalse();
        assertThat(word.give(RECORDED)).isTrue();
    }

    @Test
    void whatCouldNotBeRecordedIsNotGiven() {
        CutoverWord word = new CutoverWord(false);
        assertThatThrownBy(() -> word.give(() -> {
                    throw new IllegalStateException("the server is away");
                }))
                .hasMessage("the server is away");
        assertThat(word.isGiven()).isFalse();
    }

    @Test
    void whatNobodyWouldHearIsNotGiven() {
        CutoverWord word = new CutoverWord(false);
        assertThat(word.give(() -> false)).isFalse();
        assertThat(word.isGiven()).isFalse();
        assertThat(word.give(RECORDED)).isTrue();
    }

    @Test
    void theWordForOneSwapIsNoneForTheNext() throws InterruptedException {
        CutoverWord word = new CutoverWord(true);
        assertThat(word.await(Duration.ofHours(1))).isTrue();
        word.askAgain();
        assertThat(word.isGiven()).isFalse();
    }
}
