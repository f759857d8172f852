package dev.shoofly.benchmarks.load;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LedgerTest {
    @Test
    void everyFilledOrderIsThereInVersionZeroAndBelongsToOneWriter() {
        Ledger ledger = new Ledger(10, 4);

        for (long id = 1; id <= 10; id++) {
            assertThat(ledger.state(id)).isZero();
        }
        assertThat(ledger.state(0)).isEqualTo(Ledger.NEVER);
        assertThat(ledger.state(11)).isEqualTo(Ledger.NEVER);
        assertThat(ledger.highestId()).isEqualTo(10);
        assertThat(ledger.share(0).size()).isEqualTo(3);
        assertThat(ledger.share(2).size()).isEqualTo(2);
        assertThat(ledger.share(1).id(2)).isEqualTo(10);
    }

    @Test
    void aWriterGivesKeysToNewOrdersThatNobodyElseGives() {
        Ledger ledger = new Ledger(10, 4);
        ledger.share(2).appendAcknowledged(1);
        ledger.share(2).append(Ledger.UNCERTAIN);

        assertThat(ledger.state(11)).isEqualTo(1);
        assertThat(ledger.state(15)).isEqualTo(Ledger.UNCERTAIN);
        assertThat(ledger.state(12)).isEqualTo(Ledger.NEVER);
        assertThat(ledger.highestId()).isEqualTo(15);
        assertThat(ledger.acknowledgedWrites()).isEqualTo(1);
    }

    @Test
    void remembersMoreOrdersThanFitIntoItsFirstPiece() {
        Ledger ledger = new Ledger(3, 1);
        for (int i = 0; i < 200_000; i++) {
            ledger.share(0).appendAcknowledged(i % 7);
        }

        assertThat(ledger.state(4)).isZero();
        assertThat(ledger.state(3 + 199_999)).isEqualTo(199_998 % 7);
        assertThat(ledger.highestId()).isEqualTo(200_003);
    }
}
