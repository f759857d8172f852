package dev.shoofly.coordinator;

import dev.shoofly.backfill.Pace;
import dev.shoofly.database.Database;
import dev.shoofly.database.throttle.LiveSettings;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** The pace that the settings in force ask for. Without a wish, as many threads as the server has processors. Any thread. */
final class LivePace implements Pace {
    /** More do not copy faster on the machines that this was measured on, and leave the application less. */
    private static final int MOST_AUTOMATIC = 8;
    /** Of a server that does not tell. */
    private static final int UNKNOWN_PROCESSORS = 4;

    private final LiveSettings settings;
    private final Database database;
    private final BooleanSupplier othersWork;
    private volatile @Nullable Integer automatic;

    /** @param othersWork whether anybody else uses the server now: then half of it is left alone */
    LivePace(LiveSettings settings, Database database, BooleanSupplier othersWork) {
        this.settings = settings;
        this.database = database;
        this.othersWork = othersWork;
    }

    @Override
    public int threads() {
        return settings.copyThreads().orElseGet(this::automatic);
    }

    private int automatic() {
        Integer known = automatic;
        if (known == null) {
            int processors = database.processors().orElse(UNKNOWN_PROCESSORS);
            known = Math.max(2, Math.min(MOST_AUTOMATIC, processors));
            automatic = known;
        }
        return othersWork.getAsBoolean() ? known / 2 : known;
    }

    @Override
    public Duration chunkTime() {
        return settings.chunkTime();
    }
}
