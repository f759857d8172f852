package dev.shoofly.cli.run;

import dev.shoofly.cli.metrics.MetricsServer;
import dev.shoofly.cli.metrics.PrometheusMetrics;
import dev.shoofly.cli.screen.Screen;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The metrics endpoint, if one was asked for. */
final class Endpoint implements AutoCloseable {
    private final @Nullable MetricsServer server;

    Endpoint(Optional<Integer> port, PrometheusMetrics metrics, Screen screen) {
        server = port.map(number -> MetricsServer.start(number, metrics)).orElse(null);
        if (server != null) {
            screen.say("metrics at http://127.0.0.1:" + server.port() + "/metrics");
        }
    }

    @Override
    public void close() {
        if (server != null) {
            server.close();
        }
    }
}
