package dev.shoofly.servers;

/** A Kafka broker to connect to. */
public interface KafkaBroker extends AutoCloseable {
    /** What clients pass as {@code bootstrap.servers}. */
    String bootstrapServers();

    boolean isRunning();

    /** Stops the broker within a bounded time; the data stays. */
    @Override
    void close();
}
