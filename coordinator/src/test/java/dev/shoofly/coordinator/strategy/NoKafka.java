package dev.shoofly.coordinator.strategy;

import dev.shoofly.coordinator.KafkaAccess;
import dev.shoofly.model.MigrationId;

/** Nothing travels. */
final class NoKafka implements KafkaAccess.Provider {
    @Override
    public String describe(MigrationId id) {
        throw new AssertionError("Kafka is not wanted");
    }

    @Override
    public KafkaAccess open(MigrationId id, String described, boolean mustExist) {
        throw new AssertionError("Kafka is not wanted");
    }

    @Override
    public void discard(MigrationId id, String described) {
        throw new AssertionError("Kafka is not wanted");
    }
}
