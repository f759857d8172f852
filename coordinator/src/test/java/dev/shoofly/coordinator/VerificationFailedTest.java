package dev.shoofly.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.model.RollbackFeasibility;
import org.junit.jupiter.api.Test;

class VerificationFailedTest {
    private static final String WHY = "the old table is not what the new one makes of it: 3 rows";

    @Test
    void aWayBackLostByAComparisonKeepsTheOldTable() {
        String saved = String.valueOf(new VerificationFailed(WHY).keepingOld().getMessage());
        assertThat(saved).contains(WHY, "--retain-old");
        assertThat(VerificationFailed.keepsOld(RollbackFeasibility.impossible(saved)))
                .isTrue();
    }

    @Test
    void anyOtherLossDoesNot() {
        assertThat(VerificationFailed.keepsOld(null)).isFalse();
        assertThat(VerificationFailed.keepsOld(RollbackFeasibility.SAFE)).isFalse();
        assertThat(VerificationFailed.keepsOld(RollbackFeasibility.impossible("id 7 does not fit")))
                .isFalse();
    }
}
