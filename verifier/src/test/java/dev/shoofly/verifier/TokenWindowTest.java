package dev.shoofly.verifier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.model.ChangeRecord;
import dev.shoofly.model.KeyDefinition;
import dev.shoofly.model.KeyEquality;
import dev.shoofly.model.RowKey;
import org.junit.jupiter.api.Test;

class TokenWindowTest {
    private static final KeyDefinition EXACT =
            FakePipeline.plan(KeyEquality.EXACT).key();

    @Test
    void leavesOutWhatStandsBeforeTheFirstMarker() {
        TokenWindow window = new TokenWindow(EXACT, 7);
        window.add(0, dirty("a"));
        window.add(0, marker(6));
        window.add(0, dirty("b"));
        window.add(0, marker(7));
        window.add(0, dirty("c"));
        window.add(1, marker(7));
        window.add(1, dirty("d"));
        assertThat(window.tokens()).containsExactlyInAnyOrder(token("c"), token("d"));
    }

    @Test
    void aMarkerDeliveredAgainByARestartedCaptureTakesNothingAway() {
        TokenWindow window = new TokenWindow(EXACT, 7);
        window.add(0, marker(7));
        window.add(0, dirty("c"));
        window.add(0, marker(7));
        assertThat(window.tokens()).containsExactly(token("c"));
    }

    @Test
    void withoutTheMarkerItselfEverythingCounts() {
        TokenWindow window = new TokenWindow(EXACT, 7);
        window.add(0, dirty("a"));
        window.add(0, marker(8));
        assertThat(window.tokens()).containsExactly(token("a"));
    }

    @Test
    void keysThatTheDatabaseMayCallEqualHaveOneToken() {
        KeyDefinition folding = FakePipeline.plan(KeyEquality.DIGITS).key();
        TokenWindow window = new TokenWindow(folding, 7);
        window.add(0, marker(7));
        window.add(0, dirty("Order-12"));
        assertThat(window.tokens()).containsExactly(folding.token(RowKey.of("ORDER-12")));
    }

    private static ChangeRecord dirty(String key) {
        return new ChangeRecord.DirtyKey(RowKey.of(key), "", 0);
    }

    private static ChangeRecord marker(long number) {
        return new ChangeRecord.Marker(number, "", 0);
    }

    private static String token(String key) {
        return EXACT.token(RowKey.of(key));
    }
}
