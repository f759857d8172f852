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
        "OWNER_EPOCH, SWAP, SWAP_BY_A_FORMER_OWNER",
        "FRESH_NAMES, SWAP, WRONG_DIRECTION",
        "NAMES_DECIDE, SWAP, STUCK",
        "NO_SESSION_LEFT, SWAP, STUCK"
    })
    void withoutOneOfThemItDoes(Guard guard, Scene scene, Failure failure) {
        Set<Guard> others = EnumSet.complementOf(EnumSet.of(guard));
        Optional<CounterExample> found = new Search(scene.actors(), others).from(scene.begin(), EnumSet.of(failure));
        assertThat(found).as("%s without %s", scene, guard).isPresent();
    }
}
