package dev.shoofly.cli;

import dev.shoofly.cli.input.RememberedConnection;
import dev.shoofly.cli.input.ServeRequest;
import dev.shoofly.cli.input.Setting;
import dev.shoofly.cli.input.Settings;
import dev.shoofly.cli.logging.LogSetup;
import dev.shoofly.cli.run.ServeProcess;
import dev.shoofly.cli.screen.Screen;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Takes part of the work of migrations that other processes run. */
@Command(
        name = "serve",
        header = "Apply changes, copy rows and compare both sides for migrations that other processes run.",
        description = {
            "Shares the partitions of each migration with every other applier, the segments of its copy with every other",
            "copier, and the ranges of its comparison with every other verifier, whichever process they are in: start",
            "more of them to go faster, end any of them at any time.",
            "Runs until it is told to stop (SIGTERM, Ctrl-C)."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  shoofly serve --roles applier --bootstrap-servers kafka:9092 \\",
            "      --url jdbc:mysql://127.0.0.1:3306/shop --user root --password-env PW",
            "  shoofly serve --roles applier,backfill,verifier --bootstrap-servers kafka:9092 --applier-threads 4 orders"
        })
final class ServeCommand implements Callable<Integer> {
    private final Invocation invocation;

    @Mixin
    private final ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Mixin
    private final SessionOption session = new SessionOption();

    @Option(
            names = "--roles",
            paramLabel = "ROLE,…",
            description = {"What this process does. Offered in this version: applier, backfill, verifier"})
    private @Nullable String roles;

    @Option(
            names = "--bootstrap-servers",
            paramLabel = "HOST:PORT,…",
            description = {"The Kafka cluster that 'migrate' was given. Migrations with topics elsewhere are let be."})
    private @Nullable String bootstrapServers;

    @Option(
            names = "--applier-threads",
            paramLabel = "N",
            description = {"Threads per migration. Default: 2"})
    private @Nullable String applierThreads;

    @Option(
            names = "--metrics-port",
            paramLabel = "PORT",
            description = {"Serve Prometheus metrics at http://127.0.0.1:PORT/metrics; 0 takes a free port."})
    private @Nullable String metricsPort;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "ID|TABLE",
            description = "Serve this migration only. Default: every one of this server.")
    private @Nullable String idOrTable;

    ServeCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() {
        Screen screen = output.screen(invocation);
        LogSetup logs = output.logs(screen, invocation);
        Settings.Builder typed = new Settings.Builder();
        connection.addTo(typed);
        session.addTo(typed);
        typed.put(Setting.ROLES, roles)
                .put(Setting.BOOTSTRAP_SERVERS, bootstrapServers)
                .put(Setting.APPLIER_THREADS, applierThreads)
                .put(Setting.METRICS_PORT, metricsPort);
        Settings settings = typed.build();
        Settings remembered = new RememberedConnection(ConnectionOptions.dataDirectory(settings)).load();
        ServeRequest request = ServeRequest.of(settings, remembered, Optional.ofNullable(idOrTable));
        new ServeProcess(screen, logs, invocation.mask(), invocation.environment()).run(request);
        return ExitCodes.DONE;
    }
}
