package dev.shoofly.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BrokerOnFullDiskIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    @BeforeEach
    void mountASmallFileSystem() {
        assumeTrue(
                Command.of("mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", directory.toString())
                        .run(LIMIT)
                        .succeeded(),
                "needs the right to mount");
    }

    @AfterEach
    void unmount() {
        Command.of("umount", "-l", directory.toString()).run(LIMIT);
    }

    @Test
    void aFullFileSystemStopsTheBrokerAndShowsInItsFailure() throws Exception {
        try (EmbeddedKafka kafka = EmbeddedKafka.start(directory)) {
            fill(kafka);
            assertThat(kafka.isRunning()).isFalse();
            assertThat(kafka.failure())
                    .hasValueSatisfying(failure -> assertThat(failure)
                            .hasMessageContaining(directory.toString())
                            .hasMessageContaining("MiB left"));
        }
    }

    private static void fill(EmbeddedKafka kafka) throws Exception {
        Map<String, Object> connection = Map.of("bootstrap.servers", kafka.bootstrapServers());
        try (Admin admin = Admin.create(connection)) {
            admin.createTopics(List.of(new NewTopic("big", 1, (short) 1))).all().get();
        }
        Map<String, Object> producing = Map.of(
                "bootstrap.servers",
                kafka.bootstrapServers(),
                "acks",
                "all",
                "max.block.ms",
                500,
                "delivery.timeout.ms",
                2000,
                "request.timeout.ms",
                1000,
                "linger.ms",
                0);
        byte[] value = new byte[500_000];
        long end = System.nanoTime() + LIMIT.toNanos();
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(producing, new ByteArraySerializer(), new ByteArraySerializer())) {
            while (kafka.isRunning() && System.nanoTime() < end) {
                sendOne(producer, new ProducerRecord<>("big", value));
            }
        }
    }

    private static void sendOne(KafkaProducer<byte[], byte[]> producer, ProducerRecord<byte[], byte[]> big)
            throws InterruptedException {
        try {
            producer.send(big).get();
        } catch (ExecutionException expectedInTheEnd) {
            assertThat(expectedInTheEnd.getCause()).isNotNull();
        }
    }
}
