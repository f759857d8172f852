package dev.shoofly.coordinator;

import dev.shoofly.database.Probe;
import dev.shoofly.model.AutoRollback;
import dev.shoofly.model.RollbackTrigger;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Measures what the operator's conditions for a rollback are about. Owns a thread; nothing of it fails the migration. */
final class RollbackWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RollbackWatch.class);
    private static final Duration READ_EVERY = Duration.ofMillis(100);
    private static final Duration ASK_EVERY = Duration.ofSeconds(1);
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private final RepeatingThread thread = new RepeatingThread("shoofly-rollback-watch");
    private final AutoRollback settings;
    private final List<RollbackTrigger> wanted;
    private final RollbackTriggers triggers;
    private final Probe probe;
    private final Consumer<String> roll;
    private final @Nullable HttpClient client;
    private long nextAsk = System.nanoTime();
    private String warned = "";

    /** @param roll told why, on this object's thread; again when the condition goes on to hold */
    RollbackWatch(AutoRollback settings, Probe probe, Consumer<String> roll) {
        this.settings = settings;
        this.wanted = settings.triggers().stream().map(RollbackTrigger::parse).toList();
        this.triggers = new RollbackTriggers(wanted, System::nanoTime);
        this.probe = probe;
        this.roll = roll;
        this.client = settings.http() == null
                ? null
                : HttpClient.newBuilder()
                        .connectTimeout(PATIENCE)
                        .followRedirects(HttpClient.Redirect.NEVER)
                        .version(HttpClient.Version.HTTP_1_1)
                        .build();
    }

    void start() {
        if (!wanted.isEmpty()) {
            thread.repeat(this::look, Duration.ZERO, READ_EVERY);
        }
    }

    private void look() {
        try {
            if (wanted.stream().anyMatch(RollbackTrigger::needsProbe)) {
                read();
            }
            if (System.nanoTime() - nextAsk >= 0) {
                nextAsk = System.nanoTime() + ASK_EVERY.toNanos();
                ask();
                triggers.look().ifPresent(roll);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            warn("the conditions of --auto-rollback could not be looked at: " + e.getMessage());
        }
    }

    private void read() {
        try {
            probe.readOne().ifPresent(triggers::read);
        } catch (SQLException e) {
            triggers.readFailed();
            warn("a row could not be read for --auto-rollback: " + e.getMessage());
        }
    }

    private void ask() throws InterruptedException {
        String query = settings.query();
        if (query != null) {
            try {
                triggers.query(OptionalDouble.of(probe.value(query).doubleValue()));
            } catch (SQLException e) {
                triggers.query(OptionalDouble.empty());
                warn("--auto-rollback-query has no value: " + e.getMessage());
            }
        }
        String address = settings.http();
        HttpClient open = client;
        if (address != null && open != null) {
            triggers.http(isGood(open, URI.create(address)));
        }
    }

    private boolean isGood(HttpClient open, URI address) throws InterruptedException {
        try {
            return open.send(
                                    HttpRequest.newBuilder(address)
                                            .timeout(PATIENCE)
                                            .GET()
                                            .build(),
                                    HttpResponse.BodyHandlers.discarding())
                            .statusCode()
                    == 200;
        } catch (IOException e) {
            // Not its message, which may quote the address.
            warn("the address of --auto-rollback-http at " + address.getHost() + " does not answer ("
                    + e.getClass().getSimpleName() + ")");
            return false;
        }
    }

    /** Each once in a row. */
    private void warn(String words) {
        if (!words.equals(warned)) {
            LOG.warn("{}", words);
        }
        warned = words;
    }

    @Override
    public void close() {
        thread.close();
        probe.close();
    }
}
