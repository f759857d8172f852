package dev.shoofly.coordinator.events;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Posts messages to an address, in their order, on a thread of its own. What waits is in memory alone: it dies with the process. Whoever is unreachable is tried again for a while;
 * what does not fit into the queue, or is refused for good, is dropped with a warning. The address may hold a secret: nothing
 * but its host is ever logged.
 */
public final class Webhook implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Webhook.class);
    private static final int MOST_WAITING = 1_000;
    private static final int MOST_TRIES = 10;
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(60);
    private static final Duration DRAIN_WITHIN = Duration.ofSeconds(5);
    private final URI address;
    private final Duration firstPause;
    private final Duration drainWithin;
    private final HttpClient client = HttpClient.newBuilder()
            .connectTimeout(PATIENCE)
            .followRedirects(HttpClient.Redirect.NEVER)
            .version(HttpClient.Version.HTTP_1_1)
            .build();
    private final BlockingQueue<String> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
    private final Thread thread = new Thread(this::work, "shoofly-webhook");
    private volatile boolean closing;
    /** One was taken from the queue and is on its way. Of the thread. */
    private boolean delivering;

    /** What became of one try. */
    private enum Answer {
        TAKEN,
        REFUSED,
        LATER
    }

    /** @param address of scheme http or https */
    public Webhook(URI address) {
        this(address, Duration.ofSeconds(1), DRAIN_WITHIN);
    }

    Webhook(URI address, Duration firstPause, Duration drainWithin) {
        this.address = address;
        this.firstPause = firstPause;
        this.drainWithin = drainWithin;
        thread.setDaemon(true);
        thread.start();
    }

    /** Returns at once. */
    public void post(String json) {
        if (!waiting.offer(json)) {
            LOG.warn("{} events wait for the webhook at {} already: one is dropped", MOST_WAITING, address.getHost());
        }
    }

    private void work() {
        try {
            while (true) {
                String json = waiting.poll(100, TimeUnit.MILLISECONDS);
                if (json != null) {
                    delivering = true;
                    deliver(json);
                    delivering = false;
                } else if (closing) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            int left = waiting.size() + (delivering ? 1 : 0);
            if (left > 0) {
                LOG.warn("{} events were not delivered to the webhook at {}", left, address.getHost());
            }
        }
    }

    private void deliver(String json) throws InterruptedException {
        Duration pause = firstPause;
        for (int tries = 1; ; tries++) {
            Answer answer = tryOnce(json);
            if (answer != Answer.LATER) {
                return;
            }
            if (tries == MOST_TRIES) {
                LOG.warn("the webhook at {} took no event in {} tries: one is dropped", address.getHost(), tries);
                return;
            }
            Thread.sleep(pause.toMillis());
            pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
        }
    }

    private Answer tryOnce(String json) throws InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(address)
                .timeout(PATIENCE)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build();
        try {
            int status =
                    client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
            if (status / 100 == 2) {
                return Answer.TAKEN;
            }
            boolean later = status / 100 == 5 || status == 408 || status == 429;
            LOG.warn(
                    "the webhook at {} answers {}: the event is {}",
                    address.getHost(),
                    status,
                    later ? "sent again later" : "dropped");
            return later ? Answer.LATER : Answer.REFUSED;
        } catch (IOException e) {
            // Not its message, which may quote the address.
            LOG.warn(
                    "the webhook at {} cannot be reached ({})",
                    address.getHost(),
                    e.getClass().getSimpleName());
            return Answer.LATER;
        }
    }

    /** Gives what waits a few seconds. */
    @Override
    public void close() {
        closing = true;
        try {
            thread.join(drainWithin.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        thread.interrupt();
        try {
            // It says what it leaves before the process may end.
            thread.join(PATIENCE.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
