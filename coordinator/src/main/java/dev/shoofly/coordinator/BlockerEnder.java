package dev.shoofly.coordinator;

import dev.shoofly.database.BlockingSession;
import dev.shoofly.model.KillBlockers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the sessions that hold what the swap needs, as far as the operator lets it, and only those that it has seen in the way
 * for as long as his patience. One thread.
 */
final class BlockerEnder {
    private static final Logger LOG = LoggerFactory.getLogger(BlockerEnder.class);
    private final KillBlockers policy;
    private final Duration patience;
    private final LongSupplier nanoTime;
    private final Map<String, Long> firstSeen = new HashMap<>();
    private final Set<String> refused = new HashSet<>();

    BlockerEnder(KillBlockers policy, Duration patience, LongSupplier nanoTime) {
        this.policy = policy;
        this.patience = patience;
        this.nanoTime = nanoTime;
    }

    boolean isOff() {
        return policy == KillBlockers.OFF;
    }

    /**
     * What became of those that are in the way now.
     *
     * @param ended in words
     * @param refused why some could not be ended, in words
     */
    record Look(List<String> ended, List<String> refused) {}

    /** @param end empty: it is over; else why it cannot be ended */
    Look look(List<BlockingSession> inTheWay, Function<BlockingSession, Optional<String>> end) {
        long now = nanoTime.getAsLong();
        Set<String> there = inTheWay.stream().map(BlockingSession::id).collect(Collectors.toSet());
        firstSeen.keySet().retainAll(there);
        refused.retainAll(there);
        List<String> ended = new ArrayList<>();
        List<String> kept = new ArrayList<>();
        for (BlockingSession session : inTheWay) {
            long since = firstSeen.computeIfAbsent(session.id(), id -> now);
            if (now - since < patience.toNanos() || !isMeant(session)) {
                continue;
            }
            Optional<String> whyNot = end.apply(session);
            if (whyNot.isEmpty()) {
                String words = session.words() + ", after it was waited for " + (now - since) / 1_000_000_000 + " s";
                LOG.warn("--kill-blockers {}: ended {}", policy.key(), words);
                ended.add(words);
            } else {
                kept.add(session.words() + " cannot be ended: " + whyNot.get());
                if (refused.add(session.id())) {
                    LOG.warn("--kill-blockers {}: {} cannot be ended: {}", policy.key(), session.words(), whyNot.get());
                }
            }
        }
        return new Look(ended, kept);
    }

    private boolean isMeant(BlockingSession session) {
        return switch (policy) {
            case OFF -> false;
            // An application between two statements is idle for a moment, too.
            case IDLE_IN_TRANSACTION -> session.isIdle() && session.idleFor().compareTo(patience) >= 0;
            case ALL -> true;
        };
    }
}
