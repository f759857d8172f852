package dev.shoofly.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.coordinator.KafkaAccess;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.ShooflyException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessKafkaTest {
    private static final MigrationId ID = new MigrationId("k3mz8q2x");

    @TempDir
    private Path directory;

    @Test
    void refusesToContinueWithAnEmptyBrokerWhereTopicsShouldBe() {
        ProcessKafka kafka = new ProcessKafka(directory, Optional.empty());

        assertThatThrownBy(() -> kafka.open(ID, "embedded:elsewhere:/data/kafka/k3mz8q2x", true))
                .isInstanceOf(ShooflyException.class)
                .hasMessageContaining("elsewhere:/data/kafka/k3mz8q2x")
                .hasMessageContaining("cancel k3mz8q2x");
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void refusesToMoveTopicsFromAnEmbeddedBrokerToACluster() {
        ProcessKafka kafka = new ProcessKafka(directory, Optional.of("broker:9092"));

        assertThatThrownBy(() -> kafka.open(ID, "embedded:here:/data/kafka/k3mz8q2x", true))
                .isInstanceOf(ShooflyException.class)
                .hasMessageContaining("--bootstrap-servers");
    }

    @Test
    void usesTheRememberedClusterUnlessANewAddressIsGiven() {
        assertThat(addressOf(new ProcessKafka(directory, Optional.empty()))).isEqualTo("old:9092");
        assertThat(addressOf(new ProcessKafka(directory, Optional.of("new:9092"))))
                .isEqualTo("new:9092");
    }

    private static String addressOf(ProcessKafka kafka) {
        try (KafkaAccess access = kafka.open(ID, "bootstrap:old:9092", true)) {
            return access.bootstrapServers();
        }
    }

    @Test
    void discardsNothingButTheDirectoryOfItsOwnMigration() throws IOException {
        Path other = Files.createDirectories(directory.resolve("precious"));
        Path own = Files.createDirectories(directory.resolve("kafka/k3mz8q2x"));
        ProcessKafka kafka = new ProcessKafka(directory, Optional.empty());

        kafka.discard(ID, "embedded:here:" + other);

        assertThat(other).exists();
        assertThat(own).doesNotExist();
    }
}
