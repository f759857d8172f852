package dev.shoofly.verifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class KeptOffsetsTest {
    private final KeptOffsets kept = new KeptOffsets();

    @Test
    void keepsEverythingWhileAReaderAsksWhereTheTopicEnds() {
        Map<Integer, Long> from = kept.hold(() -> {
            assertThat(kept.first(0)).isZero();
            return Map.of(0, 70L, 1, 80L);
        });

        assertThat(kept.first(0)).isEqualTo(70);
        assertThat(kept.first(1)).isEqualTo(80);
        kept.release(from);
        assertThat(kept.first(0)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void keepsWhatTheReaderThatIsFurthestBackWants() {
        Map<Integer, Long> late = kept.hold(() -> new java.util.HashMap<>(Map.of(0, 70L)));
        Map<Integer, Long> early = kept.hold(() -> new java.util.HashMap<>(Map.of(0, 50L)));
        Map<Integer, Long> equal = kept.hold(() -> new java.util.HashMap<>(Map.of(0, 50L)));

        kept.release(early);
        assertThat(kept.first(0)).isEqualTo(50);
        kept.release(equal);
        assertThat(kept.first(0)).isEqualTo(70);
        kept.release(late);
        assertThat(kept.first(0)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void keepsNothingForAReaderThatGotNoAnswer() {
        assertThatThrownBy(() -> kept.hold(() -> {
                    throw new IllegalStateException("no answer");
                }))
                .hasMessage("no answer");
        assertThat(kept.first(0)).isEqualTo(Long.MAX_VALUE);
    }
}
