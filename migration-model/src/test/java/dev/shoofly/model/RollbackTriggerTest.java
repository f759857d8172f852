package dev.shoofly.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.model.RollbackTrigger.Signal;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RollbackTriggerTest {
    @Test
    void readsWhatPeopleWrite() {
        assertThat(RollbackTrigger.parse("p99>500ms for 30s"))
                .isEqualTo(new RollbackTrigger(Signal.P99, 500, Duration.ofSeconds(30)));
        assertThat(RollbackTrigger.parse("max > 1.5s for 2m"))
                .isEqualTo(new RollbackTrigger(Signal.MAX, 1500, Duration.ofMinutes(2)));
        assertThat(RollbackTrigger.parse("errors>5% for 10s").words()).isEqualTo("errors > 5 % for 10 s");
        assertThat(RollbackTrigger.parse("query>0.5 for 1s").words()).isEqualTo("query > 0.5 for 1 s");
        assertThat(RollbackTrigger.parse("http for 30s").words()).isEqualTo("http not 200 for 30 s");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "p99>500 for 30s",
                "p99>500ms",
                "p98>1ms for 1s",
                "query>1ms for 1s",
                "http>0 for 1s",
                "errors>5 for 0s",
                "p99<5ms for 1s",
                "p99>5ms for 2h",
                "query for 1s"
            })
    void refusesWhatIsNoCondition(String text) {
        assertThatThrownBy(() -> RollbackTrigger.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("must be a condition such as");
    }
}
