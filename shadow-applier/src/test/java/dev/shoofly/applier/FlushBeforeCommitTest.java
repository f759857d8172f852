package dev.shoofly.applier;

import static dev.shoofly.applier.Changes.bytes;
import static dev.shoofly.applier.Changes.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Properties;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Pins the internal hook: Streams' real task calls {@code flushCache} before it hands out the offsets to commit, and an
 * error there keeps them back. The driver commits after each record.
 */
@Timeout(60)
class FlushBeforeCommitTest {
    @TempDir
    Path directory;

    private final FakeDatabase database = new FakeDatabase(true);
    private final RunningTasks running = new RunningTasks(InstantSource.system(), () -> {});

    @Test
    void aRecordIsAppliedWhenItsOffsetIsCommitted() {
        try (TopologyTestDriver driver = driver()) {
            TestInputTopic<byte[], byte[]> topic = topic(driver);
            for (int i = 0; i < 50; i++) {
                topic.pipeInput(bytes(key(Integer.toString(i))));
                assertThat(database.progress().nextOffset()).isEqualTo(i + 1);
            }
        }
    }

    @Test
    void anOffsetIsNotCommittedWhenItsRecordCouldNotBeApplied() {
        ShooflyException refused = new ShooflyException(ErrorKind.DATA, "does not fit");
        database.errors.add(refused);
        try (TopologyTestDriver driver = driver()) {
            assertThatThrownBy(() -> topic(driver).pipeInput(bytes(key("1")))).hasRootCause(refused);
        }

        assertThat(database.batches()).isEmpty();
    }

    private TopologyTestDriver driver() {
        Properties properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, "flush-before-commit");
        properties.put(StreamsConfig.STATE_DIR_CONFIG, directory.toString());
        TopicBounds bounds = partition -> new TopicBounds.Bounds(0, Long.MAX_VALUE);
        return new TopologyTestDriver(
                PartitionProcessor.topology("changes", database.parts(10, bounds), running), properties);
    }

    private static TestInputTopic<byte[], byte[]> topic(TopologyTestDriver driver) {
        return driver.createInputTopic("changes", new ByteArraySerializer(), new ByteArraySerializer());
    }
}
