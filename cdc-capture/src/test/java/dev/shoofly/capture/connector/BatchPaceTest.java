package dev.shoofly.capture.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.model.ShooflyException;
import io.debezium.config.Configuration;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.connect.source.SourceRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class BatchPaceTest {
    private static final Duration FOR_EVER = Duration.ofHours(1);
    private final BatchPace pace = new BatchPace();

    @AfterEach
    void close() {
        pace.close();
    }

    @Test
    void doesNotWaitWhereSomebodyWaitsForEachChange() throws Exception {
        pace.gather(Duration.ZERO);
        batch(1);
        batch(1);
    }

    @Test
    void letsChangesGatherFromTheBeginOfTheBatchBefore() throws Exception {
        Duration interval = Duration.ofMillis(50);
        pace.gather(interval);
        long began = System.nanoTime();
        batch(1);
        batch(1);
        assertThat(System.nanoTime() - began).isGreaterThanOrEqualTo(interval.toNanos());
    }

    @Test
    void aBacklogIsWorkedOffWithoutAWait() throws Exception {
        pace.gather(FOR_EVER);
        batch(1_000);
        batch(1);
    }

    @Test
    void whatComesAfterSilenceDoesNotWaitForCompany() throws Exception {
        pace.gather(FOR_EVER);
        batch(0);
        batch(1);
    }

    @Test
    void anEmptyQueueIsNotAskedWithoutARest() throws Exception {
        pace.gather(Duration.ofMillis(10));
        long began = System.nanoTime();
        for (int look = 0; look < 6; look++) {
            batch(0);
        }
        assertThat(System.nanoTime() - began)
                .isGreaterThanOrEqualTo(Duration.ofMillis(50).toNanos());
    }

    @Test
    void aWaitEndsWhenSomebodyBeginsToWaitForTheShadow() throws Exception {
        pace.gather(FOR_EVER);
        batch(1);
        AtomicBoolean interrupted = new AtomicBoolean();
        Thread polling = new Thread(() -> {
            try {
                batch(1);
            } catch (InterruptedException e) {
                interrupted.set(true);
            }
        });
        polling.start();
        while (polling.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        pace.gather(Duration.ZERO);
        polling.join();
        assertThat(interrupted).isFalse();
    }

    @Test
    void aTaskFindsThePaceOfItsOwnCaptureAndNoneOfAnEndedOne() {
        Properties properties = new Properties();
        try (BatchPace another = new BatchPace()) {
            another.describe(properties);
            assertThat(BatchPace.of(Configuration.from(properties))).isSameAs(another);
        }
        assertThatThrownBy(() -> BatchPace.of(Configuration.from(properties)))
                .isInstanceOf(ShooflyException.class)
                .hasMessageContaining("has ended");
        assertThatThrownBy(() -> BatchPace.of(Configuration.from(Map.of()))).isInstanceOf(ShooflyException.class);
    }

    private void batch(int events) throws InterruptedException {
        List<SourceRecord> records = Collections.nCopies(events, new SourceRecord(null, null, "changes", null, null));
        assertThat(pace.poll(() -> records)).isSameAs(records);
    }
}
