package dev.shoofly.verifier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Comparer.Kind;
import dev.shoofly.model.MismatchPayload;
import dev.shoofly.model.RepairMode;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.VerifySettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Timeout;

/** Writers, capture and appliers race the verifier: nothing in flight is reported, everything planted is. */
@Timeout(60)
class InFlightPropertyTest {
    private final AtomicBoolean stop = new AtomicBoolean();
    private final List<Thread> threads = new ArrayList<>();

    @RepeatedTest(3)
    void rowsInFlightAreNeverReportedAndPlantedOnesAlways(RepetitionInfo repetition) throws Exception {
        FakePipeline pipeline = new FakePipeline(400);
        for (int writer = 0; writer < 3; writer++) {
            int number = writer;
            start(
                    new Random(31L * repetition.getCurrentRepetition() + writer),
                    random -> write(pipeline, number, random));
        }
        start(new Random(1), random -> pipeline.deliver());
        start(new Random(2), random -> pipeline.apply(random.nextInt(FakePipeline.PARTITIONS)));
        pipeline.shadow.remove(100L);
        pipeline.shadow.put(200L, "row 200 ");
        pipeline.shadow.put(1_000L, "never there");

        long end = System.nanoTime() + Duration.ofSeconds(2).toNanos();
        while (System.nanoTime() < end) {
            List<Mismatch> reported = new ArrayList<>();
            VerificationReport report = new VerificationPass(
                            new VerificationSettings(
                                    pipeline.plan(),
                                    20,
                                    Duration.ofSeconds(20),
                                    Duration.ofSeconds(2),
                                    1_000,
                                    new VerifySettings(RepairMode.OFF, 0, MismatchPayload.REDACTED)),
                            pipeline.surroundings(() -> {}, found -> {
                                if (found.isOpen()) {
                                    reported.add(found);
                                }
                            }),
                            VerificationPosition.START)
                    .run();
            assertThat(reported)
                    .extracting(Mismatch::key)
                    .containsExactlyInAnyOrder(RowKey.of("100"), RowKey.of("200"), RowKey.of("1000"));
            assertThat(reported)
                    .extracting(Mismatch::kind)
                    .containsExactlyInAnyOrder(Kind.MISSING, Kind.DIFFERS, Kind.EXTRA);
            assertThat(report.undecided())
                    .allMatch(key -> Long.parseLong(key.values().get(0)) <= FakePipeline.HOT_KEYS);
        }
        assertThat(pipeline.hotDifferences()).as("rows seen in flight").isPositive();
    }

    /** A key has one writer: the row lock would make the others wait. */
    private static void write(FakePipeline pipeline, int writer, Random random) {
        long key = 1 + writer + 3L * random.nextInt((int) FakePipeline.HOT_KEYS / 3);
        String transaction = pipeline.logged(key);
        LockSupport.parkNanos(random.nextInt(300_000));
        pipeline.visible(transaction, key, random.nextInt(4) == 0 ? null : "value " + random.nextInt());
        LockSupport.parkNanos(random.nextInt(2_000_000));
    }

    private void start(Random random, java.util.function.Consumer<Random> step) {
        Thread thread = new Thread(() -> {
            while (!stop.get()) {
                step.accept(random);
                LockSupport.parkNanos(random.nextInt(100_000));
            }
        });
        threads.add(thread);
        thread.start();
    }

    @AfterEach
    void stopThreads() throws InterruptedException {
        stop.set(true);
        for (Thread thread : threads) {
            thread.join();
        }
    }
}
