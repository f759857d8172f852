package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.model.RollbackTrigger;
import java.time.Duration;
import java.util.Arrays;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class RollbackTriggersTest {
    private long now = 1;

    private RollbackTriggers of(String... texts) {
        return new RollbackTriggers(
                Arrays.stream(texts).map(RollbackTrigger::parse).toList(), () -> now);
    }

    private void pass(Duration time) {
        now += time.toNanos();
    }

    @Test
    void firesOnlyWhenTheConditionHasHeldWithoutABreak() {
        RollbackTriggers triggers = of("query>5 for 10s");
        triggers.query(OptionalDouble.of(6));
        assertThat(triggers.look()).isEmpty();
        pass(Duration.ofSeconds(9));
        assertThat(triggers.look()).isEmpty();
        triggers.query(OptionalDouble.of(5));
        assertThat(triggers.look()).as("a break").isEmpty();
        triggers.query(OptionalDouble.of(7));
        pass(Duration.ofSeconds(9));
        assertThat(triggers.look()).isEmpty();
        pass(Duration.ofSeconds(10));
        assertThat(triggers.look()).contains("query > 5 for 10 s: now 7");
    }

    @Test
    void aValueThatCannotBeHadSpeaksForNothing() {
        RollbackTriggers triggers = of("query>5 for 10s");
        triggers.query(OptionalDouble.of(6));
        triggers.look();
        pass(Duration.ofSeconds(5));
        triggers.query(OptionalDouble.empty());
        triggers.look();
        pass(Duration.ofSeconds(20));
        triggers.query(OptionalDouble.of(6));
        assertThat(triggers.look()).isEmpty();
    }

    /** A second of reads, the last of them as given. */
    private void second(RollbackTriggers triggers, int reads, long lastMillis) {
        pass(Duration.ofSeconds(1));
        for (int i = 1; i < reads; i++) {
            triggers.read(Duration.ofMillis(1));
        }
        triggers.read(Duration.ofMillis(lastMillis));
    }

    @Test
    void oneOutlierNeverFires() {
        RollbackTriggers triggers = of("p50>100ms for 1s", "p99>100ms for 1s", "max>100ms for 1s", "max>100ms for 9s");
        triggers.read(Duration.ofMillis(900));
        assertThat(triggers.look()).isEmpty();
        for (int i = 0; i < 20; i++) {
            second(triggers, 10, i == 5 ? 900 : 1);
            assertThat(triggers.look()).as("second %s", i).isEmpty();
        }
        pass(Duration.ofSeconds(1));
        assertThat(triggers.look()).as("no read at all").isEmpty();
    }

    @Test
    void aLatencyFiresWhenEachSecondHasASlowRead() {
        RollbackTriggers triggers = of("p99>100ms for 3s");
        for (int i = 0; i < 3; i++) {
            second(triggers, 10, 800);
            assertThat(triggers.look()).isEmpty();
        }
        second(triggers, 10, 1);
        assertThat(triggers.look()).as("a second without one").isEmpty();
        for (int i = 0; i < 3; i++) {
            second(triggers, 10, 800);
            assertThat(triggers.look()).isEmpty();
        }
        second(triggers, 10, 700);
        assertThat(triggers.look()).contains("p99 > 100 ms for 3 s: now 800");
    }

    @Test
    void oneSlowReadInAHundredIsNotThe99thPercentile() {
        RollbackTriggers triggers = of("p99>100ms for 5s");
        for (int i = 0; i < 30; i++) {
            second(triggers, 100, 900);
            assertThat(triggers.look()).as("second %s", i).isEmpty();
        }
    }

    @Test
    void whatIsLongerAgoThanTheConditionHoldsDoesNotCount() {
        RollbackTriggers triggers = of("p50>100ms for 2s");
        for (int i = 0; i < 100; i++) {
            triggers.read(Duration.ofMillis(1));
        }
        triggers.look();
        for (int i = 0; i < 4; i++) {
            second(triggers, 1, 900);
            assertThat(triggers.look()).as("second %s", i).isEmpty();
        }
        second(triggers, 1, 900);
        assertThat(triggers.look()).contains("p50 > 100 ms for 2 s: now 900");
    }

    @Test
    void aReadThatTakesSecondsCountsForAllOfThem() {
        RollbackTriggers triggers = of("max>1s for 4s");
        for (int i = 0; i < 2; i++) {
            pass(Duration.ofSeconds(3));
            triggers.read(Duration.ofSeconds(3));
            assertThat(triggers.look()).isEmpty();
        }
        pass(Duration.ofSeconds(3));
        triggers.read(Duration.ofSeconds(3));
        assertThat(triggers.look()).contains("max > 1000 ms for 4 s: now 3000");
    }

    @Test
    void failedReadsAreErrorsAndNotLatencies() {
        RollbackTriggers triggers = of("errors>40 for 1s", "p50>1ms for 1s");
        triggers.readFailed();
        triggers.look();
        pass(Duration.ofSeconds(1));
        assertThat(triggers.look()).contains("errors > 40 % for 1 s: now 100");
        triggers.read(Duration.ofMillis(1));
        triggers.read(Duration.ofMillis(1));
        assertThat(triggers.look()).isEmpty();
    }

    @Test
    void anAddressThatDoesNotAnswerWell() {
        RollbackTriggers triggers = of("http for 5s");
        triggers.http(false);
        triggers.look();
        pass(Duration.ofSeconds(5));
        assertThat(triggers.look()).contains("http not 200 for 5 s: now 1");
        triggers.http(true);
        assertThat(triggers.look()).isEmpty();
    }
}
