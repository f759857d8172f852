package dev.shoofly.coordinator;

import java.util.Optional;

/**
 * How this process copies for others.
 *
 * @param name {@code host:pid}, shown to others; no two instances share one
 * @param bootstrapServers of the Kafka cluster whose migrations are served
 * @param choice id or table of the only migration to serve; empty: every one
 */
public record BackfillRoleSettings(String name, String bootstrapServers, Optional<String> choice) {}
