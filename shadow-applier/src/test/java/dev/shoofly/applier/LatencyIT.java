package dev.shoofly.applier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Reconciler;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.RowKey;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(90)
class LatencyIT {
    private static final int CHANGES = 60;

    @TempDir
    Path directory;

    @Test
    void aChangeDoesNotWaitForTheCommitIntervalOrAnyTimer() throws Exception {
        List<Duration> took = new ArrayList<>();
        try (Scene scene = new Scene(TestServers.postgres(PostgresVersion.V15), TestServers.kafka(), directory, 8)) {
            Set<RowKey> applied = ConcurrentHashMap.newKeySet();
            scene.start("a", noting(applied, new LogTable(scene.pool, scene.plan.id(), "a")), FaultPoints.NONE);
            scene.send(500);
            scene.assertAllAppliedOnceAndInOrder();

            for (int i = 0; i < CHANGES; i++) {
                RowKey key = RowKey.of("k" + i);
                long sent = System.nanoTime();
                scene.put(scene.plan.key().partition(key, 8), Changes.key(key.toString()));
                Await.until(() -> applied.contains(key));
                took.add(Duration.ofNanos(System.nanoTime() - sent));
            }
        }
        Collections.sort(took);
        // Each wait for the commit interval would cost 500 ms on average. The quickest quarter counts,
        // because other work may share the cores.
        assertThat(took.get(CHANGES / 4)).isLessThan(Duration.ofMillis(100));
    }

    private static Reconciler noting(Set<RowKey> applied, Reconciler other) {
        return new Reconciler() {
            @Override
            public boolean waitsByTransaction() {
                return true;
            }

            @Override
            public Outcome apply(Batch batch) {
                Outcome outcome = other.apply(batch);
                applied.addAll(batch.keys());
                return outcome;
            }
        };
    }
}
