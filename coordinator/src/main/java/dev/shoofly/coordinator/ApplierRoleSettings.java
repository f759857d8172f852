package dev.shoofly.coordinator;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How this process applies for others.
 *
 * @param name {@code host:pid}, shown to others; no two instances share one
 * @param bootstrapServers of the Kafka cluster whose migrations are served
 * @param stateDirectory where Kafka Streams may keep files; nothing in it is needed again
 * @param threads Streams threads per migration
 * @param sessionTimeout after this long without a sign of life an instance's partitions go to the others
 * @param choice id or table of the only migration to serve; empty: every one
 */
public record ApplierRoleSettings(
        String name,
        String bootstrapServers,
        Path stateDirectory,
        int threads,
        Duration sessionTimeout,
        Optional<String> choice) {}
