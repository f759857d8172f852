package dev.shoofly.capture.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.model.ChangeRecord;
import dev.shoofly.model.ChangeRecord.DirtyKey;
import dev.shoofly.model.ChangeRecord.Marker;
import dev.shoofly.model.RowKey;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class KeyPlacementTest {
    private final KeyPlacement placement = new KeyPlacement(4);
    private final List<ChangeRecord> out = new ArrayList<>();

    @Test
    void aKeyIsPlacedAfterTheLastMarkerBeforeIt() {
        place(marker(7), key("1"), key("2"), marker(8), key("1"));

        assertThat(out)
                .containsExactly(
                        marker(7),
                        key("1").placedAfter(7),
                        key("2").placedAfter(7),
                        marker(8),
                        key("1").placedAfter(8));
    }

    /** Were they placed before it, the changes of a swap's first moments would be taken for those before the swap. */
    @Test
    void whatComesBeforeTheFirstMarkerWaitsForItAndStandsBehindTheOneBeforeThat() {
        place(key("1"), key("2"));
        assertThat(out).isEmpty();
        assertThat(placement.isHolding())
                .as("the position must not move past them")
                .isTrue();

        place(marker(8), key("3"));
        assertThat(out)
                .containsExactly(key("1").placedAfter(7), key("2").placedAfter(7), marker(8), key("3").placedAfter(8));
        assertThat(placement.isHolding()).isFalse();
        assertThat(key("1").placedAfter(7).isBefore(8)).isTrue();
        assertThat(key("1").placedAfter(7).isBefore(7)).isFalse();
    }

    @Test
    void ofMoreThanCanBeKeptInMindThePlaceStaysUnknownAndNothingIsLost() {
        place(key("1"), key("2"), key("3"), key("4"), key("5"));
        assertThat(placement.isHolding()).isFalse();
        place(marker(8), key("6"));

        assertThat(out)
                .containsExactly(key("1"), key("2"), key("3"), key("4"), key("5"), marker(8), key("6").placedAfter(8));
        assertThat(key("1").isBefore(Long.MAX_VALUE)).as("never left out").isFalse();
    }

    private void place(ChangeRecord... changes) {
        for (ChangeRecord change : changes) {
            placement.place(change, out::add);
        }
    }

    private static DirtyKey key(String text) {
        return new DirtyKey(RowKey.of(text), "t", 1);
    }

    private static Marker marker(long number) {
        return new Marker(number, "t", 1);
    }
}
