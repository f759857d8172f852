package dev.shoofly.coordinator;

import dev.shoofly.database.CommitWatch;
import dev.shoofly.model.MigrationState;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says it when the server keeps every commit waiting for disk space: nothing fails then, nothing moves, and not even a pause
 * can be recorded. There is nothing to be done about it from here. Owns one thread, which can itself wait for nobody.
 */
final class CommitGuard implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CommitGuard.class);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(3);
    private final RepeatingThread thread = new RepeatingThread("shoofly-commits");
    private final RunContext context;
    private final CommitWatch watch;
    private boolean waiting;

    CommitGuard(RunContext context) {
        this.context = context;
        this.watch = context.database().commitWatch();
        thread.repeat(this::look, LOOK_EVERY, LOOK_EVERY);
    }

    private void look() {
        if (!waiting && context.lifecycle().state() == MigrationState.PAUSED) {
            // In a pause the server is left alone.
            return;
        }
        try {
            Optional<String> words = watch.look();
            words.ifPresent(this::say);
            if (words.isEmpty() && waiting) {
                waiting = false;
                context.view().waiting(null);
                LOG.info("migration {}: the server's commits go on", context.id());
            }
        } catch (SQLException | RuntimeException e) {
            LOG.debug("whether commits wait could not be looked at this time: {}", e.getMessage());
        }
    }

    private void say(String words) {
        context.view().waiting(words);
        if (!waiting) {
            waiting = true;
            LOG.warn("migration {}: {}", context.id(), words);
        }
    }

    @Override
    public void close() {
        thread.close();
        watch.close();
    }
}
