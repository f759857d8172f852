package dev.shoofly.cli.metrics;

import com.sun.net.httpserver.HttpExchange;
import dev.shoofly.cli.http.LoopbackServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** {@code GET /metrics} on loopback only. One request at a time. */
public final class MetricsServer implements AutoCloseable {
    private static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private final LoopbackServer server;

    private MetricsServer(LoopbackServer server) {
        this.server = server;
    }

    /** @param port 0 takes a free one */
    public static MetricsServer start(int port, PrometheusMetrics metrics) {
        return new MetricsServer(LoopbackServer.start(
                "--metrics-port", port, 1, "shoofly-metrics", exchange -> answer(exchange, metrics)));
    }

    public int port() {
        return server.address().getPort();
    }

    boolean isLoopback() {
        return server.address().getAddress().isLoopbackAddress();
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
        server.close();
    }
}
