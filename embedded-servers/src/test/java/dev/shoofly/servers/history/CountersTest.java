package dev.shoofly.servers.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CountersTest {
    private final Counters counters = new Counters();

    @BeforeEach
    void twoAcknowledgedAndOneUnknown() {
        counters.initially("a", 5);
        counters.raised("a", 1, 4);
        counters.raised("a", 10, 12);
        counters.raised("a", 20, Operation.UNKNOWN);
    }

    @Test
    void readsShowWhatWasAcknowledgedAndPerhapsWhatWasUnderWay() {
        counters.read("a", 5, 2, 3);
        counters.read("a", 6, 2, 3);
        counters.read("a", 6, 5, 6);
        counters.read("a", 7, 30, 31);
        counters.read("a", 8, 30, 31);
        assertThat(counters.violations()).isEmpty();
    }

    @Test
    void aLostIncrementIsFound() {
        counters.read("a", 6, 13, 14);
        assertThat(counters.violations()).singleElement().asString().contains("instead of 7 to 7");
    }

    @Test
    void anIncrementThatCountsTwiceIsFound() {
        counters.read("a", 9, 30, 31);
        assertThat(counters.violations()).singleElement().asString().contains("instead of 7 to 8");
    }

    @Test
    void anIncrementFromTheFutureIsFound() {
        counters.read("a", 7, 5, 6);
        assertThat(counters.violations()).hasSize(1);
    }

    @Test
    void aCounterWithoutABeginIsRefused() {
        assertThatThrownBy(() -> counters.raised("b", 1, 2)).hasMessageContaining("b");
    }
}
