package dev.shoofly.database.throttle;

import dev.shoofly.model.throttle.LoadLimits;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The migration's markers as a probe of the server: what a small transaction takes to commit, and which number was written
 * when. One thread writes markers; any thread reads.
 */
public final class Pulse {
    /** Long enough for a number of probes, short enough to follow the load. */
    private static final Duration WINDOW = Duration.ofSeconds(2);

    /** One slow commit in ten is an accident: the others took no longer than the one that counts. */
    private static final double COUNTED = 0.9;

    /** Slow commits are few: older ones count until there are as many. */
    private static final int FEWEST = 5;
    /** Fewer tell nothing of how calm a server can be. */
    private static final int ENOUGH_FOR_CALM = 10;

    private static final Duration STALE_AFTER = Duration.ofSeconds(10);
    /** Below this a client would not notice, whatever the baseline. */
    static final Duration LEAST_LIMIT = Duration.ofMillis(5);

    private static final int TIMES_BASELINE = 2;
    /** Slows the work, and never stops it. */
    private static final double MOST_BY_GUESS = 1.5;

    private final LongSupplier nanoTime;
    private final Heartbeats heartbeats = new Heartbeats();
    private final Deque<Probe> recent = new ArrayDeque<>();
    private long calmestMicros = -1;
    private boolean calmIsOver;
    private long baselineMicros = -1;
    private @Nullable Long begunAt;

    private record Probe(long at, long micros) {}

    public Pulse(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    public Heartbeats heartbeats() {
        return heartbeats;
    }

    /** The writer is about to write a marker. */
    public synchronized void begin() {
        begunAt = nanoTime.getAsLong();
    }

    /** The marker is committed. */
    public synchronized void wrote(long marker) {
        long now = nanoTime.getAsLong();
        heartbeats.wrote(marker, now);
        Long begun = begunAt;
        begunAt = null;
        if (begun != null) {
            long micros = (now - begun) / 1_000;
            recent.addLast(new Probe(now, micros));
            if (!calmIsOver) {
                keepCalmest();
            }
        }
    }

    /** Before the copy the migration itself starts, which is work for the server too: the calmest moment is what counts. */
    private void keepCalmest() {
        OptionalLong now = recentMicros();
        if (now.isPresent() && recent.size() >= ENOUGH_FOR_CALM) {
            calmestMicros = calmestMicros < 0 ? now.getAsLong() : Math.min(calmestMicros, now.getAsLong());
        }
    }

    /** It was not written; how long that took says nothing. */
    public synchronized void failed() {
        begunAt = null;
    }

    /** The copy begins: what commits took until now is what they take without it. */
    public synchronized void endCalm() {
        endCalm(calmestMicros >= 0 ? calmestMicros : recentMicros().orElse(-1));
    }

    /**
     * The copy has begun before.
     *
     * @param earlierMicros what commits took before that; -1: unknown
     */
    public synchronized void endCalm(long earlierMicros) {
        if (!calmIsOver) {
            calmIsOver = true;
            baselineMicros = earlierMicros;
        }
    }

    /** Nine of ten commits in the calmest seconds before the copy took no longer, microseconds; -1: unknown. */
    public synchronized long baselineMicros() {
        return baselineMicros;
    }

    /** Nine of ten commits of the last seconds took no longer, microseconds; one that is under way counts. */
    synchronized OptionalLong recentMicros() {
        long now = nanoTime.getAsLong();
        while (recent.size() > FEWEST && now - recent.getFirst().at() > WINDOW.toNanos()
                || !recent.isEmpty() && now - recent.getFirst().at() > STALE_AFTER.toNanos()) {
            recent.removeFirst();
        }
        ArrayDeque<Long> micros = new ArrayDeque<>();
        recent.forEach(probe -> micros.add(probe.micros()));
        Long begun = begunAt;
        long waiting = begun == null ? 0 : (now - begun) / 1_000;
        if (waiting > WINDOW.toNanos() / 1_000) {
            return OptionalLong.of(waiting);
        }
        return micros.size() < FEWEST ? OptionalLong.empty() : OptionalLong.of(quantile(micros, COUNTED));
    }

    private static long quantile(Deque<Long> values, double share) {
        long[] sorted = values.stream().mapToLong(Long::longValue).sorted().toArray();
        return sorted[(int) Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
    }

    /** @param othersWork whether anybody is there to suffer; only a limit that was chosen automatically asks */
    Reading reading(LoadLimits limits, boolean othersWork) {
        OptionalLong micros = recentMicros();
        String name = "commit latency";
        if (micros.isEmpty()) {
            return Reading.calm(SignalKind.COMMIT_LATENCY, name, "is not measured yet");
        }
        Duration fixed = limits.maxCommitLatency();
        double limit = fixed == null ? guessedLimitMicros() : fixed.toNanos() / 1_000.0;
        String words = "is " + Words.millis(micros.getAsLong() / 1_000.0) + " (limit " + Words.millis(limit / 1_000);
        if (fixed != null) {
            return Reading.of(SignalKind.COMMIT_LATENCY, name, micros.getAsLong(), limit, words + ")");
        }
        double pressure = othersWork ? Math.min(MOST_BY_GUESS, micros.getAsLong() / limit) : 0;
        String when = othersWork ? ")" : ", while other clients work)";
        return new Reading(SignalKind.COMMIT_LATENCY, name, pressure, words + when, true);
    }

    private double guessedLimitMicros() {
        return Math.max(LEAST_LIMIT.toNanos() / 1_000.0, TIMES_BASELINE * (double) baselineMicros());
    }
}
