package dev.shoofly.applier;

import java.time.Duration;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.streams.internals.ConsumerWrapper;

/**
 * Streams' consumer, which rests while one of its partitions is paused. Streams pauses a partition whose buffer is full, so
 * when the applier is paused and changes go on. Kafka 4.3's consumer then turns at full speed: what it has fetched for a
 * paused partition it puts back into its buffer at every look, and putting something there ends the wait for something
 * new ({@code FetchBuffer.addAll}). Each Streams thread took a third of a processor, for as long as a pause lasts.
 *
 * <p>When partitions are not paused nothing is different: Streams empties its buffers before it polls again. Made by Streams, from
 * the class's name; called by Streams' thread.
 */
public final class RestingConsumer extends ConsumerWrapper {
    @Override
    public ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
        if (delegate.paused().isEmpty()) {
            return delegate.poll(timeout);
        }
        // Also what keeps the membership: a poll is what the group's limit between two of them counts.
        ConsumerRecords<byte[], byte[]> records = delegate.poll(Duration.ZERO);
        if (records.isEmpty()) {
            rest(timeout);
        }
        return records;
    }

    private static void rest(Duration time) {
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }
}
