package dev.shoofly.servers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Exit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedKafkaIT {
    private static final TopicPartition ORDERS = new TopicPartition("orders", 0);

    @TempDir
    Path directory;

    @Test
    void keepsItsRecordsAndItsAddressOverARestart() throws Exception {
        String address;
        try (EmbeddedKafka kafka = EmbeddedKafka.start(directory)) {
            address = kafka.bootstrapServers();
            createTopic(kafka);
            send(kafka, "one", "two");
        }
        try (EmbeddedKafka kafka = EmbeddedKafka.start(directory)) {
            assertThat(kafka.bootstrapServers()).isEqualTo(address);
            send(kafka, "three");
            assertThat(read(kafka, 3)).containsExactly("one", "two", "three");
        }
    }

    @Test
    void aProducerThatIsInTheMiddleOfItsWorkGoesOnAfterARestart() throws Exception {
        EmbeddedKafka first = EmbeddedKafka.start(directory);
        createTopic(first);
        try (KafkaProducer<String, String> producer = producer(first)) {
            producer.send(record("before")).get();
            first.close();
            // Elsewhere: a producer that saw the broker leave asks for metadata first, and send() waits for it.
            var during = CompletableFuture.supplyAsync(() -> producer.send(record("during")));
            try (EmbeddedKafka second = EmbeddedKafka.start(directory)) {
                during.get().get();
                assertThat(read(second, 2)).containsExactly("before", "during");
            }
        }
    }

    @Test
    void refusesASecondBrokerOnTheSameDirectory() {
        try (EmbeddedKafka kafka = EmbeddedKafka.start(directory)) {
            assertThatThrownBy(() -> EmbeddedKafka.start(directory))
                    .isInstanceOf(ServerException.class)
                    .hasMessageContaining(directory.toString())
                    .hasMessageContaining("in use");
            assertThat(kafka.isRunning()).isTrue();
        }
    }

    @Test
    void doesNotCreateTopicsByItself() {
        try (EmbeddedKafka kafka = EmbeddedKafka.start(directory);
                Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            assertThatThrownBy(() -> admin.describeTopics(List.of("orders"))
                            .allTopicNames()
                            .get())
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(UnknownTopicOrPartitionException.class);
        }
    }

    @Test
    void aFaultThatWouldEndTheProcessEndsOnlyTheBroker() throws Exception {
        EmbeddedKafka kafka = EmbeddedKafka.start(directory);
        createTopic(kafka);
        Thread faulty = new Thread(() -> Exit.halt(1, "log directory failed"));
        faulty.setUncaughtExceptionHandler((thread, expected) -> {});
        faulty.start();
        faulty.join();
        assertThat(kafka.isRunning()).isFalse();
        assertThat(kafka.failure())
                .hasValueSatisfying(failure -> assertThat(failure)
                        .hasMessageContaining("log directory failed")
                        .hasMessageContaining(directory.toString()));
        kafka.close();
        try (EmbeddedKafka again = EmbeddedKafka.start(directory)) {
            assertThat(again.failure()).isEmpty();
            send(again, "one");
        }
    }

    private static void createTopic(EmbeddedKafka kafka) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            admin.createTopics(List.of(new NewTopic(ORDERS.topic(), 1, (short) 1)))
                    .all()
                    .get();
        }
    }

    private static KafkaProducer<String, String> producer(EmbeddedKafka kafka) {
        return new KafkaProducer<>(
                Map.of("bootstrap.servers", kafka.bootstrapServers(), "acks", "all"),
                new StringSerializer(),
                new StringSerializer());
    }

    private static ProducerRecord<String, String> record(String value) {
        return new ProducerRecord<>(ORDERS.topic(), ORDERS.partition(), null, value);
    }

    private static void send(EmbeddedKafka kafka, String... values) throws Exception {
        try (KafkaProducer<String, String> producer = producer(kafka)) {
            for (String value : values) {
                producer.send(record(value)).get();
            }
        }
    }

    private static List<String> read(EmbeddedKafka kafka, int count) {
        List<String> values = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", kafka.bootstrapServers()),
                new StringDeserializer(),
                new StringDeserializer())) {
            consumer.assign(List.of(ORDERS));
            consumer.seekToBeginning(List.of(ORDERS));
            long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
            while (values.size() < count && System.nanoTime() < end) {
                consumer.poll(Duration.ofMillis(200)).forEach(found -> values.add(found.value()));
            }
        }
        return values;
    }
}
