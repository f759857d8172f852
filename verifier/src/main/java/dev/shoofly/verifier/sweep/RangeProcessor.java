package dev.shoofly.verifier.sweep;

import dev.shoofly.database.connection.Retry;
import dev.shoofly.model.ShooflyException;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares the ranges of one partition of the tasks, and answers each. A task may come twice, and is compared twice then: the
 * owner takes the first answer. What cannot be compared is answered too, so that nothing blocks the partition: the owner looks
 * itself, and meets and words the failure.
 */
final class RangeProcessor implements Processor<String, String, String, String> {
    private static final Logger LOG = LoggerFactory.getLogger(RangeProcessor.class);
    /** Under one key, the youngest sweep that this partition has had a task of. */
    private static final String YOUNGEST = "youngest-sweep";

    /** Of a verdict: brokers take a million bytes unless told otherwise, and a character may need three. */
    private static final int LONGEST = 300_000;

    private final RangeReader reader;
    private final VerifierInstance.Settings settings;
    private final Set<Thread> busy;
    private @Nullable ProcessorContext<String, String> context;
    private @Nullable KeyValueStore<String, Long> youngest;

    /** @param busy holds the threads that compare, while they do; a concurrent set */
    RangeProcessor(RangeReader reader, VerifierInstance.Settings settings, Set<Thread> busy) {
        this.reader = reader;
        this.settings = settings;
        this.busy = busy;
    }

    static Topology topology(
            String tasks, String verdicts, RangeReader reader, VerifierInstance.Settings settings, Set<Thread> busy) {
        return new Topology()
                .addSource(
                        "tasks", Serdes.String().deserializer(), Serdes.String().deserializer(), tasks)
                .addProcessor("compare", () -> new RangeProcessor(reader, settings, busy), "tasks")
                .addStateStore(
                        Stores.keyValueStoreBuilder(
                                Stores.inMemoryKeyValueStore(YOUNGEST), Serdes.String(), Serdes.Long()),
                        "compare")
                .addSink(
                        "verdicts",
                        verdicts,
                        Serdes.String().serializer(),
                        Serdes.String().serializer(),
                        "compare");
    }

    @Override
    public void init(ProcessorContext<String, String> given) {
        context = given;
        youngest = given.getStateStore(YOUNGEST);
    }

    @Override
    public void process(Record<String, String> message) {
        RangeTask task;
        try {
            task = SweepJson.task(message.value());
        } catch (IllegalArgumentException e) {
            LOG.warn("not compared: {}", e.getMessage());
            return;
        }
        KeyValueStore<String, Long> runs = Objects.requireNonNull(youngest, "initialised first");
        Long known = runs.get(YOUNGEST);
        if (known != null && known > task.run() || task.epoch() != settings.epoch()) {
            // What an owner asked for that is no more, or that may have another plan.
            return;
        }
        if (known == null || known < task.run()) {
            runs.put(YOUNGEST, task.run());
        }
        String verdict = SweepJson.of(compare(task));
        if (verdict.length() > LONGEST) {
            verdict = SweepJson.of(RangeVerdict.none(task));
        }
        Objects.requireNonNull(context, "initialised first").forward(message.withValue(verdict));
    }

    private RangeVerdict compare(RangeTask task) {
        if (!task.server().equals(settings.server())) {
            // A replica shows what was, not what is: a row that was spoiled since, or only there, would pass for equal.
            return RangeVerdict.none(task);
        }
        busy.add(Thread.currentThread());
        try {
            return RangeVerdict.of(
                    task, Retry.OUTLAST_RESTART.call("comparing a range", () -> reader.read(task.range())));
        } catch (ShooflyException e) {
            if (Thread.currentThread().isInterrupted()) {
                // The instance ends; the task is for another.
                throw e;
            }
            LOG.info("a range is left to the migration's owner: {}", e.getMessage());
            return RangeVerdict.none(task);
        } finally {
            busy.remove(Thread.currentThread());
        }
    }
}
