package dev.shoofly.capture.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.shoofly.capture.Plans;
import dev.shoofly.model.ChangeRecord;
import dev.shoofly.model.ChangeRecord.DirtyKey;
import dev.shoofly.model.ChangeRecord.Marker;
import dev.shoofly.model.ChangeRecordCodec;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

final class ChangePublisherTest {
    private final MigrationPlan plan = Plans.ofTable("shop", "orders");

    @Test
    void keysGoToTheirPartitionAndMarkersToAll() {
        MockProducer<byte[], byte[]> producer =
                new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());
        new ChangePublisher(plan, producer).publish(List.of(dirty("1"), dirty("2"), new Marker(5, "", 0)));

        List<ChangeRecord> keys = new ArrayList<>();
        List<Integer> markedPartitions = new ArrayList<>();
        for (ProducerRecord<byte[], byte[]> each : producer.history()) {
            assertThat(each.topic()).isEqualTo("shoofly.abcdefgh.changes");
            assertThat(each.key()).isNull();
            ChangeRecord change = ChangeRecordCodec.decode(each.value());
            if (change instanceof DirtyKey key) {
                assertThat(markedPartitions).isEmpty();
                assertThat(each.partition()).isEqualTo(plan.key().partition(key.key(), 4));
                keys.add(change);
            } else {
                markedPartitions.add(each.partition());
            }
        }
        assertThat(keys).hasSize(2);
        assertThat(markedPartitions).containsExactly(0, 1, 2, 3);
    }

    @Test
    void aMarkerIsNotSentBehindAKeyThatWasLost() {
        FailingProducer producer = new FailingProducer(new TimeoutException("no broker"));
        ChangePublisher publisher = new ChangePublisher(plan, producer);
        assertThatThrownBy(() -> publisher.publish(List.of(dirty("1"), new Marker(5, "", 0))))
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.TRANSIENT))
                .hasMessageContaining("no broker");
        assertThat(producer.sent).isEqualTo(1);
    }

    @Test
    void nothingMoreIsWrittenAfterAFailure() {
        FailingProducer producer = new FailingProducer(new TimeoutException("no broker"));
        ChangePublisher publisher = new ChangePublisher(plan, producer);
        assertThatThrownBy(() -> publisher.publish(List.of(dirty("1")))).isInstanceOf(ShooflyException.class);
        assertThatThrownBy(() -> publisher.publish(List.of(new Marker(5, "", 0))))
                .isInstanceOf(ShooflyException.class);
        assertThat(producer.sent).isEqualTo(1);
    }

    @Test
    void whatTheBrokersWillNeverTakeIsRefused() {
        ChangePublisher publisher =
                new ChangePublisher(plan, new FailingProducer(new RecordTooLargeException("too large")));
        assertThatThrownBy(() -> publisher.publish(List.of(dirty("1"))))
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.REFUSED));
    }

    private static DirtyKey dirty(String key) {
        return new DirtyKey(RowKey.of(key), "", 0);
    }

    /** Takes every record and fails it when it is flushed. */
    private static final class FailingProducer extends MockProducer<byte[], byte[]> {
        private final RuntimeException error;
        private int sent;

        FailingProducer(RuntimeException error) {
            super(false, null, new ByteArraySerializer(), new ByteArraySerializer());
            this.error = error;
        }

        @Override
        public synchronized Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record, Callback callback) {
            sent++;
            return super.send(record, callback);
        }

        @Override
        public synchronized void flush() {
            while (errorNext(error)) {
                continue;
            }
        }
    }
}
