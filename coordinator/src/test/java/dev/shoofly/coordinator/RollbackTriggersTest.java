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

    @Test
    void oneSlowReadInAHundredIsNotThe99thPercentile() {
        RollbackTriggers triggers = of("p99>100ms for 1s", "max>1s for 1s");
        for (int i = 0; i < 99; i++) {
            triggers.read(Duration.ofMillis(1));
        }
        triggers.read(Duration.ofMillis(900));
        triggers.look();
        pass(Duration.ofSeconds(1));
        assertThat(triggers.look()).isEmpty();
        triggers.read(Duration.ofMillis(800));
        triggers.look();
        pass(Duration.ofSeconds(1));
        assertThat(triggers.look()).contains("p99 > 100 ms for 1 s: now 800");
        pass(Duration.ofSeconds(11));
        assertThat(triggers.look()).as("what is long ago does not count").isEmpty();
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
