package dev.shoofly.cli.run;

import dev.shoofly.cli.input.ServeRequest;
import dev.shoofly.cli.input.ServeRequest.Role;
import dev.shoofly.cli.logging.LogSetup;
import dev.shoofly.cli.logging.SecretMask;
import dev.shoofly.cli.metrics.PrometheusMetrics;
import dev.shoofly.cli.screen.Screen;
import dev.shoofly.coordinator.ApplierRole;
import dev.shoofly.coordinator.ApplierRoleSettings;
import dev.shoofly.coordinator.BackfillRole;
import dev.shoofly.coordinator.BackfillRoleSettings;
import dev.shoofly.database.Database;
import dev.shoofly.database.Databases;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.model.FaultPoints;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;

/** Applies and copies for migrations that other processes run, until it is told to stop. */
public final class ServeProcess {
    /** Connections besides those of the appliers' batches: looking at the migrations, reporting. */
    private static final int OTHER_CONNECTIONS = 4;
    /** Each Streams thread serves several partitions, whose batches run side by side. */
    private static final int CONNECTIONS_PER_THREAD = 4;
    /** More than {@code --copy-threads} can ask for: a pool opens only what is used. */
    private static final int COPY_CONNECTIONS = 70;

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
        try (Database database = Databases.open(profile, connections(request), faultPoints);
                PrometheusMetrics metrics = new PrometheusMetrics();
                Endpoint endpoint = new Endpoint(request.metricsPort(), metrics, screen)) {
            assert endpoint != null;
            // Any statement shows whether the server takes us.
            database.control().isInstalled();
            serve(request, database, metrics, faultPoints);
        }
    }

    private static int connections(ServeRequest request) {
        int applying = request.roles().contains(Role.APPLIER) ? CONNECTIONS_PER_THREAD * request.threads() : 0;
        int copying = request.roles().contains(Role.BACKFILL) ? COPY_CONNECTIONS : 0;
        return OTHER_CONNECTIONS + applying + copying;
    }

    private void serve(ServeRequest request, Database database, PrometheusMetrics metrics, FaultPoints faultPoints) {
        ApplierRole applying = new ApplierRole(database, applierSettings(request), metrics, faultPoints);
        BackfillRole copying = new BackfillRole(
                database,
                new BackfillRoleSettings(ProcessKafka.owner(), request.bootstrapServers(), request.choice()),
                metrics,
                faultPoints);
        Runnable stop = () -> {
            applying.stop();
            copying.stop();
        };
        try (StopHook hook = new StopHook(stop, MigrationProcess.STOP_LIMIT, OptionalInt.of(0))) {
            assert hook != null;
            metrics.watchAppliers(applying::served);
            screen.say("serving as "
                    + request.roles().stream().map(Role::word).sorted().collect(Collectors.joining(", "))
                    + " the migrations of " + database.profile().host() + ":"
                    + database.profile().port() + " whose topics are at " + request.bootstrapServers() + ", as "
                    + ProcessKafka.owner());
            try (applying;
                    copying) {
                run(request, applying, copying, stop);
            }
            screen.say("every group is left and every segment given back; this process does nothing any more");
        }
    }

    /** Each role on a thread of its own; the first that fails for good ends the other. */
    private static void run(ServeRequest request, ApplierRole applying, BackfillRole copying, Runnable stop) {
        CompletableFuture<Void> copies = request.roles().contains(Role.BACKFILL)
                ? CompletableFuture.runAsync(copying::run, task -> new Thread(task, "shoofly-copies").start())
                        .whenComplete((nothing, error) -> stop.run())
                : CompletableFuture.completedFuture(null);
        try {
            if (request.roles().contains(Role.APPLIER)) {
                applying.run();
            }
        } catch (RuntimeException e) {
            stop.run();
            throw e;
        }
        try {
            copies.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException known ? known : e;
        }
    }

    private static ApplierRoleSettings applierSettings(ServeRequest request) {
        return new ApplierRoleSettings(
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
    }
}
