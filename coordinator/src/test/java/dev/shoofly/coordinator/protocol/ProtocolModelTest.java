package dev.shoofly.coordinator.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.coordinator.protocol.Search.CounterExample;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ProtocolModelTest {
    @ParameterizedTest
    @EnumSource(Scene.class)
    void withAllGuardsNothingGoesWrongInAnyOrderOfSteps(Scene scene) {
        Search search = new Search(scene.actors(), EnumSet.allOf(Guard.class));
        assertThat(search.from(scene.begin(), EnumSet.allOf(Failure.class))).isEmpty();
        assertThat(search.hasSeen(
                        world -> world.get(Field.SWAPS) == scene.swaps() && world.get(Field.WRITES_LEFT) == 0))
                .as("swapped after all writes, among %s states", search.states())
                .isTrue();
    }

    /** The failure that each guard is there for. */
    @ParameterizedTest
    @CsvSource({
        "AWAIT_VISIBLE, APPLY, STALE_ROW",
        "AWAIT_VISIBLE, APPLY, GHOST_ROW",
        "SWEEP, COPY, GHOST_ROW",
        "SWEEP_PUBLISHES, COPY, LOST_ROW",
        "COPIER_FENCE, COPY, GHOST_ROW",
        "PROGRESS_ROW, APPLY, STALE_ROW",
        "APPLIER_EPOCH, APPLY, PROGRESS_GOES_BACK",
        "CONFLICT_RECHECK, UNIQUE, LOST_ROW",
        "SOURCE_LOCK, SWAP, STALE_ROW",
        "MARKER, SWAP, STALE_ROW",
        "AWAIT_VISIBLE, AHEAD, STALE_ROW",
        "AHEAD_ASKS_LAST, AHEAD, GHOST_ROW",
        "AHEAD_ASKS_LAST, AHEAD, LOST_ROW",
        "AHEAD_JOINS_THE_HOLD, AHEAD_JOINED, GHOST_ROW",
        "AHEAD_JOINS_THE_HOLD, AHEAD_JOINED, STALE_ROW",
        "MARKER, AHEAD, STALE_ROW",
        "OWNER_EPOCH, SWAP, SWAP_BY_A_FORMER_OWNER",
        "FRESH_NAMES, SWAP, WRONG_DIRECTION",
        "NAMES_DECIDE, SWAP, STUCK",
        "NO_SESSION_LEFT, SWAP, STUCK",
        "MARKER, FORMER_OWNERS, STALE_ROW",
        "MARKERS_RISE, FORMER_OWNERS, STALE_ROW",
        "OWNER_EPOCH, FORMER_OWNERS, SWAP_BY_A_FORMER_OWNER",
        "FRESH_NAMES, FORMER_OWNERS, WRITE_BY_A_FORMER_PLAN",
        "FRESH_NAMES, FORMER_APPLIERS, WRITE_BY_A_FORMER_PLAN",
        "NAMES_DECIDE, FORMER_OWNERS, STUCK",
        "NO_SESSION_LEFT, FORMER_OWNERS, STUCK",
        "CLAIM_RAISES_EPOCH, FORMER_APPLIERS, TWO_WRITERS",
        "SWAP_MOVES_PROGRESS, FORMER_APPLIERS, ROUNDED_ROW",
        "DRAINED_NOTE, FORMER_APPLIERS, ROUNDED_ROW",
        "KEYS_KNOW_THEIR_SWAP, REPEATED, ROUNDED_ROW",
        "MARKER_OF_THE_LOCK, REPEATED, STALE_ROW",
        "MARKER_OF_THE_LOCK, REPEATED, LOST_ROW",
        "NOTE_OF_ITS_SWAP, FORMER_OWNERS, STALE_ROW",
        "PLAN_ROUND, FORMER_APPLIERS, FAILED_BY_A_FORMER_APPLIER",
        "COMPARED_ANEW, FORMER_OWNERS, STALE_ROW",
        "WORD_OF_ITS_ROUND, FORMER_OWNERS, SWAP_BY_A_FORMER_WORD",
        "CANCEL_OF_ITS_ROUND, FORMER_OWNERS, CANCEL_BY_A_FORMER_WORD",
        "CANCEL_LOOKS_AGAIN, FORMER_OWNERS, CANCELLED_WHEN_SWAPPED"
    })
    void withoutOneOfThemItDoes(Guard guard, Scene scene, Failure failure) {
        Set<Guard> others = EnumSet.complementOf(EnumSet.of(guard));
        Optional<CounterExample> found = new Search(scene.actors(), others).from(scene.begin(), EnumSet.of(failure));
        assertThat(found).as("%s without %s", scene, guard).isPresent();
    }

    /** What fails for want of a name is stopped by its epoch, too, unless it claims anew by what it knew before. */
    @ParameterizedTest
    @EnumSource(names = {"COPIER_FENCE", "SWAP_RAISES_EPOCHS"})
    void epochsAreASecondLineBehindTheNames(Guard second) {
        assertThat(writeByAFormerPlan(EnumSet.of(Guard.FRESH_NAMES))).isEmpty();
        assertThat(writeByAFormerPlan(EnumSet.of(Guard.FRESH_NAMES, second))).isPresent();
    }

    private static Optional<CounterExample> writeByAFormerPlan(Set<Guard> without) {
        Set<Guard> others = EnumSet.allOf(Guard.class);
        others.removeAll(without);
        return new Search(Scene.SECOND_LINE.actors(), others)
                .from(Scene.SECOND_LINE.begin(), EnumSet.of(Failure.WRITE_BY_A_FORMER_PLAN));
    }
}
