package dev.shoofly.cli.api;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import dev.shoofly.cli.http.LoopbackServer;
import dev.shoofly.cli.input.UsageException;
import dev.shoofly.cli.logging.SecretMask;
import dev.shoofly.database.Database;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.model.ShooflyException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The API on loopback, for whoever shows the token. Owns its threads. */
public final class ApiServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ApiServer.class);
    /** A client that is slow to send its request must not keep all others waiting. */
    private static final int THREADS = 4;

    /** As the command prints it. */
    private static final ObjectMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private final Guard guard;
    private final ThrottleResource throttle;
    private final SecretMask mask;
    private final LoopbackServer server;

    private ApiServer(int port, Secret token, Database database, SecretMask mask) {
        this.guard = new Guard(token);
        this.throttle = new ThrottleResource(database, MAPPER);
        this.mask = mask;
        this.server = LoopbackServer.start("--api-port", port, THREADS, "shoofly-api", this::handle);
    }

    /**
     * @param port 0 takes a free one
     * @param mask applied to every answer
     */
    public static ApiServer start(int port, Secret token, Database database, SecretMask mask) {
        return new ApiServer(port, token, database, mask);
    }

    public int port() {
        return server.address().getPort();
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            Optional<Answer> refused = guard.refuse(exchange.getRequestHeaders());
            send(exchange, refused.isPresent() ? refused.get() : answer(exchange));
        }
    }

    private Answer answer(HttpExchange exchange) throws IOException {
        try {
            return throttle.answer(exchange);
        } catch (UsageException e) {
            return Answer.error(400, String.valueOf(e.getMessage()));
        } catch (ShooflyException e) {
            return Answer.error(
                    switch (e.kind()) {
                        case REFUSED -> 400;
                        case TRANSIENT -> 503;
                        case AMBIGUOUS, DATA, NO_SPACE, SUPERSEDED -> 500;
                    },
                    String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            LOG.error("the API did not answer {}", exchange.getRequestMethod(), e);
            return Answer.error(500, "unexpected error, see the log of the process that runs the migration");
        }
    }

    private void send(HttpExchange exchange, Answer answer) throws IOException {
        byte[] body =
                mask.apply(MAPPER.writeValueAsString(answer.body()) + "\n").getBytes(StandardCharsets.UTF_8);
        Headers headers = exchange.getResponseHeaders();
        headers.set("Content-Type", "application/json");
        headers.set("Cache-Control", "no-store");
        headers.set("X-Content-Type-Options", "nosniff");
        answer.headers().forEach(headers::set);
        boolean bodiless = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(answer.status(), bodiless ? -1 : body.length);
        if (!bodiless) {
            exchange.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        server.close();
    }
}
