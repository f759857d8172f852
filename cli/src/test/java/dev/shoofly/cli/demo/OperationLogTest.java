package dev.shoofly.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class OperationLogTest {

    @Test
    void findsTheLongestOperationThatOverlapsTheWindow() {
        OperationLog log = new OperationLog();
        log.add(0, 90);
        log.add(95, 130);
        log.add(140, 150);
        log.add(160, 400);

        assertThat(log.longestWithin(100, 155)).isEqualTo(35);
        assertThat(log.longestWithin(131, 139)).isZero();
        assertThat(log.longestWithin(155, 170)).isEqualTo(240);
    }

    @Test
    void growsWithTheRun() {
        OperationLog log = new OperationLog();
        for (int i = 0; i < 100_000; i++) {
            log.add(i, i + 1);
        }
        assertThat(log.size()).isEqualTo(100_000);
    }
}
