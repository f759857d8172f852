package dev.shoofly.capture.connector;

import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import io.debezium.config.Configuration;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/**
 * How often Debezium's queue is emptied. While nobody waits for changes they gather in it: fewer and larger batches cost
 * everybody behind them less, down to the transactions of the appliers. Debezium makes its tasks by itself, from
 * properties; so a task finds its pace by a name that stands there.
 */
public final class BatchPace implements AutoCloseable {
    private static final String NAME = "shoofly.pace";
    private static final Map<String, BatchPace> PACES = new ConcurrentHashMap<>();

    /** Where nothing came, the next look is no later than this: what comes now has no company to wait for. */
    private static final long REST_NANOS = 10_000_000;

    /** After a batch of so many events there is a backlog, which is worked off without a wait. */
    private static final int LARGE = 1_000;

    private final String name = UUID.randomUUID().toString();
    private long intervalNanos = REST_NANOS;
    private @Nullable Poll last;

    private record Poll(long beganNanos, int events) {}

    /** Debezium's look into its own queue. */
    @FunctionalInterface
    interface Queue {
        List<SourceRecord> poll() throws InterruptedException;
    }

    /** The task of these properties keeps this pace, until it is closed. */
    public void describe(Properties properties) {
        PACES.put(name, this);
        properties.setProperty(NAME, name);
    }

    /** @throws ShooflyException when the capture that made the task has ended */
    static BatchPace of(Configuration properties) {
        BatchPace known = PACES.get(properties.getString(NAME, ""));
        if (known == null) {
            throw new ShooflyException(ErrorKind.SUPERSEDED, "the capture that this connector belongs to has ended");
        }
        return known;
    }

    /**
     * From now on; a wait that is under way ends. Any thread.
     *
     * @param interval between the begins of two batches; zero: as soon as changes come
     */
    public synchronized void gather(Duration interval) {
        intervalNanos = interval.toNanos();
        notifyAll();
    }

    /** A batch, empty when nothing came, and not before it is time for one. Debezium's polling thread. */
    List<SourceRecord> poll(Queue queue) throws InterruptedException {
        awaitTime();
        long began = System.nanoTime();
        List<SourceRecord> events = queue.poll();
        done(new Poll(began, events.size()));
        return events;
    }

    private synchronized void awaitTime() throws InterruptedException {
        long left = leftNanos();
        while (left > 0) {
            wait(left / 1_000_000 + 1);
            left = leftNanos();
        }
    }

    private long leftNanos() {
        if (last == null || last.events() >= LARGE) {
            return 0;
        }
        long interval = last.events() == 0 ? Math.min(intervalNanos, REST_NANOS) : intervalNanos;
        return last.beganNanos() + interval - System.nanoTime();
    }

    private synchronized void done(Poll poll) {
        last = poll;
    }

    /** Another task of these properties is refused. */
    @Override
    public void close() {
        PACES.remove(name);
    }
}
