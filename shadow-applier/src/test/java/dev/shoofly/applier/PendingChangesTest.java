package dev.shoofly.applier;

import static dev.shoofly.applier.Changes.key;
import static dev.shoofly.applier.Changes.marker;
import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.model.ChangeRecord;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PendingChangesTest {
    private static final int ROUNDS = 20;

    private final PendingChanges pending = new PendingChanges(new BatchRule(100, true, 0));
    private long nextOffset;

    @Test
    void markersThatNobodyWaitsForComeInFewBatches() {
        assertThat(timeOfRounds(() -> {})).isGreaterThan(PendingChanges.MARKER_PAUSE.multipliedBy(ROUNDS - 1));
    }

    @Test
    void aMarkerThatSomebodyWaitsForDoesNotWaitForTheNextBatchOfMarkers() {
        assertThat(timeOfRounds(pending::hurry)).isLessThan(PendingChanges.MARKER_PAUSE.multipliedBy(ROUNDS / 2));
    }

    @Test
    void whoeverHurriesTakesNoMarkerOutOfItsTurn() {
        append(key("1", "t1"));
        append(marker(1));
        pending.hurry();
        Cut cut = pending.take().orElseThrow();
        assertThat(cut.keys()).hasSize(1);
        assertThat(cut.marker()).isEqualTo(1);
    }

    /** Of each a marker and the batch that it comes in. */
    private Duration timeOfRounds(Runnable whoWaits) {
        long begun = System.nanoTime();
        for (int round = 1; round <= ROUNDS; round++) {
            append(marker(round));
            whoWaits.run();
            assertThat(pending.take().orElseThrow().marker()).isEqualTo(round);
            pending.applied();
        }
        return Duration.ofNanos(System.nanoTime() - begun);
    }

    private void append(ChangeRecord change) {
        pending.append(new Change(nextOffset++, change));
    }
}
