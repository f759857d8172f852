package dev.shoofly.cli.run;

import dev.shoofly.cli.input.ServeRequest;
import dev.shoofly.cli.logging.LogSetup;
import dev.shoofly.cli.logging.SecretMask;
import dev.shoofly.cli.metrics.PrometheusMetrics;
import dev.shoofly.cli.screen.Screen;
import dev.shoofly.coordinator.ApplierRole;
import dev.shoofly.coordinator.ApplierRoleSettings;
import dev.shoofly.database.Database;
import dev.shoofly.database.Databases;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.model.FaultPoints;
import java.util.Map;
import java.util.OptionalInt;

/** Applies for migrations that other processes run, until it is told to stop. */
public final class ServeProcess {
    /** Connections besides those of the appliers' batches: looking at the migrations, reporting. */
    private static final int OTHER_CONNECTIONS = 4;
    /** Each Streams thread serves several partitions, whose batches run side by side. */
    private static final int CONNECTIONS_PER_THREAD = 4;

    private final Screen screen;
    private final LogSetup logs;
    private final SecretMask mask;
    private final Map<String, String> environment;

    public ServeProcess(Screen screen, LogSetup logs, SecretMask mask, Map<String, String> environment) {
        this.screen = screen;
        this.logs = logs;
        this.mask = mask;
        this.environment = environment;
    }

    /** Returns after SIGTERM or Ctrl-C, when everything is closed. */
    public void run(ServeRequest request) {
        ConnectionProfile profile = request.connection().profile(environment);
        mask.add(profile.password());
        FaultPoints faultPoints = FaultPointKill.of(environment);
        logs.toFile(request.dataDirectory().resolve("logs"));
        int connections = OTHER_CONNECTIONS + CONNECTIONS_PER_THREAD * request.threads();
        try (Database database = Databases.open(profile, connections, faultPoints);
                PrometheusMetrics metrics = new PrometheusMetrics();
                Endpoint endpoint = new Endpoint(request.metricsPort(), metrics, screen)) {
            assert endpoint != null;
            // Any statement shows whether the server takes us.
            database.control().isInstalled();
            ApplierRoleSettings settings = new ApplierRoleSettings(
                    ProcessKafka.owner(),
                    request.bootstrapServers(),
                    // Several instances may share a data directory, but no directory of Streams.
                    request.dataDirectory()
                            .toAbsolutePath()
                            .resolve("streams")
                            .resolve(Long.toString(ProcessHandle.current().pid())),
                    request.threads(),
                    request.sessionTimeout(),
                    request.choice());
            serve(database, settings, metrics, faultPoints);
        }
    }

    private void serve(
            Database database, ApplierRoleSettings settings, PrometheusMetrics metrics, FaultPoints faultPoints) {
        ApplierRole role = new ApplierRole(database, settings, metrics, faultPoints);
        try (StopHook hook = new StopHook(role::stop, MigrationProcess.STOP_LIMIT, OptionalInt.of(0))) {
            assert hook != null;
            metrics.watchAppliers(role::served);
            screen.say("applying for the migrations of " + database.profile().host() + ":"
                    + database.profile().port() + " whose topics are at " + settings.bootstrapServers() + ", as "
                    + settings.name());
            try (role) {
                role.run();
            }
            screen.say("every group is left; nothing is applied by this process any more");
        }
    }
}
