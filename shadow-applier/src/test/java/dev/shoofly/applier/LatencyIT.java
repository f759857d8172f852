package dev.shoofly.applier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Reconciler;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.RowKey;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(90)
class LatencyIT {
    private static final int CHANGES = 2_500;
    private static final long GAP_NANOS = Duration.ofMillis(2).toNanos();

    @TempDir
    Path directory;

    @Test
    void aChangeDoesNotWaitForTheCommitIntervalOrAnyTimer() throws Exception {
        Map<String, Long> sentAt = new ConcurrentHashMap<>();
        Map<String, Long> tookMicros = new ConcurrentHashMap<>();
        try (Scene scene = new Scene(TestServers.postgres(PostgresVersion.V15), TestServers.kafka(), directory, 8)) {
            LogTable log = new LogTable(scene.pool, scene.plan.id(), "a");
            scene.start("a", timing(log, sentAt, tookMicros), FaultPoints.NONE);
            scene.send(500);
            scene.assertAllAppliedOnceAndInOrder();

            long next = System.nanoTime();
            for (int i = 0; i < CHANGES; i++) {
                String key = "k" + i;
                sentAt.put(key, System.nanoTime());
                scene.put(scene.plan.key().partition(RowKey.of(key), 8), Changes.key(key));
                next += GAP_NANOS;
                LockSupport.parkNanos(next - System.nanoTime());
            }

            Await.until(() -> tookMicros.size() == CHANGES);
            List<Long> sorted = tookMicros.values().stream().sorted().toList();
            long median = sorted.get(CHANGES / 2);
            System.out.printf(
                    "500 changes/s, sent to applied, ms: p50 %.1f  p99 %.1f  max %.1f%n",
                    median / 1e3, sorted.get(CHANGES * 99 / 100) / 1e3, sorted.get(CHANGES - 1) / 1e3);
            // Waiting for the commit interval of 1 s would cost 500 ms. Generous otherwise: other work may share the cores.
            assertThat(median).isLessThan(Duration.ofMillis(200).toNanos() / 1_000);
        }
    }

    private static Reconciler timing(Reconciler other, Map<String, Long> sentAt, Map<String, Long> tookMicros) {
        return new Reconciler() {
            @Override
            public boolean waitsByTransaction() {
                return true;
            }

            @Override
            public Outcome apply(Batch batch) {
                Outcome outcome = other.apply(batch);
                long now = System.nanoTime();
                for (RowKey key : batch.keys()) {
                    Long sent = sentAt.get(key.values().get(0));
                    if (sent != null) {
                        tookMicros.put(key.values().get(0), (now - sent) / 1_000);
                    }
                }
                return outcome;
            }
        };
    }
}
