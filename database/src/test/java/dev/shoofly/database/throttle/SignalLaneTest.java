package dev.shoofly.database.throttle;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class SignalLaneTest {
    private final BlockingQueue<Reading> heard = new LinkedBlockingQueue<>();
    private final AtomicBoolean closed = new AtomicBoolean();

    private LoadSignal signal(Supplier<List<Reading>> read) {
        return new LoadSignal() {
            @Override
            public List<Reading> read() {
                return read.get();
            }

            @Override
            public Duration every() {
                return Duration.ofMillis(1);
            }

            @Override
            public void close() {
                closed.set(true);
            }
        };
    }

    private static Reading calm(String name) {
        return Reading.calm(SignalKind.QUERY, name, "says 0");
    }

    @Test
    void readsEachSignalAgainAndAgainAndTellsTheListener() throws InterruptedException {
        try (SignalLane lane = new SignalLane(
                "test",
                List.of(signal(() -> List.of(calm("a"))), signal(() -> List.of(calm("b")))),
                System::nanoTime,
                heard::add)) {
            for (int i = 0; i < 10; i++) {
                assertThat(heard.poll(10, TimeUnit.SECONDS)).isNotNull();
            }
            assertThat(lane.hasLooked()).isTrue();
            assertThat(lane.readings()).extracting(Reading::name).containsExactly("a", "b");
        }
        assertThat(closed).isTrue();
    }

    @Test
    void readsNothingDuringAPauseAndGoesOnAfterIt() throws InterruptedException {
        AtomicLong reads = new AtomicLong();
        try (SignalLane lane = new SignalLane(
                "test",
                List.of(signal(() -> {
                    reads.incrementAndGet();
                    return List.of(calm("a"));
                })),
                System::nanoTime,
                heard::add)) {
            assertThat(heard.poll(10, TimeUnit.SECONDS)).isNotNull();
            lane.watch(SignalLane.Watch.NOT_AT_ALL);
            // One may have been under way.
            Thread.yield();
            long before = reads.get();
            heard.clear();
            Reading late = heard.poll(200, TimeUnit.MILLISECONDS);
            assertThat(reads.get()).as("%s", late).isLessThanOrEqualTo(before + 1);
            lane.watch(SignalLane.Watch.CLOSELY);
            long paused = reads.get();
            while (reads.get() < paused + 3) {
                assertThat(heard.poll(10, TimeUnit.SECONDS)).isNotNull();
            }
        }
    }

    @Test
    void aSignalThatHangsIsAReasonToStop() throws InterruptedException {
        AtomicLong clock = new AtomicLong(1);
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        try (SignalLane lane = new SignalLane(
                "the server",
                List.of(signal(() -> {
                    asked.countDown();
                    try {
                        answer.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    return List.of();
                })),
                clock::get,
                heard::add)) {
            asked.await();
            assertThat(lane.readings()).isEmpty();
            assertThat(lane.hasLooked()).isFalse();
            clock.addAndGet(SignalLane.SILENCE.plusSeconds(1).toNanos());
            assertThat(lane.readings()).singleElement().satisfies(reading -> {
                assertThat(reading.pressure()).isEqualTo(Reading.STOP);
                assertThat(reading.sentence()).isEqualTo("the server has not answered for 6 s");
            });
        }
    }

    @Test
    void aSignalThatFailsIsAReasonToStopAndIsReadAgain() throws InterruptedException {
        AtomicBoolean fails = new AtomicBoolean(true);
        try (SignalLane lane = new SignalLane(
                "the server",
                List.of(signal(() -> {
                    if (fails.get()) {
                        throw new IllegalStateException("broken");
                    }
                    return List.of(calm("a"));
                })),
                System::nanoTime,
                heard::add)) {
            Reading first = heard.poll(10, TimeUnit.SECONDS);
            assertThat(first).isNotNull();
            assertThat(first.pressure()).isEqualTo(Reading.STOP);
            assertThat(first.words()).isEqualTo("cannot be read: broken");
            fails.set(false);
            Reading next = heard.poll(10, TimeUnit.SECONDS);
            while (next != null && next.pressure() > 0) {
                next = heard.poll(10, TimeUnit.SECONDS);
            }
            assertThat(next).isEqualTo(calm("a"));
        }
    }
}
