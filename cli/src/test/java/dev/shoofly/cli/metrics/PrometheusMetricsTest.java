package dev.shoofly.cli.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.shoofly.coordinator.ApplyView;
import dev.shoofly.coordinator.MigrationSnapshot;
import dev.shoofly.coordinator.disk.DiskView;
import dev.shoofly.database.control.ThrottleState;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationMetrics;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.Strategy;
import dev.shoofly.model.TableName;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class PrometheusMetricsTest {
    private static final MigrationSnapshot COPYING = new MigrationSnapshot(
            new MigrationId("k3mz8q2x"),
            new TableName("shop", "orders"),
            Strategy.SHADOW,
            MigrationState.COPYING,
            "",
            null,
            Duration.ofSeconds(1),
            50,
            200,
            10,
            0,
            0,
            0,
            250,
            0,
            -1,
            0,
            ApplyView.UNKNOWN,
            new ThrottleState(
                    0.4,
                    "replica b lags 2 s",
                    2_500,
                    -1,
                    List.of(
                            new ThrottleState.Signal("REPLICA_LAG", "replica b", 4, "lags 2 s"),
                            new ThrottleState.Signal("REPLICA_LAG", "replica a", 1, "lags 500 ms"),
                            new ThrottleState.Signal("HISTORY", "history", -1, "is not measured")),
                    null));

    @Test
    void showsCountersTimersAndTheStateOfTheMigration() throws Exception {
        try (PrometheusMetrics metrics = new PrometheusMetrics();
                MetricsServer server = MetricsServer.start(0, metrics)) {
            metrics.watch(() -> Optional.of(COPYING));
            metrics.watchDisk(() -> Optional.of(new DiskView(3000, 2000)));
            metrics.count(MigrationMetrics.Counter.ROWS_COPIED, 50);
            metrics.time(MigrationMetrics.Timer.COPY_CHUNK, Duration.ofMillis(20));

            String scraped = get(server, "/metrics").body();

            assertThat(scraped)
                    .contains("shoofly_copy_rows_total 50.0")
                    .contains("shoofly_copy_chunk_seconds_count 1")
                    .contains("shoofly_phase{state=\"COPYING\"} 1.0")
                    .contains("shoofly_phase{state=\"PAUSED\"} 0.0")
                    .contains("shoofly_lag_seconds 0.25")
                    .contains("shoofly_copy_rows_expected 200.0")
                    .contains("shoofly_throttled 0.0")
                    .contains("shoofly_throttle_fraction 0.4")
                    .contains("shoofly_throttled_seconds_total 2.5")
                    .contains("shoofly_throttle_pressure{signal=\"replica_lag\"} 4.0")
                    .contains("shoofly_throttle_pressure{signal=\"history\"} NaN")
                    .contains("shoofly_disk_required_bytes 3000.0")
                    .contains("shoofly_disk_available_bytes 2000.0");
        }
    }

    @Test
    void answersOnlyForMetricsAndOnlyOnLoopback() throws Exception {
        try (PrometheusMetrics metrics = new PrometheusMetrics();
                MetricsServer server = MetricsServer.start(0, metrics)) {
            assertThat(get(server, "/metrics").statusCode()).isEqualTo(200);
            assertThat(get(server, "/").statusCode()).isEqualTo(404);
            assertThat(server.isLoopback()).isTrue();
        }
    }

    @Test
    void listsEveryMetricInTheDocumentation() throws IOException {
        String page = Files.readString(Path.of("..", "docs", "metrics.md"));
        try (PrometheusMetrics metrics = new PrometheusMetrics()) {
            metrics.watch(() -> Optional.of(COPYING));
            metrics.watchDisk(() -> Optional.of(new DiskView(2, 1)));
            assertThat(Pattern.compile("^# TYPE (\\S+)", Pattern.MULTILINE)
                            .matcher(metrics.scrape())
                            .results()
                            .map(match -> match.group(1))
                            .filter(name -> !name.endsWith("_max")))
                    .isNotEmpty()
                    .allSatisfy(name -> assertThat(page).contains("`" + name + "`"));
        }
    }

    private static HttpResponse<String> get(MetricsServer server, String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                .build();
        return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    }
}
