package dev.shoofly.coordinator;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How this process compares for others.
 *
 * @param bootstrapServers of the Kafka cluster whose migrations are served
 * @param stateDirectory where Kafka Streams may keep files; nothing in it is needed again
 * @param choice id or table of the only migration to serve; empty: every one
 */
public record VerifierRoleSettings(String bootstrapServers, Path stateDirectory, Optional<String> choice) {}
