package dev.shoofly.coordinator;

import dev.shoofly.database.Database;
import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.control.MigrationRows.Active;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
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
    /** While every migration that is served rests in a pause. */
    private static final Duration LOOK_WHEN_PAUSED = CommandListener.LOOK_WHEN_PAUSED;

    private final Database database;
    private final Optional<String> choice;
    private final Function<MigrationId, P> serve;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Map<MigrationId, P> parts = new ConcurrentHashMap<>();
    private boolean installed;
    private boolean away;

    /** What serves one migration. */
    interface Part extends AutoCloseable {
        /**
         * Told by the one look at all migrations, so that those that rest in a pause need not ask for themselves.
         *
         * @param resting whether the migration is paused and still to be applied
         */
        void tell(boolean resting);

        /** Whether this asks the server nothing until it is told that the pause is over. */
        boolean isResting();

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
        } while (!isStoppedWithin(pause()));
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
            Map<MigrationId, Active> wanted = wanted();
            away = false;
            wanted.keySet().forEach(id -> parts.computeIfAbsent(id, serve));
            parts.forEach((id, part) -> {
                Active found = wanted.get(id);
                if (found == null) {
                    parts.remove(id);
                    part.close();
                } else {
                    part.tell(found.state() == MigrationState.PAUSED && found.mayApply());
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

    /** One small statement: it is all that is asked while everything rests. */
    private Map<MigrationId, Active> wanted() {
        installed = installed || database.control().isInstalled();
        if (!installed) {
            return Map.of();
        }
        return database.control().migrations().active().stream()
                .filter(this::isChosen)
                .collect(Collectors.toMap(Active::id, Function.identity()));
    }

    private boolean isChosen(Active migration) {
        return choice.map(word -> MigrationControl.isNamed(migration.id(), migration.source(), word))
                .orElse(true);
    }

    private Duration pause() {
        boolean allRest = !parts.isEmpty() && parts.values().stream().allMatch(Part::isResting);
        return allRest ? LOOK_WHEN_PAUSED : LOOK_EVERY;
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
