package dev.shoofly.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GateNameTest {
    @Test
    void namesWhatMayBeSkipped() {
        assertThat(GateName.parseForced("window, hot-rows,window")).containsExactly(GateName.WINDOW, GateName.HOT_ROWS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"verification", "prepared", "window,verification", "approval"})
    void refusesWhatCouldLoseARow(String gates) {
        assertThatThrownBy(() -> GateName.parseForced(gates))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cannot skip the gate")
                .hasMessageContaining("window, postpone, snapshots, holders, replicas, hot-rows, lag");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "all", "window,"})
    void refusesNamesThatItDoesNotKnow(String gates) {
        assertThatThrownBy(() -> GateName.parseForced(gates))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("must name gates that can be skipped");
    }
}
