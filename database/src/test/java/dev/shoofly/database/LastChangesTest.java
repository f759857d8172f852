package dev.shoofly.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.database.TableSwap.Delivered;
import dev.shoofly.database.TableSwap.Drained;
import dev.shoofly.database.TableSwap.NotDrained;
import dev.shoofly.database.control.Progress;
import dev.shoofly.model.CutoverMode;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.RowKey;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LastChangesTest {
    private static final CutoverSettings SETTINGS =
            new CutoverSettings(CutoverMode.AUTO, Duration.ofSeconds(1), Duration.ofSeconds(5), 1_000, 1);
    private final StallBudget budget = new StallBudget(System.nanoTime(), Duration.ofMinutes(1));
    private final Script script = new Script();
    private long now;
    private final LastChanges changes = new LastChanges(script, SETTINGS, List.of(at(10, 1)), () -> now);
    private final List<List<RowKey>> written = new ArrayList<>();

    /** A log of one partition. */
    private static final class Script implements TableSwap.Remainder {
        private final Deque<Delivered> parts = new ArrayDeque<>();
        private final List<Progress> asked = new ArrayList<>();
        private final List<Boolean> toMarker = new ArrayList<>();
        private List<RowKey> end = List.of();

        @Override
        public Drained drain(List<Progress> progress, Duration timeout, int most) {
            asked.addAll(progress);
            return new Drained(end, Map.of(0, 99L), 7);
        }

        @Override
        public Optional<Delivered> delivered(List<Progress> progress, boolean marker, Duration timeout, int most)
                throws NotDrained {
            asked.addAll(progress);
            toMarker.add(marker);
            return Optional.ofNullable(parts.poll());
        }
    }

    private static Progress at(long offset, long marker) {
        return new Progress(0, 1, offset, marker, 0, 0);
    }

    private static List<RowKey> keys(int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(each -> RowKey.of(String.valueOf(each)))
                .toList();
    }

    private static Delivered part(List<RowKey> keys, long end, long marker) {
        return new Delivered(new Drained(keys, Map.of(0, end), 0), Set.of(), Map.of(0, marker));
    }

    private boolean write(Delivered found) {
        written.add(found.drained().keys());
        return true;
    }

    @Test
    void goesOnAheadUntilFewAreLeftAndBeginsWithAMarker() throws Exception {
        script.parts.add(part(keys(0, 100), 20, 3));
        script.parts.add(part(keys(100, 160), 30, 3));
        script.parts.add(part(keys(160, 162), 40, 4));
        changes.reconcileAhead(false, this::write);

        assertThat(written).containsExactly(keys(0, 100), keys(100, 160), keys(160, 162));
        assertThat(script.asked).containsExactly(at(10, 1), at(20, 3), at(30, 3));
        assertThat(script.toMarker)
                .as("a capture that lags has delivered little, which is not all there is")
                .containsExactly(true, false, false);
        assertThat(changes.keysUnderLock()).isEmpty();
    }

    @Test
    void whoTriesAgainForTheLockGoesOnWhereTheRoundsBeforeHaveEnded() throws Exception {
        script.parts.add(part(keys(0, 2), 20, 3));
        script.parts.add(part(keys(2, 4), 30, 3));
        changes.reconcileAhead(false, this::write);
        changes.reconcileAheadAgain(this::write);
        assertThat(written).as("that was but a moment ago").containsExactly(keys(0, 2));
        now += TimeUnit.MILLISECONDS.toNanos(50);
        changes.reconcileAheadAgain(this::write);

        assertThat(written).containsExactly(keys(0, 2), keys(2, 4));
        assertThat(script.asked).containsExactly(at(10, 1), at(20, 3));
        assertThat(script.toMarker).as("no marker is waited for").containsExactly(true, false);
    }

    @Test
    void doesNotGoOnForEverWhenMoreComesThanIsWritten() throws Exception {
        for (int i = 0; i < 100; i++) {
            script.parts.add(part(keys(i * 100, i * 100 + 100), 100L * i, 1));
        }
        changes.reconcileAhead(false, this::write);
        assertThat(written).hasSizeLessThan(10);
    }

    @Test
    void leavesForTheLockWhatCannotBeWrittenAhead() throws Exception {
        script.parts.add(part(keys(0, 100), 20, 3));
        changes.reconcileAhead(false, found -> false);
        script.end = keys(0, 100);
        assertThat(changes.rest(budget).keys()).isEqualTo(keys(0, 100));
        assertThat(script.asked).containsExactly(at(10, 1), at(10, 1));
    }

    @Test
    void writesNoKeyTwiceUnderTheLockAndEveryOneOfBeforeItAgain() throws Exception {
        script.parts.add(part(keys(0, 3), 20, 3));
        changes.reconcileAhead(false, this::write);
        script.parts.add(part(keys(2, 5), 30, 7));
        assertThat(changes.delivered(budget))
                .as("2 was written again by the application")
                .isEqualTo(keys(2, 5));
        script.end = keys(4, 6);
        Drained rest = changes.rest(budget);

        assertThat(rest).isEqualTo(new Drained(keys(5, 6), Map.of(0, 99L), 7));
        assertThat(script.asked)
                .as("a marker that was passed is not waited for")
                .endsWith(at(30, 7));
        assertThat(changes.keysUnderLock()).isEqualTo(keys(2, 6));
    }

    @Test
    void letsGoWhenMoreKeysAreLeftThanMayBeWrittenUnderTheLock() throws Exception {
        script.parts.add(part(keys(0, 900), 20, 3));
        changes.delivered(budget);
        script.end = keys(800, 1_000);
        changes.rest(budget);
        script.end = keys(1_000, 1_001);
        assertThatThrownBy(() -> changes.rest(budget))
                .isInstanceOf(NotDrained.class)
                .hasMessageContaining("1001 keys");
    }

    @Test
    void isGivenUpBeforeTheLockWhenWhatWasDeliveredIsNotVisible() {
        script.parts.add(part(keys(0, 3), 20, 3));
        assertThatThrownBy(() -> changes.reconcileAhead(false, found -> {
                    throw new NotDrained("not visible");
                }))
                .isInstanceOf(NotDrained.class);
    }
}
