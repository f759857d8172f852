package dev.shoofly.coordinator.events;

import dev.shoofly.database.control.ControlTables;
import dev.shoofly.database.control.EventRows;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationState;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Announces what the migration log says of one migration, and marks what was announced: whatever a process that died has not
 * announced, its successor does. Each event comes at least once, in the order of the log. It looks when it is woken, never by
 * the clock, so that a paused migration leaves the server alone. Owns a thread; any thread wakes it.
 */
public final class EventPublisher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EventPublisher.class);
    private static final Duration RETRY = Duration.ofSeconds(10);
    private static final Duration END_WITHIN = Duration.ofSeconds(8);
    private final ControlTables control;
    private final MigrationId id;
    private final @Nullable Webhook webhook;
    private final Semaphore wake = new Semaphore(0);
    /** Told to listeners and webhook, but not yet to the topic. */
    private final Set<Long> half = new HashSet<>();

    private final Thread thread = new Thread(this::work, "shoofly-events");
    private volatile @Nullable EventTopic topic;
    private volatile boolean ready;
    private volatile boolean closing;
    private volatile @Nullable Migration cancelled;
    private boolean warned;

    public EventPublisher(ControlTables control, MigrationId id, Optional<URI> webhook) {
        this.control = control;
        this.id = id;
        this.webhook = webhook.map(Webhook::new).orElse(null);
        thread.setDaemon(true);
        thread.start();
    }

    /** Begins; nothing is announced before. */
    public void start() {
        ready = true;
        wake();
    }

    /** Begins, and tells the topic of this cluster, too. */
    public void startWith(String bootstrapServers) {
        topic = new EventTopic(bootstrapServers);
        start();
    }

    /** Every line of the log is gone with the migration: this is all that can be said, when the publisher is closed. */
    public void cancelled(Migration migration) {
        cancelled = migration;
    }

    /** There may be something to announce. Returns at once. */
    public void wake() {
        wake.release();
    }

    private void work() {
        boolean open = false;
        try {
            while (!closing) {
                if (open) {
                    wake.tryAcquire(RETRY.toMillis(), TimeUnit.MILLISECONDS);
                } else {
                    wake.acquire();
                }
                wake.drainPermits();
                open = !publishQuietly();
            }
            publishQuietly();
        } catch (InterruptedException e) {
            LOG.debug("events of migration {} are no longer announced", id);
        }
    }

    /** @return whether nothing is left */
    private boolean publishQuietly() throws InterruptedException {
        try {
            publish();
            warned = false;
            return true;
        } catch (InterruptException e) {
            throw new InterruptedException();
        } catch (RuntimeException e) {
            if (!warned) {
                LOG.warn("events of migration {} could not be announced yet: {}", id, e.getMessage());
            }
            warned = true;
            return false;
        }
    }

    private void publish() throws InterruptedException {
        if (!ready) {
            return;
        }
        Migration gone = cancelled;
        if (gone != null) {
            announceEnd(gone);
            cancelled = null;
            return;
        }
        List<EventRows.Line> open = control.events().open(id);
        if (open.isEmpty()) {
            return;
        }
        Optional<Migration> migration = control.migrations().find(id);
        if (migration.isEmpty()) {
            return;
        }
        KafkaException failed = null;
        for (EventRows.Line line : open) {
            String json = EventMessage.json(migration.get(), line);
            if (!half.contains(line.entry())) {
                control.events().notifyListeners(EventMessage.forListeners(migration.get(), line));
                if (webhook != null) {
                    webhook.post(json);
                }
                // Not before: what failed here is told in the next round.
                half.add(line.entry());
            }
            EventTopic into = topic;
            if (into != null && failed == null) {
                try {
                    into.send(id, json);
                } catch (KafkaException e) {
                    failed = e;
                }
            }
            if (failed == null) {
                control.events().announced(line.entry());
                half.remove(line.entry());
            }
        }
        if (failed != null) {
            throw failed;
        }
    }

    private void announceEnd(Migration gone) throws InterruptedException {
        EventRows.Line line = new EventRows.Line(
                0, InstantSource.system().instant(), MigrationState.CANCELLED.name(), "every trace is removed");
        String json = EventMessage.json(gone, line);
        control.events().notifyListeners(EventMessage.forListeners(gone, line));
        if (webhook != null) {
            webhook.post(json);
        }
        EventTopic into = topic;
        if (into != null) {
            into.send(id, json);
        }
    }

    /** Announces what is left, for a few seconds at most. */
    @Override
    public void close() {
        closing = true;
        wake();
        try {
            thread.join(END_WITHIN.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        thread.interrupt();
        EventTopic into = topic;
        if (into != null) {
            into.close();
        }
        if (webhook != null) {
            webhook.close();
        }
    }
}
