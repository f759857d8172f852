package dev.shoofly.verifier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.database.Comparer.Kind;
import dev.shoofly.database.Comparer.Reproduction;
import dev.shoofly.database.Comparer.RowDifference;
import dev.shoofly.model.KeyEquality;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.TopicNames;
import dev.shoofly.servers.fixture.TestServers;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class MismatchTopicIT {
    @Test
    void theRowsKeyIsTheRecordsSoThatCompactionKeepsTheLatestVerdict() throws Exception {
        MigrationPlan plan = FakePipeline.plan(KeyEquality.EXACT);
        Map<String, Object> kafka =
                Map.of("bootstrap.servers", TestServers.kafka().bootstrapServers());
        String topic = new TopicNames(plan.id()).mismatches();
        try (Admin admin = Admin.create(kafka);
                MismatchTopic mismatches = new MismatchTopic(
                        kafka, plan, row -> new Reproduction("SELECT 1", "SELECT 2"), InstantSource.system());
                KafkaConsumer<String, String> reader =
                        new KafkaConsumer<>(kafka, new StringDeserializer(), new StringDeserializer())) {
            admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).all().get(30, TimeUnit.SECONDS);
            mismatches.report(new Mismatch(
                    new RowDifference(RowKey.of("it's \"x\""), Kind.MISSING, List.of()),
                    1,
                    Classification.STABLE,
                    RepairState.OFF,
                    new Evidence(1, 2, null, "")));
            TopicPartition partition = new TopicPartition(topic, 0);
            reader.assign(List.of(partition));
            reader.seekToBeginning(List.of(partition));
            ConsumerRecords<String, String> records = reader.poll(Duration.ofSeconds(20));
            assertThat(records.count()).isEqualTo(1);
            ConsumerRecord<String, String> first = records.iterator().next();
            assertThat(first.key()).isEqualTo("[\"it's \\\"x\\\"\"]");
            assertThat(first.value()).contains("\"kind\":\"missing\"");
        }
    }
}
