package dev.shoofly.coordinator;

import dev.shoofly.database.Database;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one part for each migration of a server that is not over, as the control tables say. Restarts of the database are
 * outlasted. {@link #run} blocks; the other methods are for any thread.
 *
 * @param <P> what serves one migration; follows its state by itself
 */
final class RoleLoop<P extends RoleLoop.Part> implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RoleLoop.class);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(1);
    private final Database database;
    private final Optional<String> choice;
    private final Function<MigrationId, P> serve;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Map<MigrationId, P> parts = new ConcurrentHashMap<>();
    private boolean away;

    /** What serves one migration. */
    interface Part extends AutoCloseable {
        @Override
        void close();
    }

    /** @param choice id or table of the only migration to serve; empty: every one */
    RoleLoop(Database database, Optional<String> choice, Function<MigrationId, P> serve) {
        this.database = database;
        this.choice = choice;
        this.serve = serve;
    }

    /**
     * Serves until {@link #stop} is called.
     *
     * @throws ShooflyException what the server says for good, such as a refused login
     */
    void run() {
        do {
            look();
        } while (!isStoppedWithin(LOOK_EVERY));
    }

    /** Returns at once; {@link #run} returns soon. */
    void stop() {
        stop.countDown();
    }

    Collection<P> parts() {
        return parts.values();
    }

    private void look() {
        try {
            Set<MigrationId> wanted = wanted();
            away = false;
            wanted.forEach(id -> parts.computeIfAbsent(id, serve));
            parts.forEach((id, part) -> {
                if (!wanted.contains(id)) {
                    parts.remove(id);
                    part.close();
                }
            });
        } catch (ShooflyException e) {
            if (!SqlErrors.isTransient(e)) {
                throw e;
            }
            if (!away) {
                LOG.warn("the migrations cannot be read for the moment; what is served goes on: {}", e.getMessage());
            }
            away = true;
        }
    }

    private Set<MigrationId> wanted() {
        return new MigrationControl(database)
                .list().stream()
                        .filter(migration -> !migration.state().isFinal())
                        .filter(this::isChosen)
                        .map(Migration::id)
                        .collect(Collectors.toSet());
    }

    private boolean isChosen(Migration migration) {
        return choice.map(word -> MigrationControl.isNamed(migration, word)).orElse(true);
    }

    private boolean isStoppedWithin(Duration time) {
        try {
            return stop.await(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ShooflyException(ErrorKind.SUPERSEDED, "interrupted while serving", e);
        }
    }

    /** Ends every part, all at a time. */
    @Override
    public void close() {
        stop();
        parts.values().parallelStream().forEach(Part::close);
        parts.clear();
    }
}
