package dev.shoofly.applier;

import static dev.shoofly.applier.Changes.key;
import static dev.shoofly.applier.Changes.marker;
import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.applier.BatchRule.Urgency;
import dev.shoofly.model.ChangeRecord;
import dev.shoofly.model.RowKey;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchRuleTest {
    private static final BatchRule BY_TRANSACTION = new BatchRule(3, true, 0);
    private static final BatchRule BY_MARKER = new BatchRule(3, false, 0);

    @Test
    void takesEverythingThereIsAndNamesEachKeyAndTransactionOnce() {
        Cut cut = cut(BY_TRANSACTION, key("1", "t1"), key("2", "t1"), key("1", "t2"), marker(7), key("2", ""));

        assertThat(cut.records()).isEqualTo(5);
        assertThat(cut.keys()).containsExactly(RowKey.of("1"), RowKey.of("2"));
        assertThat(cut.transactions()).containsExactlyInAnyOrder("t1", "t2");
        assertThat(cut.nextOffset()).isEqualTo(5);
        assertThat(cut.marker()).isEqualTo(7);
        assertThat(cut.barrier()).isFalse();
    }

    @Test
    void endsBeforeTheKeyThatIsOneTooManyButTakesRepetitionsOfAHotOne() {
        Cut cut = cut(BY_TRANSACTION, key("1"), key("2"), key("3"), key("1"), key("2"), key("4"), key("1"));

        assertThat(cut.records()).isEqualTo(5);
        assertThat(cut.keys()).hasSize(3);
        assertThat(cut.nextOffset()).isEqualTo(5);
    }

    @Test
    void keepsTextsApartThatTheDatabaseMayCallEqual() {
        assertThat(cut(BY_TRANSACTION, key("a"), key("A")).keys()).containsExactly(RowKey.of("a"), RowKey.of("A"));
    }

    @Test
    void namesTheGreatestMarker() {
        assertThat(cut(BY_TRANSACTION, marker(3), marker(5), marker(4)).marker())
                .isEqualTo(5);
    }

    @Test
    void withoutNamedTransactionsABatchEndsWithTheLastMarker() {
        Cut cut = cut(BY_MARKER, key("1"), marker(1), key("2"), marker(2), key("3"));

        assertThat(cut.records()).isEqualTo(4);
        assertThat(cut.keys()).containsExactly(RowKey.of("1"), RowKey.of("2"));
        assertThat(cut.marker()).isEqualTo(2);
        assertThat(cut.barrier()).isFalse();
    }

    @Test
    void withoutNamedTransactionsABatchWaitsForItsMarker() {
        assertThat(BY_MARKER.cut(Changes.of(key("1"), key("2")), Urgency.CAN_WAIT))
                .isEmpty();
    }

    @Test
    void aCommitThatCannotWaitForAMarkerTakesWhatIsThereBehindABarrier() {
        Cut cut = BY_MARKER.cut(Changes.of(key("1"), key("2")), Urgency.NOW).orElseThrow();

        assertThat(cut.records()).isEqualTo(2);
        assertThat(cut.barrier()).isTrue();
    }

    @Test
    void aTransactionOfMoreKeysThanABatchHoldsIsAppliedInPartsBehindBarriers() {
        Cut cut = cut(BY_MARKER, key("1"), key("2"), key("3"), key("4"), marker(1));

        assertThat(cut.records()).isEqualTo(3);
        assertThat(cut.marker()).isZero();
        assertThat(cut.barrier()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void keysThatACaptureRepeatsFromBeforeTheSwapArePassedOverAndNoneElse(boolean byTransaction) {
        Cut cut = cut(
                new BatchRule(3, byTransaction, 7),
                Changes.placed("1", "t1", 5),
                Changes.placed("2", "t1", 6),
                key("3", "t2"),
                Changes.placed("4", "t3", 7),
                Changes.placed("5", "t3", 8),
                marker(8));

        assertThat(cut.records()).isEqualTo(6);
        assertThat(cut.keys()).containsExactly(RowKey.of("3"), RowKey.of("4"), RowKey.of("5"));
        assertThat(cut.transactions()).containsExactlyInAnyOrder("t2", "t3");
        assertThat(cut.nextOffset()).isEqualTo(6);
    }

    @Test
    void keysPassedOverAloneMoveTheProgressToo() {
        ChangeRecord[] repeated = {Changes.placed("1", "", 5), Changes.placed("2", "", 5)};
        Cut byTransaction = cut(new BatchRule(3, true, 7), repeated);
        Cut byMarker = new BatchRule(3, false, 7)
                .cut(Changes.of(repeated), Urgency.NOW)
                .orElseThrow();

        assertThat(byTransaction.nextOffset()).isEqualTo(2);
        assertThat(byTransaction.keys()).isEmpty();
        assertThat(byMarker.nextOffset()).isEqualTo(2);
        assertThat(byMarker.keys()).isEmpty();
    }

    @Test
    void nothingWaitingIsNoBatch() {
        assertThat(BY_TRANSACTION.cut(List.of(), Urgency.NOW)).isEmpty();
    }

    @Test
    void knowsTheCommitTimesOfItsFirstAndLastChange() {
        Cut cut = cut(
                BY_TRANSACTION,
                key("1"),
                new ChangeRecord.DirtyKey(RowKey.of("2"), "", 10),
                new ChangeRecord.Marker(1, "", 30),
                key("3"));

        assertThat(cut.oldestMicros()).isEqualTo(10);
        assertThat(cut.newestMicros()).isEqualTo(30);
    }

    private static Cut cut(BatchRule rule, ChangeRecord... records) {
        return rule.cut(Changes.of(records), Urgency.CAN_WAIT).orElseThrow();
    }
}
