package dev.shoofly.database.throttle;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.List;

/** Stands for "stop" unless an HTTP address answers 200 in time. Redirections are not followed: they are no 200. */
final class Endpoint implements LoadSignal {
    static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final Duration EVERY = Duration.ofMillis(500);
    private final URI address;
    private final HttpClient client = HttpClient.newBuilder()
            .connectTimeout(PATIENCE)
            .followRedirects(HttpClient.Redirect.NEVER)
            .version(HttpClient.Version.HTTP_1_1)
            .build();

    /** @throws IllegalArgumentException when it is no address */
    Endpoint(String address) {
        this.address = URI.create(address);
    }

    @Override
    public List<Reading> read() {
        String name = "endpoint " + address;
        try {
            HttpRequest request =
                    HttpRequest.newBuilder(address).timeout(PATIENCE).GET().build();
            int status =
                    client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
            return List.of(
                    status == 200
                            ? Reading.calm(SignalKind.ENDPOINT, name, "says 200")
                            : Reading.stop(SignalKind.ENDPOINT, name, "says " + status + ", not 200"));
        } catch (HttpTimeoutException e) {
            return List.of(
                    Reading.stop(SignalKind.ENDPOINT, name, "did not answer within " + Words.duration(PATIENCE)));
        } catch (IOException e) {
            return List.of(Reading.stop(SignalKind.ENDPOINT, name, "cannot be asked: " + Words.oneLine(e)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        }
    }

    @Override
    public Duration every() {
        return EVERY;
    }
}
