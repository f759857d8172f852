package dev.shoofly.verifier;

import dev.shoofly.database.control.Progress;
import dev.shoofly.model.ChangeRecord;
import dev.shoofly.model.ChangeRecordCodec;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.TopicNames;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads stretches at the end of the changes topic, apart from any consumer group. A record is never skipped: offsets that
 * the topic does not hold are an error. Any thread; one call at a time, others wait.
 */
public final class ChangesTail implements ChangeWindow, AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(20);
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(10);
    private final Consumer<byte[], byte[]> consumer;
    private final MigrationPlan plan;
    private final String topic;
    private final List<TopicPartition> partitions;
    private final KeptOffsets kept = new KeptOffsets();

    /** @param kafka how to reach the cluster: {@code bootstrap.servers} and whatever its security needs */
    public ChangesTail(Map<String, Object> kafka, MigrationPlan plan) {
        this.plan = plan;
        this.topic = new TopicNames(plan.id()).changes();
        this.partitions = IntStream.range(0, plan.partitions())
                .mapToObj(partition -> new TopicPartition(topic, partition))
                .toList();
        this.consumer = new KafkaConsumer<>(config(kafka), new ByteArrayDeserializer(), new ByteArrayDeserializer());
        consumer.assign(partitions);
    }

    private static Map<String, Object> config(Map<String, Object> kafka) {
        Map<String, Object> config = new HashMap<>(kafka);
        config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        config.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        config.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 10_000);
        // A fetch that waits at the old end delays the first one after a seek, and the cut-over waits for that.
        config.put(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, 1);
        config.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 5);
        config.put(ConsumerConfig.CONNECTIONS_MAX_IDLE_MS_CONFIG, -1);
        return config;
    }

    /** Opens connections and a fetch session, so that the next read is quick. Call it before locks are taken. */
    public synchronized void warmUp() {
        translating("warming up", () -> {
            ends().forEach((partition, offset) -> consumer.seek(new TopicPartition(topic, partition), offset));
            consumer.resume(partitions);
            consumer.poll(POLL);
            consumer.poll(POLL);
            return true;
        });
    }

    @Override
    public synchronized Map<Integer, Long> endOffsets() {
        return kept.hold(this::ends);
    }

    @Override
    public void release(Map<Integer, Long> from) {
        kept.release(from);
    }

    @Override
    public void keep(Map<Integer, Long> from) {
        Map<Integer, Long> unused = kept.hold(() -> from);
    }

    @Override
    public synchronized boolean holds(Map<Integer, Long> from) {
        return translating("asking for the beginnings", () -> {
            Map<TopicPartition, Long> beginnings = consumer.beginningOffsets(partitions, REQUEST_TIMEOUT);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, REQUEST_TIMEOUT);
            return partitions.stream().allMatch(partition -> {
                long offset = from.getOrDefault(partition.partition(), -1L);
                return offset >= beginnings.getOrDefault(partition, Long.MAX_VALUE)
                        && offset <= ends.getOrDefault(partition, -1L);
            });
        });
    }

    @Override
    public synchronized Stretch stretch(Map<Integer, Long> from, long marker, int most, Duration timeout) {
        Set<RowKey> keys = new LinkedHashSet<>();
        Map<Integer, Long> next = new HashMap<>(from);
        // Many records can be of few keys: what was read in half of the time is a part as well.
        long enoughAt = System.nanoTime() + timeout.toNanos() / 2;
        Reading reading = new Reading(
                marker,
                timeout,
                next,
                () -> keys.size() >= most || System.nanoTime() - enoughAt > 0 && !next.equals(from));
        read(from, reading, (partition, change) -> {
            if (change instanceof ChangeRecord.DirtyKey dirty) {
                keys.add(dirty.key());
            }
        });
        return new Stretch(keys, next, reading.isComplete());
    }

    /**
     * The first offset of the partition that was promised to a reader of this tail and not released; {@code
     * Long.MAX_VALUE}: none. To be asked after the appliers' progress was read: see {@link KeptOffsets}.
     */
    public long firstKept(int partition) {
        return kept.first(partition);
    }

    private Map<Integer, Long> ends() {
        return translating("asking for the ends", () -> {
            Map<Integer, Long> ends = new HashMap<>();
            consumer.endOffsets(partitions, REQUEST_TIMEOUT)
                    .forEach((partition, offset) -> ends.put(partition.partition(), offset));
            return ends;
        });
    }

    /**
     * The distinct keys that stand between the offsets and the marker, in every partition: at the cut-over, all that may
     * not be in the shadow yet.
     *
     * @param progress one row for each partition: one that has passed the marker is not read any more; of their keys those
     *     before the last swap are repetitions, and left out
     * @throws ShooflyException TRANSIENT when the marker has not arrived in every partition in time; AMBIGUOUS when the
     *     topic no longer holds an offset
     */
    public synchronized Between keysBetween(List<Progress> progress, long markerNumber, Duration timeout) {
        Gathered gathered = new Gathered(progress);
        Reading reading = new Reading(markerNumber, timeout);
        progress.stream().filter(each -> each.marker() >= markerNumber).forEach(each -> reading.skip(each.partition()));
        read(gathered.from, reading, gathered::add);
        return gathered.upTo(reading.next);
    }

    /**
     * As {@link #keysBetween}, of what the topic holds now, or most of it: of one answer of the cluster. With nothing there it
     * waits for a moment.
     */
    public synchronized Between keysPresent(List<Progress> progress) {
        Gathered gathered = new Gathered(progress);
        Map<Integer, Long> next = new HashMap<>();
        AtomicBoolean polled = new AtomicBoolean();
        read(
                gathered.from,
                new Reading(Long.MAX_VALUE, REQUEST_TIMEOUT, next, () -> polled.getAndSet(true)),
                gathered::add);
        return gathered.upTo(next);
    }

    /** Keys and who wrote them. */
    private static final class Gathered {
        private final Map<Integer, Long> from = new HashMap<>();
        private final Map<Integer, Long> swapMarkers = new HashMap<>();
        private final Set<RowKey> keys = new LinkedHashSet<>();
        private final Set<String> transactions = new HashSet<>();
        private final Map<Integer, Long> markers = new HashMap<>();

        Gathered(List<Progress> progress) {
            for (Progress each : progress) {
                from.put(each.partition(), each.nextOffset());
                swapMarkers.put(each.partition(), each.swapMarker());
            }
        }

        void add(int partition, ChangeRecord change) {
            if (change instanceof ChangeRecord.Marker marker) {
                markers.merge(partition, marker.number(), Math::max);
            } else if (change instanceof ChangeRecord.DirtyKey dirty
                    && !dirty.isBefore(swapMarkers.getOrDefault(partition, 0L))) {
                keys.add(dirty.key());
                if (!dirty.transaction().isEmpty()) {
                    transactions.add(dirty.transaction());
                }
            }
        }

        Between upTo(Map<Integer, Long> next) {
            Map<Integer, Long> ends = new HashMap<>(from);
            ends.putAll(next);
            return new Between(keys, transactions, ends, markers);
        }
    }

    /**
     * @param keys distinct
     * @param transactions that wrote them, as the server names them
     * @param ends per partition, the offset behind them
     * @param markers the greatest that was passed on the way, of the partitions that had one
     */
    public record Between(
            Set<RowKey> keys, Set<String> transactions, Map<Integer, Long> ends, Map<Integer, Long> markers) {}

    @Override
    public synchronized Changes changesBetween(
            Map<Integer, Long> from, long firstMarker, long secondMarker, Duration timeout) {
        TokenWindow window = new TokenWindow(plan.key(), firstMarker);
        Reading reading = new Reading(secondMarker, timeout);
        read(from, reading, window::add);
        return new Changes(window.tokens(), reading.committed);
    }

    /** One walk along all partitions. */
    private final class Reading {
        private final long until;
        private final Duration timeout;
        private final Map<Integer, Long> next;
        private final BooleanSupplier enough;
        private final Set<TopicPartition> open = new HashSet<>(partitions);
        private long committed;

        /**
         * @param next told where each partition goes on
         * @param enough whether no more is wanted
         */
        Reading(long until, Duration timeout, Map<Integer, Long> next, BooleanSupplier enough) {
            this.until = until;
            this.timeout = timeout;
            this.next = next;
            this.enough = enough;
        }

        Reading(long until, Duration timeout) {
            this(until, timeout, new HashMap<>(), () -> false);
        }

        /** Of this partition nothing is wanted. */
        void skip(int partition) {
            open.remove(new TopicPartition(topic, partition));
        }

        boolean isComplete() {
            return open.isEmpty();
        }

        void visit(ConsumerRecord<byte[], byte[]> record, BiConsumer<Integer, ChangeRecord> visitor) {
            TopicPartition partition = new TopicPartition(record.topic(), record.partition());
            if (!open.contains(partition)) {
                return;
            }
            next.put(record.partition(), record.offset() + 1);
            ChangeRecord change = ChangeRecordCodec.decode(record.value());
            // A later marker does as well: numbers rise by commit order, so this one stands before it or was never
            // sent.
            if (change instanceof ChangeRecord.Marker marker && marker.number() >= until) {
                open.remove(partition);
                consumer.pause(List.of(partition));
                committed = Math.max(committed, marker.number() == until ? marker.commitMicros() : 0);
            } else {
                visitor.accept(record.partition(), change);
            }
        }
    }

    private void read(Map<Integer, Long> from, Reading reading, BiConsumer<Integer, ChangeRecord> visitor) {
        long giveUpAt = System.nanoTime() + reading.timeout.toNanos();
        boolean unused = translating("reading up to marker " + reading.until, () -> {
            consumer.resume(partitions);
            for (TopicPartition partition : partitions) {
                Long offset = from.get(partition.partition());
                if (offset == null) {
                    throw new IllegalArgumentException("no offset is given for " + partition);
                }
                consumer.seek(partition, offset);
                if (!reading.open.contains(partition)) {
                    consumer.pause(List.of(partition));
                }
            }
            while (!reading.isComplete() && !reading.enough.getAsBoolean()) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    reading.visit(record, visitor);
                }
                if (!reading.isComplete() && System.nanoTime() - giveUpAt > 0) {
                    throw late(reading.until, reading.timeout, reading.open.size());
                }
            }
            return true;
        });
    }

    private ShooflyException late(long marker, Duration timeout, int partitionsLeft) {
        return new ShooflyException(
                ErrorKind.TRANSIENT,
                "marker " + marker + " has not arrived in " + partitionsLeft + " of " + partitions.size()
                        + " partitions of topic " + topic + " within " + timeout.toMillis()
                        + " ms; the capture lags behind or stands still");
    }

    private <T> T translating(String what, Supplier<T> work) {
        try {
            return work.get();
        } catch (OffsetOutOfRangeException e) {
            throw new ShooflyException(
                    ErrorKind.AMBIGUOUS,
                    what + ": topic " + topic + " does not hold the offsets "
                            + e.offsetOutOfRangePartitions()
                            + " any more: it was trimmed too early or made anew. Which rows changed since is unknown;"
                            + " the application's table is untouched. Cancel the migration and start it again",
                    e);
        } catch (InterruptException e) {
            Thread.currentThread().interrupt();
            throw new ShooflyException(ErrorKind.SUPERSEDED, what + " in topic " + topic + " was interrupted", e);
        } catch (KafkaException e) {
            throw new ShooflyException(
                    ErrorKind.TRANSIENT, what + " in topic " + topic + " failed: " + e.getMessage(), e);
        }
    }

    @Override
    public synchronized void close() {
        consumer.close();
    }
}
