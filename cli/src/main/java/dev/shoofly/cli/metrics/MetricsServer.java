package dev.shoofly.cli.metrics;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** {@code GET /metrics} on loopback only. Owns its thread. */
public final class MetricsServer implements AutoCloseable {
    private static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private final HttpServer server;
    private final ExecutorService thread;

    private MetricsServer(HttpServer server, ExecutorService thread) {
        this.server = server;
        this.thread = thread;
    }

    /** @param port 0 takes a free one */
    public static MetricsServer start(int port, PrometheusMetrics metrics) {
        try {
            HttpServer server = HttpServer.create(
                    new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port), 0);
            ExecutorService thread = Executors.newSingleThreadExecutor(work -> {
                Thread created = new Thread(work, "shoofly-metrics");
                created.setDaemon(true);
                return created;
            });
            server.setExecutor(thread);
            server.createContext("/", exchange -> answer(exchange, metrics));
            server.start();
            return new MetricsServer(server, thread);
        } catch (IOException e) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "--metrics-port " + port + " on 127.0.0.1 cannot be opened: " + e.getMessage()
                            + ". Nothing was started; choose another port.",
                    e);
        }
    }

    public int port() {
        return server.getAddress().getPort();
    }

    boolean isLoopback() {
        return server.getAddress().getAddress().isLoopbackAddress();
    }

    private static void answer(HttpExchange exchange, PrometheusMetrics metrics) throws IOException {
        try (exchange) {
            boolean known = exchange.getRequestURI().getPath().equals("/metrics");
            boolean readOnly = exchange.getRequestMethod().equals("GET");
            byte[] body = (known && readOnly ? metrics.scrape() : "GET /metrics\n").getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", CONTENT_TYPE);
            exchange.sendResponseHeaders(known ? readOnly ? 200 : 405 : 404, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        thread.shutdownNow();
    }
}
