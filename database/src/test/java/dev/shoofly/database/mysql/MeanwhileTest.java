package dev.shoofly.database.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class MeanwhileTest {
    private static final String NAME = "meanwhile";

    @Test
    void whatItsWorkThrewIsThrownToWhomeverAwaitsIt() {
        SQLException error = new SQLException("refused");
        IllegalStateException defect = new IllegalStateException("defect");
        try (Meanwhile failing = new Meanwhile(NAME, () -> {
                    throw error;
                });
                Meanwhile defective = new Meanwhile(NAME, () -> {
                    throw defect;
                })) {
            assertThatThrownBy(() -> failing.awaitUntil(later())).isSameAs(error);
            assertThatThrownBy(() -> defective.awaitUntil(later())).isSameAs(defect);
        }
    }

    @Test
    void aConnectionIsNotClosedUnderItsWorkEvenWhenTheOwnerIsInterrupted() throws SQLException {
        CountDownLatch closing = new CountDownLatch(1);
        AtomicBoolean done = new AtomicBoolean();
        try (Meanwhile working = new Meanwhile(NAME, () -> {
            try {
                closing.await();
            } catch (InterruptedException e) {
                throw new SQLException(e);
            }
            done.set(true);
        })) {
            assertThat(working.awaitUntil(System.nanoTime())).as("in time").isFalse();
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> working.awaitUntil(later())).isInstanceOf(SQLException.class);
            closing.countDown();
        }
        assertThat(done).isTrue();
        assertThat(Thread.interrupted()).as("the interrupt is kept").isTrue();
    }

    private static long later() {
        return System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    }
}
