package dev.shoofly.cli;

import dev.shoofly.cli.input.Setting;
import dev.shoofly.cli.input.Settings;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of the verbs that run a migration in their own process. */
final class RunOptions {
    @Option(
            names = "--bootstrap-servers",
            paramLabel = "HOST:PORT,…",
            description = {
                "A Kafka cluster for the topics. Default: a broker inside this process, with its data in --data-dir."
            })
    private @Nullable String bootstrapServers;

    @Option(
            names = "--metrics-port",
            paramLabel = "PORT",
            description = {"Serve Prometheus metrics at http://127.0.0.1:PORT/metrics; 0 takes a free port."})
    private @Nullable String metricsPort;

    @Option(
            names = "--api-port",
            paramLabel = "PORT",
            description = {
                "Let the throttle be read and changed by HTTP at http://127.0.0.1:PORT (docs/api.md), by those who show"
                        + " the token of --api-token-file; 0 takes a free port. Default: off"
            })
    private @Nullable String apiPort;

    @Option(
            names = "--api-token-file",
            paramLabel = "FILE",
            description = {"Holds the token of --api-port: at least 16 letters, digits or -._~+/ in one line."})
    private @Nullable String apiTokenFile;

    @Option(
            names = "--applier-threads",
            paramLabel = "N",
            description = {
                "Threads that bring changes into the shadow; 0 leaves that to 'shoofly serve --roles applier'."
                        + " Default: 2"
            })
    private @Nullable String applierThreads;

    @Option(
            names = "--shared-sweep-rows",
            paramLabel = "N",
            description = {
                "From so many rows on (by estimate) a table is compared by every 'shoofly serve --roles verifier' as well."
                        + " Default: 1000000"
            })
    private @Nullable String sharedSweepRows;

    @Option(
            names = "--webhook",
            paramLabel = "URL",
            description = {
                "POST every change of state and of the schema as JSON to this http or https address (docs/events.md)."
                        + " Never delays or fails the migration. Not saved: give it to 'resume' and 'cutover' again; in"
                        + " the file of --config other users of this host do not see it."
            })
    private @Nullable String webhook;

    @Mixin
    private final SessionOption session = new SessionOption();

    @Mixin
    private final DiskOption disk = new DiskOption();

    void addTo(Settings.Builder settings) {
        settings.put(Setting.BOOTSTRAP_SERVERS, bootstrapServers)
                .put(Setting.METRICS_PORT, metricsPort)
                .put(Setting.API_PORT, apiPort)
                .put(Setting.API_TOKEN_FILE, apiTokenFile)
                .put(Setting.APPLIER_THREADS, applierThreads)
                .put(Setting.SHARED_SWEEP_ROWS, sharedSweepRows)
                .put(Setting.WEBHOOK, webhook);
        session.addTo(settings);
        disk.addTo(settings);
    }
}
