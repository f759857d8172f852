package dev.shoofly.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class StallBudgetTest {
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration MINUTE = Duration.ofMinutes(1);

    @Test
    void theExchangeHasTheLastFifth() {
        StallBudget budget = new StallBudget(
                System.nanoTime() - HOUR.multipliedBy(9).dividedBy(10).toNanos(), HOUR);
        assertThat(budget.isOver()).isTrue();
        assertThat(budget.atMost(HOUR)).as("never for ever").isEqualTo(Duration.ofMillis(1));
        assertThat(budget.forExchange(HOUR)).isBetween(MINUTE, Duration.ofMinutes(6));
        assertThat(budget.forExchange(MINUTE)).isEqualTo(MINUTE);
    }

    @Test
    void nothingIsWaitedForLongerThanIsLeft() {
        StallBudget budget = new StallBudget(System.nanoTime(), HOUR);
        assertThat(budget.isOver()).isFalse();
        assertThat(budget.atMost(HOUR)).isBetween(MINUTE, Duration.ofMinutes(48));
        assertThat(budget.atMost(MINUTE)).isEqualTo(MINUTE);
        StallBudget spent = new StallBudget(System.nanoTime() - HOUR.toNanos(), MINUTE);
        assertThat(spent.forExchange(HOUR)).as("never for ever").isEqualTo(Duration.ofMillis(1));
    }
}
