package dev.shoofly.coordinator;

import dev.shoofly.servers.EmbeddedKafka;
import java.nio.file.Path;

/** Goes down with everything it has in memory and comes back on the same directory and port. */
final class RestartableKafka implements AutoCloseable {
    private final Path directory;
    private EmbeddedKafka broker;

    RestartableKafka(Path directory) {
        this.directory = directory;
        this.broker = EmbeddedKafka.start(directory);
    }

    String bootstrapServers() {
        return broker.bootstrapServers();
    }

    void restart() {
        broker.close();
        broker = EmbeddedKafka.start(directory);
    }

    @Override
    public void close() {
        broker.close();
    }
}
