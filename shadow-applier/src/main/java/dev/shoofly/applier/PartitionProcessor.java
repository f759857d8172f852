package dev.shoofly.applier;

import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.jspecify.annotations.Nullable;

/** Streams' side of a {@link PartitionTask}. Called by Streams' thread only. */
final class PartitionProcessor implements Processor<byte[], byte[], Void, Void> {
    private final ApplierParts parts;
    private final RunningTasks running;
    private @Nullable ProcessorContext<Void, Void> context;
    private @Nullable PendingStore store;

    PartitionProcessor(ApplierParts parts, RunningTasks running) {
        this.parts = parts;
        this.running = running;
    }

    /** Changes topic → batches → reconcile. Nothing is written back to Kafka. */
    static Topology topology(String topic, ApplierParts parts, RunningTasks running) {
        return new Topology()
                // The saved progress skips what is applied; without a committed offset reading starts at the front.
                .addSource(
                        AutoOffsetReset.earliest(),
                        "changes",
                        new ByteArrayDeserializer(),
                        new ByteArrayDeserializer(),
                        topic)
                .addProcessor("reconcile", () -> new PartitionProcessor(parts, running), "changes")
                .addStateStore(new PendingStore.Builder(), "reconcile");
    }

    @Override
    public void init(ProcessorContext<Void, Void> context) {
        this.context = context;
        store = context.getStateStore(PendingStore.NAME);
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        if (context == null || store == null) {
            throw new IllegalStateException("a record before the task is initialised");
        }
        int partition = context.taskId().partition();
        RecordMetadata at = context.recordMetadata().orElseThrow();
        // Claimed with the first record, not in init: only here does Streams let a task go when the claim is refused.
        PartitionTask task = store.taskOr(() -> PartitionTask.claim(parts, running, partition));
        task.put(at.offset(), record.value());
    }

    /** At the end of an assignment, also when the same task is resumed later: then it claims again. */
    @Override
    public void close() {
        if (store != null) {
            store.detach();
        }
    }
}
