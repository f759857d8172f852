package dev.shoofly.applier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Reconciler;
import dev.shoofly.database.control.Progress;
import dev.shoofly.model.ChangeRecord;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TopicNames;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(90)
class ApplierIT {
    @TempDir
    Path directory;

    private Scene scene;

    @BeforeEach
    void set() throws Exception {
        scene = new Scene(TestServers.postgres(PostgresVersion.V15), TestServers.kafka(), directory, 4);
    }

    @AfterEach
    void strike() throws Exception {
        scene.close();
    }

    @Test
    void appliesEachPartitionInOrder() throws Exception {
        scene.send(2_000);
        Applier applier = scene.start("a");
        scene.send(2_000);

        scene.assertAllAppliedOnceAndInOrder();
        assertThat(applier.failure()).isEmpty();
        assertThat(applier.isRunning()).isTrue();
    }

    /** Each change would be late, or none: whoever is up to date would take turns for no reason, or nobody would. */
    @ParameterizedTest
    @ValueSource(longs = {-3_600, 3_600})
    void aHostWhoseClockIsWrongTellsLateChangesFromFreshOnes(long secondsAhead) throws Exception {
        AtomicInteger behind = new AtomicInteger();
        Applier applier =
                scene.start("a", InstantSource.offset(InstantSource.system(), Duration.ofSeconds(secondsAhead)), () -> {
                    behind.incrementAndGet();
                    return 4;
                });
        apply("first", Duration.ZERO);
        int before;
        int tries = 0;
        do {
            assertThat(++tries).as("fresh changes are taken for late ones").isLessThan(10);
            before = behind.get();
            apply("fresh " + tries, Duration.ZERO);
        } while (behind.get() > before);
        assertThat(applier.lagMillis()).isBetween(0L, 60_000L);
        apply("late", Duration.ofMinutes(10));
        assertThat(behind).hasValueGreaterThan(before);
    }

    /** One change of each partition; returns when they are applied. */
    private void apply(String key, Duration age) throws Exception {
        long applied = scene.log.count();
        long commitMicros = ChronoUnit.MICROS.between(
                Instant.EPOCH, InstantSource.system().instant().minus(age));
        for (int partition = 0; partition < 4; partition++) {
            scene.put(partition, new ChangeRecord.DirtyKey(RowKey.of(key + partition), "", commitMicros))
                    .get();
        }
        Await.until(() -> scene.log.count() == applied + 4);
    }

    @Test
    void commitsNoOffsetBeforeItsChangeIsApplied() throws Exception {
        Semaphore permits = new Semaphore(0);
        scene.send(400);
        scene.start("a", point -> {
            if (point.equals(Applier.BEFORE_APPLY)) {
                permits.acquireUninterruptibly();
            }
        });
        // Longer than the commit interval: a commit that did not wait for the writers would show.
        for (int i = 0; i < 20; i++) {
            scene.assertNoOffsetIsAheadOfTheProgress();
            LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
            permits.release(i % 2);
        }
        permits.release(100_000);

        scene.assertAllAppliedOnceAndInOrder();
        Await.until(() -> committed() == 400);
        scene.assertNoOffsetIsAheadOfTheProgress();
    }

    private long committed() {
        try {
            return scene.committedOffsets().values().stream()
                    .mapToLong(Long::longValue)
                    .sum();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void twoInstancesShareThePartitionsAndTheSurvivorTakesOver() throws Exception {
        Applier first = scene.start("a");
        scene.send(200);
        scene.assertAllAppliedOnceAndInOrder();
        Applier second = scene.start("b");
        Await.until(() -> {
            sendQuietly(20);
            return scene.log.instances().contains("b");
        });
        Await.until(() -> scene.log.count() == scene.sent());

        long began = System.nanoTime();
        first.close();
        scene.send(200);
        scene.assertAllAppliedOnceAndInOrder();

        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(10));
        assertThat(first.failure()).isEmpty();
        assertThat(first.isRunning()).isFalse();
        assertThat(second.failure()).isEmpty();
    }

    private void sendQuietly(int changes) {
        try {
            scene.send(changes);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aSupersededTaskWritesNothingMoreAndClaimsAgainWhenTheGroupGivesItThePartition() throws Exception {
        Applier applier = scene.start("a");
        scene.send(200);
        scene.assertAllAppliedOnceAndInOrder();

        Progress claimed = scene.control.progress().claim(scene.plan.id(), 0);
        scene.send(200);
        scene.assertAllAppliedOnceAndInOrder();

        Progress now = scene.control.progress().list(scene.plan.id()).get(0);
        assertThat(now.epoch()).isGreaterThan(claimed.epoch());
        assertThat(applier.failure()).isEmpty();
    }

    @Test
    void aPauseLeavesTheDatabaseInPeace() throws Exception {
        Semaphore calls = new Semaphore(0);
        Applier applier = scene.start("a", point -> calls.release());
        scene.send(500);
        Await.until(() -> scene.log.count() > 0);

        applier.pause();
        int before = calls.availablePermits();
        int applied = scene.log.count();
        scene.send(500);
        LockSupport.parkNanos(Duration.ofMillis(1_500).toNanos());
        assertThat(calls.availablePermits()).isEqualTo(before);
        assertThat(scene.log.count()).isEqualTo(applied);
        assertThat(applier.isRunning()).isTrue();

        applier.resume();
        scene.assertAllAppliedOnceAndInOrder();
    }

    @Test
    void aPauseWithFullBuffersTakesNoProcessor() throws Exception {
        Applier applier = scene.start("a");
        scene.send(200);
        scene.assertAllAppliedOnceAndInOrder();
        applier.pause();
        // More than Streams buffers of a partition (1,000): so it pauses them, and the consumer holds what it fetched.
        scene.send(12_000);
        long before = processorNanosOfStreams();
        Duration pause = Duration.ofSeconds(3);
        LockSupport.parkNanos(pause.toNanos());
        long spent = processorNanosOfStreams() - before;
        applier.resume();

        // Spinning took a third of a processor for each thread, and as much for each consumer's own.
        assertThat(Duration.ofNanos(spent)).isLessThan(pause.dividedBy(10));
        scene.assertAllAppliedOnceAndInOrder();
    }

    private long processorNanosOfStreams() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().contains(scene.plan.id() + "-applier")
                        || thread.getName().startsWith("consumer_background"))
                .mapToLong(thread -> Math.max(0, threads.getThreadCpuTime(thread.getId())))
                .sum();
    }

    @Test
    void aDataErrorStopsTheApplierAndKeepsTheOffset() throws Exception {
        LogTable log = new LogTable(scene.pool, scene.plan.id(), "a");
        Applier applier = scene.start("a", failingAt("60", log), FaultPoints.NONE);
        scene.send(400);

        Await.until(() -> applier.failure().isPresent());
        Await.until(() -> !applier.isRunning());
        assertThat(applier.failure().orElseThrow())
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.DATA))
                .hasMessage("key 60 does not fit");
        applier.close();
        int partition = scene.plan.key().partition(RowKey.of("60"), 4);
        assertThat(scene.log.keysOf(partition)).doesNotContain("60").allMatch(key -> Integer.parseInt(key) < 60);
        scene.assertNoOffsetIsAheadOfTheProgress();

        scene.start("b");
        scene.assertAllAppliedOnceAndInOrder();
    }

    private static Reconciler failingAt(String key, Reconciler other) {
        return new Reconciler() {
            @Override
            public boolean waitsByTransaction() {
                return true;
            }

            @Override
            public Outcome apply(Batch batch) {
                if (batch.keys().contains(RowKey.of(key))) {
                    throw new ShooflyException(ErrorKind.DATA, "key " + key + " does not fit");
                }
                return other.apply(batch);
            }
        };
    }

    @Test
    void recordsDeletedBeforeTheyWereAppliedAreAFailure() throws Exception {
        Applier first = scene.start("a");
        scene.send(200);
        scene.assertAllAppliedOnceAndInOrder();
        first.close();
        scene.send(200);
        TopicPartition at = new TopicPartition(scene.topic, 0);
        long trimmed = scene.control.progress().list(scene.plan.id()).get(0).nextOffset() + 1;
        scene.admin
                .deleteRecords(Map.of(at, RecordsToDelete.beforeOffset(trimmed)))
                .all()
                .get();

        Applier second = scene.start("b");

        Await.until(() -> second.failure().isPresent());
        assertThat(second.failure().orElseThrow()).hasMessageContaining("are missing");
    }

    @Test
    void markersAreAcknowledgedAndTheLagIsThatOfTheLatestChange() throws Exception {
        Applier applier = scene.start("a");
        assertThat(applier.lagMillis()).isEqualTo(-1);
        long committed = System.currentTimeMillis() - 1_000;
        for (int partition = 0; partition < 4; partition++) {
            scene.put(partition, new ChangeRecord.Marker(17, "", committed * 1_000));
        }

        Await.until(() -> scene.control.progress().markerPassedByAll(scene.plan.id()) == 17);
        Await.until(() -> applier.lagMillis() >= 1_000);
        assertThat(applier.failure()).isEmpty();
    }

    @Test
    void withoutNamedTransactionsKeysAreAppliedBehindMarkersOfTheAppliersOwn() throws Exception {
        scene.control.markers().create(scene.plan.id());
        LogTable log = new LogTable(scene.pool, scene.plan.id(), "a");
        Applier applier = scene.start("a", byMarker(log), FaultPoints.NONE);
        scene.send(2_000);

        scene.assertAllAppliedOnceAndInOrder();
        assertThat(scene.control.markers().next(scene.plan.id())).isGreaterThan(1);
        assertThat(scene.control.progress().markerPassedByAll(scene.plan.id())).isZero();
        assertThat(applier.failure()).isEmpty();
    }

    private static Reconciler byMarker(Reconciler other) {
        return new Reconciler() {
            @Override
            public boolean waitsByTransaction() {
                return false;
            }

            @Override
            public Outcome apply(Batch batch) {
                return other.apply(batch);
            }
        };
    }

    @Test
    void theGroupsTimeOutsAreSetAndForgotten() throws Exception {
        scene.start("a");
        assertThat(sessionTimeout()).isEqualTo("2000");

        ApplierGroup.forgetSettings(scene.admin, scene.plan.id());
        ApplierGroup.forgetSettings(scene.admin, scene.plan.id());
        assertThat(sessionTimeout()).isEqualTo("45000");
    }

    private String sessionTimeout() throws Exception {
        ConfigResource group =
                new ConfigResource(ConfigResource.Type.GROUP, new TopicNames(scene.plan.id()).applierGroup());
        Config found = Objects.requireNonNull(
                scene.admin.describeConfigs(List.of(group)).all().get().get(group));
        return found.get("streams.session.timeout.ms").value();
    }
}
