package dev.shoofly.applier;

import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.internals.CacheFlushListener;
import org.apache.kafka.streams.state.internals.CachedStateStore;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;

/**
 * Makes "applied, then offset committed" true. Streams commits a task as: flush the caches, commit the offsets, commit
 * the stores. The two hooks that are public (a store's {@code commit} and the processor's {@code close}) come after the
 * offsets, so a crash between would lose changes. Only {@code flushCache} of a {@link CachedStateStore} comes before, on
 * every path: interval, revocation, close. The interface is internal to Kafka, and {@code FlushBeforeCommitTest} fails
 * when a version no longer calls it.
 */
final class PendingStore implements StateStore, CachedStateStore<byte[], byte[]> {
    static final String NAME = "pending-changes";

    private @Nullable PartitionTask task;
    private boolean open;

    /** The task whose changes are drained before each commit; made when there is none. Streams' thread. */
    PartitionTask taskOr(Supplier<PartitionTask> claim) {
        PartitionTask at = task;
        if (at == null) {
            at = claim.get();
            task = at;
        }
        return at;
    }

    /** Stops the attached task, if there is one. */
    void detach() {
        PartitionTask last = task;
        task = null;
        if (last != null) {
            last.close();
        }
    }

    @Override
    public void flushCache() {
        PartitionTask at = task;
        if (at != null) {
            at.drain();
        }
    }

    @Override
    public void clearCache() {}

    @Override
    public boolean setFlushListener(CacheFlushListener<byte[], byte[]> listener, boolean sendOldValues) {
        return false;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public void init(StateStoreContext context, StateStore root) {
        context.register(root, (key, value) -> {});
        open = true;
    }

    /** Also called without the processor's close when a task is lost. */
    @Override
    public void close() {
        open = false;
        detach();
    }

    @Override
    public boolean persistent() {
        return false;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    /** No changelog: the database keeps the progress. */
    @NullUnmarked
    static final class Builder implements StoreBuilder<PendingStore> {
        @Override
        public StoreBuilder<PendingStore> withCachingEnabled() {
            return this;
        }

        @Override
        public StoreBuilder<PendingStore> withCachingDisabled() {
            return this;
        }

        @Override
        public StoreBuilder<PendingStore> withLoggingEnabled(Map<String, String> config) {
            throw new UnsupportedOperationException("pending changes have no changelog");
        }

        @Override
        public StoreBuilder<PendingStore> withLoggingDisabled() {
            return this;
        }

        @Override
        public PendingStore build() {
            return new PendingStore();
        }

        @Override
        public Map<String, String> logConfig() {
            return Map.of();
        }

        @Override
        public boolean loggingEnabled() {
            return false;
        }

        @Override
        public String name() {
            return NAME;
        }
    }
}
