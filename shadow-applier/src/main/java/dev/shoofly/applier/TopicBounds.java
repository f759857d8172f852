package dev.shoofly.applier;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;

/** What a partition of the changes topic holds now. */
@FunctionalInterface
interface TopicBounds {

    /** @throws ShooflyException TRANSIENT while Kafka does not answer */
    Bounds of(int partition);

    /**
     * @param beginning first record
     * @param end after the last record
     */
    record Bounds(long beginning, long end) {}

    static TopicBounds of(Admin admin, String topic) {
        return partition -> {
            TopicPartition at = new TopicPartition(topic, partition);
            return new Bounds(offset(admin, at, OffsetSpec.earliest()), offset(admin, at, OffsetSpec.latest()));
        };
    }

    private static long offset(Admin admin, TopicPartition at, OffsetSpec spec) {
        try {
            return admin.listOffsets(Map.of(at, spec)).partitionResult(at).get().offset();
        } catch (ExecutionException e) {
            boolean transientError = e.getCause() instanceof RetriableException;
            throw new ShooflyException(
                    transientError ? ErrorKind.TRANSIENT : ErrorKind.REFUSED,
                    "Kafka does not tell what " + at + " holds: " + e.getCause()
                            + ". Nothing of it is applied meanwhile.",
                    e.getCause());
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }
}
