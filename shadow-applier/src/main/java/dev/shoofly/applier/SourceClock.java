package dev.shoofly.applier;

import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The clock of the migrated server, by which changes carry their commit times: how late one is must not depend on how well
 * this host's clock is set. Read now and then, and counted on by the monotonic clock between; this host's own until it was read
 * once. Any thread.
 */
final class SourceClock implements InstantSource {
    private static final Logger LOG = LoggerFactory.getLogger(SourceClock.class);
    /** A clock that is set, or drifts, is off for no longer. */
    static final Duration ASK_AGAIN = Duration.ofMinutes(1);

    private static final Duration AFTER_FAILURE = Duration.ofSeconds(5);
    /** An answer that took longer may have waited for a connection: when it was true is not known well enough. */
    private static final Duration PROMPT = Duration.ofMillis(200);

    private final InstantSource local;
    private final LongSupplier nanoTime;
    private final Supplier<Instant> server;
    private final AtomicBoolean asking = new AtomicBoolean();
    private volatile @Nullable Reading last;
    private volatile long next;

    private record Reading(Instant at, long nanos) {}

    /**
     * @param nanoTime as {@link System#nanoTime}
     * @param server asks the server
     */
    SourceClock(InstantSource local, LongSupplier nanoTime, Supplier<Instant> server) {
        this.local = local;
        this.nanoTime = nanoTime;
        this.server = server;
        this.next = nanoTime.getAsLong();
    }

    /** Asks the server if it was not asked for a while; where it does not answer, what is known stays in force. */
    void refresh() {
        if (nanoTime.getAsLong() - next < 0 || !asking.compareAndSet(false, true)) {
            return;
        }
        try {
            long began = nanoTime.getAsLong();
            Instant at = server.get();
            long ended = nanoTime.getAsLong();
            boolean prompt = ended - began <= PROMPT.toNanos();
            if (prompt || last == null) {
                last = new Reading(at, began + (ended - began) / 2);
            }
            next = ended + (prompt ? ASK_AGAIN : AFTER_FAILURE).toNanos();
        } catch (ShooflyException e) {
            LOG.debug("the server's clock could not be read: {}", e.getMessage());
            next = nanoTime.getAsLong() + AFTER_FAILURE.toNanos();
        } finally {
            asking.set(false);
        }
    }

    @Override
    public Instant instant() {
        Reading known = last;
        return known == null ? local.instant() : known.at().plusNanos(nanoTime.getAsLong() - known.nanos());
    }
}
