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
import dev.shoofly.coordinator.VerifierRole;
import dev.shoofly.coordinator.VerifierRoleSettings;
import dev.shoofly.database.Database;
import dev.shoofly.database.Databases;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.model.FaultPoints;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;

/** Applies, copies and compares for migrations that other processes run, until it is told to stop. */
public final class ServeProcess {
    /** Connections besides those of the appliers' batches: looking at the migrations, reporting. */
    private static final int OTHER_CONNECTIONS = 4;
    /** Each Streams thread serves several partitions, whose batches run side by side. */
    private static final int CONNECTIONS_PER_THREAD = 4;
    /** More than {@code --copy-threads} can ask for: a pool opens only what is used. */
    private static final int COPY_CONNECTIONS = 70;
    /** As many for the comparisons. */
    private static final int COMPARE_CONNECTIONS = COPY_CONNECTIONS;

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
        int comparing = request.roles().contains(Role.VERIFIER) ? COMPARE_CONNECTIONS : 0;
        return OTHER_CONNECTIONS + applying + copying + comparing;
    }

    private void serve(ServeRequest request, Database database, PrometheusMetrics metrics, FaultPoints faultPoints) {
        ApplierRole applying = new ApplierRole(database, applierSettings(request), metrics, faultPoints);
        BackfillRole copying = new BackfillRole(
                database,
                new BackfillRoleSettings(ProcessKafka.owner(), request.bootstrapServers(), request.choice()),
                metrics,
                faultPoints);
        VerifierRole comparing = new VerifierRole(
                database,
                new VerifierRoleSettings(
                        request.bootstrapServers(), streamsDirectory(request, "verifier"), request.choice()));
        Runnable stop = () -> {
            applying.stop();
            copying.stop();
            comparing.stop();
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
                    copying;
                    comparing) {
                Map<Role, Runnable> roles =
                        Map.of(Role.APPLIER, applying::run, Role.BACKFILL, copying::run, Role.VERIFIER, comparing::run);
                run(request.roles().stream().sorted().map(roles::get).toList(), stop);
            }
            screen.say("every group is left and every segment given back; this process does nothing any more");
        }
    }

    /** Each role on a thread of its own; the first that fails for good ends the others. */
    private static void run(List<Runnable> roles, Runnable stop) {
        List<CompletableFuture<Void>> running = roles.stream()
                .map(role -> CompletableFuture.runAsync(role, task -> new Thread(task, "shoofly-serve").start())
                        .whenComplete((nothing, error) -> stop.run()))
                .toList();
        try {
            CompletableFuture.allOf(running.toArray(CompletableFuture<?>[]::new))
                    .join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException known ? known : e;
        }
    }

    private static ApplierRoleSettings applierSettings(ServeRequest request) {
        return new ApplierRoleSettings(
                ProcessKafka.owner(),
                request.bootstrapServers(),
                streamsDirectory(request, "applier"),
                request.threads(),
                request.sessionTimeout(),
                request.choice());
    }

    /** Several instances may share a data directory, but no directory of Streams. */
    private static Path streamsDirectory(ServeRequest request, String role) {
        return request.dataDirectory()
                .toAbsolutePath()
                .resolve("streams")
                .resolve(ProcessHandle.current().pid() + "-" + role);
    }
}
