package dev.shoofly.cli.run;

import dev.shoofly.cli.input.ApiRequest;
import dev.shoofly.cli.input.ConnectionRequest;
import dev.shoofly.cli.input.RememberedConnection;
import dev.shoofly.cli.input.RunRequest;
import dev.shoofly.cli.logging.LogSetup;
import dev.shoofly.cli.logging.SecretMask;
import dev.shoofly.cli.metrics.PrometheusMetrics;
import dev.shoofly.cli.screen.ProgressDisplay;
import dev.shoofly.cli.screen.Screen;
import dev.shoofly.coordinator.MigrationOutcome;
import dev.shoofly.coordinator.MigrationRunner;
import dev.shoofly.coordinator.MigrationSnapshot;
import dev.shoofly.coordinator.RunnerSettings;
import dev.shoofly.database.Database;
import dev.shoofly.database.Databases;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.model.FaultPoints;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs one migration to its end in this process. */
public final class MigrationProcess {
    private static final Logger LOG = LoggerFactory.getLogger(MigrationProcess.class);
    public static final Duration MARKER_INTERVAL = Duration.ofMillis(100);
    public static final Duration STOP_LIMIT = Duration.ofSeconds(30);

    /** Connections besides one per applier thread: copy, verification, supervision, swap, markers. */
    private static final int OTHER_CONNECTIONS = 14;

    /** It asks one thing at a time. */
    private static final int API_CONNECTIONS = 1;

    private final Screen screen;
    private final LogSetup logs;
    private final SecretMask mask;
    private final Map<String, String> environment;

    public MigrationProcess(Screen screen, LogSetup logs, SecretMask mask, Map<String, String> environment) {
        this.screen = screen;
        this.logs = logs;
        this.mask = mask;
        this.environment = environment;
    }

    /**
     * How a run ended.
     *
     * @param last empty when it ended before a migration was found or created
     */
    public record Result(MigrationOutcome outcome, Optional<MigrationSnapshot> last) {}

    /**
     * @param work starts or resumes; blocks
     * @param report told how it ended, before this returns
     */
    public MigrationOutcome run(
            RunRequest request, Function<MigrationRunner, MigrationOutcome> work, Consumer<Result> report) {
        ConnectionProfile profile = request.connection().profile(environment);
        mask.add(profile.password());
        request.webhook().ifPresent(address -> mask.add(new Secret(address.toString())));
        Optional<Secret> token = request.api().map(ApiRequest::token);
        token.ifPresent(mask::add);
        FaultPoints faultPoints = FaultPointKill.of(environment);
        logs.toFile(request.dataDirectory().resolve("logs"));
        int connections = connections(request.applierThreads()) + (token.isPresent() ? API_CONNECTIONS : 0);
        try (Database database = Databases.open(profile, connections, faultPoints);
                PrometheusMetrics metrics = new PrometheusMetrics();
                Endpoint endpoint = new Endpoint(request.metricsPort(), metrics, screen);
                ApiEndpoint api = new ApiEndpoint(request.api(), token, database, mask, screen)) {
            assert endpoint != null && api != null;
            // Any statement shows whether the server takes us; a wrong password must not be remembered.
            database.control().isInstalled();
            remember(request.dataDirectory(), request.connection());
            return run(request, database, metrics, faultPoints, work, report);
        }
    }

    private MigrationOutcome run(
            RunRequest request,
            Database database,
            PrometheusMetrics metrics,
            FaultPoints faultPoints,
            Function<MigrationRunner, MigrationOutcome> work,
            Consumer<Result> report) {
        RunnerSettings settings = new RunnerSettings(
                ProcessKafka.owner(),
                request.dataDirectory().toAbsolutePath(),
                request.applierThreads(),
                request.sessionTimeout(),
                MARKER_INTERVAL,
                request.detach(),
                request.disk(),
                request.sharedSweepRows(),
                request.webhook());
        ProcessKafka kafka = new ProcessKafka(request.dataDirectory(), request.bootstrapServers());
        MigrationRunner runner = new MigrationRunner(database, kafka, settings, metrics, faultPoints);
        metrics.watch(runner::snapshot);
        metrics.watchDisk(runner::disk);
        try (StopHook hook = new StopHook(runner::interrupt, STOP_LIMIT)) {
            assert hook != null;
            Result result;
            try (runner;
                    ProgressDisplay display = ProgressDisplay.start(screen, runner::snapshot)) {
                assert display != null;
                MigrationOutcome outcome = work.apply(runner);
                result = new Result(outcome, runner.snapshot());
            }
            // Within the hook's scope: after Ctrl-C the JVM ends as soon as that is closed.
            report.accept(result);
            return result.outcome();
        }
    }

    /** Most connections that a migration of this many applier threads needs at a time. */
    public static int connections(int applierThreads) {
        return OTHER_CONNECTIONS + applierThreads;
    }

    static void remember(Path dataDirectory, ConnectionRequest connection) {
        try {
            new RememberedConnection(dataDirectory).save(connection);
        } catch (IOException e) {
            LOG.warn(
                    "the connection could not be remembered in {}: {}; other verbs will need --url and --user",
                    dataDirectory,
                    e.toString());
        }
    }
}
