package dev.shoofly.backfill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.shoofly.model.ChangeRecord;
import dev.shoofly.model.ChangeRecordCodec;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TopicNames;
import dev.shoofly.servers.fixture.TestServers;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(90)
class DirtyKeyPublisherIT {
    private final MigrationPlan plan = Plans.integerKey();
    private final String topic = new TopicNames(plan.id()).changes();

    @Test
    void everyKeyIsInItsOwnersPartitionWhenPublishReturns() throws Exception {
        Map<String, Object> kafka =
                Map.of("bootstrap.servers", TestServers.kafka().bootstrapServers());
        List<RowKey> keys =
                LongStream.rangeClosed(1, 500).mapToObj(FakeTable::key).toList();
        try (Admin admin = Admin.create(kafka);
                DirtyKeyPublisher publisher = new DirtyKeyPublisher(kafka, plan);
                KafkaConsumer<byte[], byte[]> reader =
                        new KafkaConsumer<>(kafka, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            admin.createTopics(List.of(new NewTopic(topic, plan.partitions(), (short) 1)))
                    .all()
                    .get(30, TimeUnit.SECONDS);
            publisher.publish(keys);
            List<TopicPartition> partitions = IntStream.range(0, plan.partitions())
                    .mapToObj(number -> new TopicPartition(topic, number))
                    .toList();
            assertThat(reader.endOffsets(partitions).values().stream()
                            .mapToLong(end -> end)
                            .sum())
                    .isEqualTo(500);
            reader.assign(partitions);
            reader.seekToBeginning(partitions);
            Set<RowKey> found = new HashSet<>();
            while (found.size() < 500) {
                for (ConsumerRecord<byte[], byte[]> record : reader.poll(Duration.ofSeconds(20))) {
                    RowKey key = ((ChangeRecord.DirtyKey) ChangeRecordCodec.decode(record.value())).key();
                    assertThat(record.partition()).isEqualTo(plan.key().partition(key, plan.partitions()));
                    found.add(key);
                }
            }
            assertThat(found).isEqualTo(Set.copyOf(keys));
        }
    }

    @Test
    void anAbsentBrokerIsATransientError() {
        Map<String, Object> kafka = Map.of("bootstrap.servers", "127.0.0.1:1");
        try (DirtyKeyPublisher publisher = new DirtyKeyPublisher(kafka, plan)) {
            ShooflyException error =
                    catchThrowableOfType(ShooflyException.class, () -> publisher.publish(List.of(FakeTable.key(1))));
            assertThat(error.kind()).isEqualTo(ErrorKind.TRANSIENT);
            assertThat(error).hasMessageContaining("1 keys").hasMessageContaining("safe to do it again");
        }
    }
}
