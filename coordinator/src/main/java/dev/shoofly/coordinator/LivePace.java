package dev.shoofly.coordinator;

import dev.shoofly.applier.WriterLimits;
import dev.shoofly.backfill.Pace;
import dev.shoofly.database.throttle.LiveSettings;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The pace that the settings in force ask for. Without a wish, as many threads as the server has processors and chunks that
 * cost little each; while others use the server, half of it is left alone and chunks are short. Any thread.
 */
public final class LivePace implements Pace {
    /** More do not copy faster on the machines that this was measured on, and leave the application less. */
    private static final int MOST_AUTOMATIC = 8;
    /** A processor is taken for so long at a time, and a commit of few rows holds up little of what is logged behind it. */
    private static final Duration CHUNK_AMONG_OTHERS = Duration.ofMillis(25);
    /** Of a server that does not tell. */
    private static final int UNKNOWN_PROCESSORS = 4;

    private final LiveSettings settings;
    private final Supplier<OptionalInt> processors;
    private final BooleanSupplier othersWork;
    private volatile @Nullable Integer automatic;

    /**
     * @param processors of the server; asked once, when they are needed
     * @param othersWork whether anybody else uses the server now
     */
    public LivePace(LiveSettings settings, Supplier<OptionalInt> processors, BooleanSupplier othersWork) {
        this.settings = settings;
        this.processors = processors;
        this.othersWork = othersWork;
    }

    @Override
    public int threads() {
        return settings.copyThreads().orElseGet(this::automatic);
    }

    private int automatic() {
        Integer known = automatic;
        if (known == null) {
            int found = processors.get().orElse(UNKNOWN_PROCESSORS);
            known = Math.max(2, Math.min(MOST_AUTOMATIC, found));
            automatic = known;
        }
        return othersWork.getAsBoolean() ? known / 2 : known;
    }

    /**
     * How many partitions an applier writes at a time: while others use the server it, too, leaves half of it alone.
     *
     * @param canWait whether nobody waits for changes that are up to date
     */
    WriterLimits writers(BooleanSupplier canWait) {
        return new WriterLimits(
                this::halfAmongOthers, () -> canWait.getAsBoolean() ? halfAmongOthers() : Integer.MAX_VALUE);
    }

    private int halfAmongOthers() {
        return othersWork.getAsBoolean() ? automatic() : Integer.MAX_VALUE;
    }

    @Override
    public Duration chunkTime() {
        return settings.chunkTime()
                .orElseGet(() -> othersWork.getAsBoolean() ? CHUNK_AMONG_OTHERS : Pace.DEFAULT_CHUNK_TIME);
    }
}
