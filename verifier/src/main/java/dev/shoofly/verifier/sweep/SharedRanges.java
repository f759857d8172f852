package dev.shoofly.verifier.sweep;

import dev.shoofly.database.Comparer;
import dev.shoofly.database.throttle.Throttle;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationPlan;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.TopicNames;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntSupplier;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compared here and by whoever has the role: ranges are cut here, ahead of what is compared, and given to the threads of this
 * process or sent as tasks; what they find is taken in the key's order. Nothing rests on the others: until somebody answers,
 * everything is compared here, and so is a range that nobody answers in time. So the sweep ends, as fast as without them, when
 * there are none, and when Kafka is away.
 *
 * <p>An answer counts as much as a comparison of our own: it was read after its task was sent, and so behind the marker behind which
 * the sweep began. Those of an earlier sweep, which may be older, bear another run's number and are passed over.
 */
public final class SharedRanges implements Ranges {
    private static final Logger LOG = LoggerFactory.getLogger(SharedRanges.class);
    /** Enough that every thread of a few processes has the next task before it has answered this one. */
    private static final int TASKS_PER_PARTITION = 4;

    /** While nobody answers every so-many-th task is sent; odd, so that every partition has some. */
    private static final int FEW = 17;

    /** Tasks for each thread of this process while others work, one of them in its hands. */
    private static final int WAITING = 2;

    private static final Duration GLANCE = Duration.ofMillis(20);
    private static final int SEND_LIMIT_MILLIS = 2_000;
    /** No two sweeps of a process have the same number, nor a later one a lower. */
    private static final AtomicLong LAST_STARTED = new AtomicLong();

    private final MigrationPlan plan;
    private final Comparer comparer;
    private final Throttle throttle;
    private final RangeReader reader;
    private final Duration patience;
    private final String server;
    private final long run;
    private final String tasks;
    private final int partitions;
    private final Producer<String, String> producer;
    private final Consumer<String, String> consumer;
    private final Deque<RangeTask> cut = new ArrayDeque<>();
    private final Map<Long, RangeVerdict> answers = new HashMap<>();
    private final @Nullable Crew crew;
    /** By number, of those that are cut. */
    private final Map<Long, Future<ComparedRange>> own = new HashMap<>();

    private boolean begun;
    private boolean allCut;
    private @Nullable RowKey cutTo;
    private long nextNumber;
    /** Nobody has answered yet, or in time: until somebody does, nobody is waited for. */
    private boolean alone;

    private final AtomicLong answered = new AtomicLong();

    /**
     * @param kafka how to reach the cluster
     * @param throttle of what is compared here; asked before each cut as well
     * @param threads that compare here, beside the others; asked again and again, for it may change. Empty: the caller's
     *     compares what nobody else does
     * @param patience how long an answer is waited for before the range is compared here
     * @param server that the comparer reads
     * @param epoch of the migration's owner
     * @param startedMillis since 1970
     */
    public SharedRanges(
            MigrationPlan plan,
            Map<String, Object> kafka,
            Comparer comparer,
            Throttle throttle,
            Optional<IntSupplier> threads,
            Duration patience,
            String server,
            long epoch,
            long startedMillis) {
        this.plan = plan;
        this.comparer = comparer;
        this.throttle = throttle;
        this.reader = new RangeReader(comparer, throttle);
        this.crew = threads.map(wanted -> new Crew(reader, wanted)).orElse(null);
        // Who can do it all is not kept waiting for others.
        this.alone = crew != null;
        this.patience = patience;
        this.server = server;
        this.run = RangeTask.run(epoch, LAST_STARTED.updateAndGet(last -> Math.max(last + 1, startedMillis)));
        this.partitions = plan.partitions();
        TopicNames names = new TopicNames(plan.id());
        this.tasks = names.verifierTasks();
        Map<String, Object> sending = new HashMap<>(kafka);
        sending.put(ProducerConfig.LINGER_MS_CONFIG, 0);
        sending.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, SEND_LIMIT_MILLIS);
        this.producer = new KafkaProducer<>(sending, new StringSerializer(), new StringSerializer());
        Map<String, Object> reading = new HashMap<>(kafka);
        reading.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        reading.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "latest");
        this.consumer = new KafkaConsumer<>(reading, new StringDeserializer(), new StringDeserializer());
        listenFromHere(new TopicPartition(names.verdicts(), 0));
    }

    /** Before the first task is sent. */
    private void listenFromHere(TopicPartition verdicts) {
        consumer.assign(List.of(verdicts));
        try {
            consumer.seekToEnd(List.of(verdicts));
            // Only now is the end asked for: a later first poll would pass over what was answered by then.
            consumer.position(verdicts);
        } catch (KafkaException e) {
            LOG.info("nobody is asked to compare {} for now: {}", plan.source(), e.getMessage());
            alone = true;
        }
    }

    @Override
    public ComparedRange next(@Nullable RowKey after, int rows) throws InterruptedException {
        if (!begun) {
            begun = true;
            cutTo = after;
        }
        cutAhead(rows);
        RangeTask head = cut.element();
        if (!Objects.equals(head.range().lowerExclusive(), after)) {
            throw new IllegalStateException("a sweep asked for the range after " + after + " instead of "
                    + head.range().lowerExclusive());
        }
        Optional<RangeVerdict> answer = await(head.number());
        Optional<ComparedRange> compared = answer.flatMap(RangeVerdict::answer)
                // What was answered must be what was asked, or rows between would never be looked at.
                .filter(each -> each.range().equals(head.range()));
        ComparedRange result = compared.isPresent() ? compared.get() : compareHere(head);
        cut.remove();
        answers.remove(head.number());
        Future<ComparedRange> ours = own.remove(head.number());
        if (ours != null) {
            ours.cancel(false);
        }
        return result;
    }

    private ComparedRange compareHere(RangeTask task) throws InterruptedException {
        Future<ComparedRange> ours = own.get(task.number());
        return crew == null || ours == null ? reader.read(task.range()) : crew.result(ours, task.range());
    }

    private void cutAhead(int rows) throws InterruptedException {
        int ahead = TASKS_PER_PARTITION * partitions + (crew == null ? 0 : crew.ahead());
        while (!allCut && cut.size() < ahead) {
            throttle.await();
            RowKey end = comparer.chunkEnd(cutTo, rows).orElse(null);
            RangeTask task = new RangeTask(run, server, nextNumber, new KeyRange(cutTo, end));
            nextNumber++;
            cut.add(task);
            cutTo = end;
            allCut = end == null;
            give(task);
        }
    }

    /** To whoever has too little to do: so each does as much as it can. */
    private void give(RangeTask task) {
        if (crew == null) {
            send(task);
        } else if (alone) {
            take(crew, task);
            send(task);
        } else if (underWay() < (long) WAITING * crew.size()) {
            take(crew, task);
        } else {
            send(task);
        }
    }

    private void take(Crew here, RangeTask task) {
        Future<ComparedRange> compared = own.computeIfAbsent(task.number(), number -> here.compare(task.range()));
        assert compared != null;
    }

    private long underWay() {
        return own.values().stream().filter(each -> !each.isDone()).count();
    }

    private void send(RangeTask task) {
        if (alone && task.number() % FEW != 0) {
            // A few go out, in case somebody comes; for nobody they need not pile up.
            return;
        }
        try {
            producer.send(
                    new ProducerRecord<>(tasks, (int) (task.number() % partitions), null, SweepJson.of(task)),
                    (sent, error) -> {
                        if (error != null) {
                            LOG.debug("a task was not sent, and will be done here: {}", error.getMessage());
                        }
                    });
        } catch (InterruptException e) {
            throw e;
        } catch (KafkaException e) {
            LOG.debug("a task was not sent, and will be done here: {}", e.getMessage());
            alone = true;
        }
    }

    /** @return empty: it is compared here, or was; nobody has answered in time */
    private Optional<RangeVerdict> await(long number) throws InterruptedException {
        long begunWaiting = System.nanoTime();
        while (true) {
            RangeVerdict known = answers.get(number);
            if (known != null) {
                return Optional.of(known);
            }
            stealWhenIdle(number);
            Future<ComparedRange> ours = own.get(number);
            if (crew != null && ours != null) {
                take(Duration.ZERO, number);
                if (crew.isDoneWithin(ours, GLANCE) && !answers.containsKey(number)) {
                    return Optional.empty();
                }
                continue;
            }
            boolean waits = !alone && System.nanoTime() - begunWaiting < patience.toNanos();
            take(waits ? GLANCE : Duration.ZERO, number);
            if (!waits && !answers.containsKey(number)) {
                becomeAlone();
                return Optional.empty();
            }
        }
    }

    /** Nothing is left for this process but to wait for the others: then it helps with what is waited for. */
    private void stealWhenIdle(long number) {
        if (crew != null && !alone && !own.containsKey(number) && underWay() == 0) {
            take(crew, cut.element());
        }
    }

    private void becomeAlone() {
        if (!alone) {
            LOG.info(
                    "nobody has compared a range of {} within {} s; it is compared here",
                    plan.source(),
                    patience.toSeconds());
        }
        alone = true;
        if (crew != null) {
            for (RangeTask task : cut) {
                if (!answers.containsKey(task.number())) {
                    take(crew, task);
                }
            }
        }
    }

    private void take(Duration wait, long first) {
        try {
            for (ConsumerRecord<String, String> each : consumer.poll(wait)) {
                take(each.value(), first);
            }
        } catch (InterruptException e) {
            throw e;
        } catch (KafkaException e) {
            LOG.debug("answers could not be read, their ranges are compared here: {}", e.getMessage());
        }
    }

    private void take(String message, long first) {
        RangeVerdict verdict;
        try {
            verdict = SweepJson.verdict(message);
        } catch (IllegalArgumentException e) {
            LOG.debug("an answer could not be read, its range is compared here: {}", e.getMessage());
            return;
        }
        if (verdict.run() != run) {
            return;
        }
        answered.incrementAndGet();
        alone = false;
        if (verdict.number() >= first) {
            answers.putIfAbsent(verdict.number(), verdict);
        }
    }

    /** Answers that others gave in time, and not in time. Any thread. */
    long answered() {
        return answered.get();
    }

    @Override
    public void close() {
        try {
            if (crew != null) {
                crew.close();
            }
            producer.close(Duration.ofSeconds(2));
        } finally {
            // Does not wait for the broker's farewell, which comes behind a fetch that waits half a second for what
            // nobody will say. Nothing rests on it: this consumer is in no group.
            consumer.close(CloseOptions.timeout(Duration.ZERO));
        }
    }
}
