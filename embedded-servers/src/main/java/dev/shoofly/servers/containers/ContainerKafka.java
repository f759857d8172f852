package dev.shoofly.servers.containers;

import dev.shoofly.servers.KafkaBroker;
import dev.shoofly.servers.LoopbackPort;
import dev.shoofly.servers.ServerDefaults;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Locale;
import org.testcontainers.containers.BindMode;
import org.testcontainers.kafka.KafkaContainer;

/** A Kafka broker in a container whose data lives in a directory of the host, at the port remembered there. */
final class ContainerKafka implements KafkaBroker {
    private static final String IMAGE = "apache/kafka:4.3.1";
    private static final int CLIENT_PORT = 9092;
    private static final String DATA = "/var/lib/kafka/data";

    private final KafkaContainer container;

    private ContainerKafka(KafkaContainer container) {
        this.container = container;
    }

    static ContainerKafka start(Path dataDirectory) {
        try {
            Path data = Files.createDirectories(dataDirectory.toAbsolutePath().resolve("data"));
            // The broker runs as a user of its own inside the container.
            Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwxrwxrwx"));
            KafkaContainer container =
                    new KafkaContainer(IMAGE).withFileSystemBind(data.toString(), DATA, BindMode.READ_WRITE);
            container.withEnv("KAFKA_LOG_DIRS", DATA);
            ServerDefaults.kafka().forEach((name, value) -> container.withEnv(variable(name), value));
            container.setPortBindings(List.of(rememberedPort(dataDirectory) + ":" + CLIENT_PORT));
            container.start();
            return new ContainerKafka(container);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String variable(String property) {
        return "KAFKA_" + property.replace('.', '_').toUpperCase(Locale.ROOT);
    }

    private static int rememberedPort(Path directory) throws IOException {
        Path file = directory.resolve("port");
        if (!Files.exists(file)) {
            Files.writeString(file, LoopbackPort.choose() + "\n");
        }
        return Integer.parseInt(Files.readString(file).strip());
    }

    @Override
    public String bootstrapServers() {
        return container.getBootstrapServers();
    }

    @Override
    public boolean isRunning() {
        return container.isRunning();
    }

    @Override
    public void close() {
        container.stop();
    }
}
