package dev.shoofly.applier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.control.Progress;
import dev.shoofly.model.TopicNames;
import dev.shoofly.servers.PostgresVersion;
import dev.shoofly.servers.fixture.TestServers;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The topic was cut off at its front, up to the saved progress or, wrongly, beyond it. */
@Timeout(120)
class TrimmedTopicIT {
    private static final int CHANGES = 20_000;

    @TempDir
    private Path directory;

    @Test
    void readsOnFromTheFrontWhenKafkasCommittedOffsetIsTrimmedAndRefusesWhatWasTrimmedTooEarly() throws Exception {
        try (Scene scene = new Scene(TestServers.postgres(PostgresVersion.V17), TestServers.kafka(), directory, 3)) {
            try (Applier first = scene.start("first")) {
                scene.send(CHANGES);
                scene.assertAllAppliedOnceAndInOrder();
                assertThat(first.failure()).isEmpty();
            }
            setCommittedOffsetsBack(scene);
            trim(scene, Progress::nextOffset);

            try (Applier second = scene.start("second")) {
                scene.send(CHANGES);
                scene.assertAllAppliedOnceAndInOrder();
                assertThat(second.failure()).isEmpty();
            }
            scene.send(300);
            trim(scene, row -> row.nextOffset() + 5);

            Applier third = scene.start("third");
            Await.until(() -> third.failure().isPresent());
            assertThat(third.failure().orElseThrow())
                    .hasMessageContaining("are missing: they were deleted")
                    .hasMessageContaining("the source table is untouched");
        }
    }

    /** As after a kill between the commit in the database and the one in Kafka, only further. */
    private static void setCommittedOffsetsBack(Scene scene) throws Exception {
        Map<TopicPartition, OffsetAndMetadata> back = new HashMap<>();
        scene.committedOffsets().forEach((partition, offset) -> {
            assertThat(offset).isGreaterThan(7);
            back.put(partition, new OffsetAndMetadata(7));
        });
        assertThat(back).hasSize(3);
        scene.admin
                .alterStreamsGroupOffsets(new TopicNames(scene.plan.id()).applierGroup(), back)
                .all()
                .get();
    }

    private static void trim(Scene scene, ToLongFunction<Progress> before) throws Exception {
        Map<TopicPartition, RecordsToDelete> wanted = new HashMap<>();
        for (Progress row : scene.control.progress().list(scene.plan.id())) {
            wanted.put(
                    new TopicPartition(scene.topic, row.partition()),
                    RecordsToDelete.beforeOffset(before.applyAsLong(row)));
        }
        scene.admin.deleteRecords(wanted).all().get();
    }
}
