package dev.shoofly.cli.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RollbackRequestTest {
    @Test
    void takesATimeWithItsUnit() {
        assertThat(RollbackRequest.keep("24h")).isEqualTo(Duration.ofHours(24));
        assertThat(RollbackRequest.keep("1ms")).isEqualTo(Duration.ofMillis(1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "24", "for ever", "0s", "-1h", "721h"})
    void refusesWhatIsNoTimeForWhichAMigrationCanBeKept(String text) {
        assertThatThrownBy(() -> RollbackRequest.keep(text))
                .isInstanceOf(UsageException.class)
                .hasMessageContaining("--keep must be");
    }
}
