package dev.shoofly.applier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.servers.DatabaseServer;
import dev.shoofly.servers.KafkaBroker;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class OutageIT {
    @TempDir
    Path directory;

    @Test
    void outlastsARestartOfKafka() throws Exception {
        Path data = directory.resolve("kafka");
        KafkaBroker kafka = TestServers.dedicatedKafka(data);
        try (Scene scene = new Scene(TestServers.postgres(PostgresVersion.V15), kafka, directory, 4)) {
            Applier applier = scene.start("a");
            scene.send(500);
            scene.assertAllAppliedOnceAndInOrder();

            kafka.close();
            kafka = TestServers.dedicatedKafka(data);
            scene.send(500);

            scene.assertAllAppliedOnceAndInOrder();
            assertThat(applier.failure()).isEmpty();
            assertThat(applier.isRunning()).isTrue();
        } finally {
            kafka.close();
        }
    }

    @Test
    void outlastsACrashOfTheDatabase() throws Exception {
        try (DatabaseServer database = TestServers.dedicatedPostgres(PostgresVersion.V15, Map.of());
                Scene scene = new Scene(database, TestServers.kafka(), directory, 4)) {
            Applier applier = scene.start("a");
            scene.send(10_000);
            Await.until(() -> scene.log.count() >= 200);

            database.kill();
            scene.send(500);
            database.restart();

            scene.assertAllAppliedOnceAndInOrder();
            assertThat(applier.failure()).isEmpty();
        }
    }
}
