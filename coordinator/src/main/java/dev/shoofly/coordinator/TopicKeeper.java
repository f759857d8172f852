package dev.shoofly.coordinator;

import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.control.ControlTables;
import dev.shoofly.database.control.TopicUse;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationPlan;
import java.time.Duration;
import java.util.Optional;
import java.util.function.IntToLongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trims and measures the changes topic every few seconds and saves what it found. Owns one thread. That it fails now and
 * then costs disk, nothing else.
 */
final class TopicKeeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TopicKeeper.class);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(5);
    /** Longer than a server with relaxed flushing may forget. */
    private static final Duration KEPT_FOR = Duration.ofSeconds(30);

    private final RepeatingThread thread = new RepeatingThread("shoofly-topic");
    private final ControlTables control;
    private final MigrationId id;
    private final long epoch;
    private final ChangesTopic topic;
    private final TopicTrimmer trimmer;
    private volatile boolean paused;
    private volatile @Nullable TopicUse latest;

    /** @param firstKept see {@link TopicTrimmer} */
    TopicKeeper(RunContext context, MigrationPlan plan, String bootstrapServers, IntToLongFunction firstKept) {
        this.control = context.control();
        this.id = plan.id();
        this.epoch = context.lifecycle().epoch();
        this.topic = new ChangesTopic(bootstrapServers, plan);
        this.trimmer = new TopicTrimmer(control, plan, epoch, topic, firstKept, KEPT_FOR);
    }

    void start() {
        thread.repeat(this::look, LOOK_EVERY, LOOK_EVERY);
    }

    void pause() {
        paused = true;
    }

    void resume() {
        paused = false;
    }

    /** Empty before the first look. Any thread. */
    Optional<TopicUse> latest() {
        return Optional.ofNullable(latest);
    }

    private void look() {
        if (paused) {
            return;
        }
        try {
            trimmer.look().ifPresent(use -> {
                latest = use;
                control.topics().save(id, epoch, use);
            });
        } catch (RuntimeException e) {
            if (SqlErrors.isTransient(e)) {
                LOG.debug("topic not trimmed this time: {}", e.getMessage());
            } else {
                LOG.warn(
                        "the topic of migration {} could not be trimmed or measured this time; it grows meanwhile: {}",
                        id,
                        e.getMessage());
            }
        }
    }

    @Override
    public void close() {
        thread.close();
        topic.close();
    }
}
