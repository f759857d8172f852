package dev.shoofly.applier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class KilledApplierIT {
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
    void nothingIsLostOrRepeatedWhenAnInstanceDiesBeforeABatchOrBetweenItsTwoCommits() throws Exception {
        scene.send(2_000);
        for (String point : new String[] {Applier.BEFORE_APPLY, Applier.AFTER_APPLY}) {
            try (ApplierProcess process = ApplierProcess.start(scene, directory, point)) {
                Await.until(() -> !process.isAlive());
                scene.assertNoOffsetIsAheadOfTheProgress();
            }
        }
        assertThat(scene.log.count()).isBetween(1, 1_999);

        Applier survivor = scene.start("survivor");
        scene.send(500);

        scene.assertAllAppliedOnceAndInOrder();
        assertThat(survivor.failure()).isEmpty();
    }

    @Test
    void anInstanceThatWasStoppedAndReplacedWritesNothingStaleWhenItGoesOn() throws Exception {
        try (ApplierProcess zombie = ApplierProcess.start(scene, directory, "")) {
            scene.send(1_000);
            Await.until(() -> scene.log.count() >= 100);
            zombie.signal("STOP");
            Applier survivor = scene.start("survivor");
            scene.send(500);
            scene.assertAllAppliedOnceAndInOrder();
            assertThat(scene.log.instances()).contains("survivor");

            zombie.signal("CONT");
            scene.send(500);

            scene.assertAllAppliedOnceAndInOrder();
            assertThat(zombie.isAlive()).isTrue();
            assertThat(survivor.failure()).isEmpty();
        }
    }
}
