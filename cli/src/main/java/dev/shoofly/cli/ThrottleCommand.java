package dev.shoofly.cli;

import dev.shoofly.cli.input.Settings;
import dev.shoofly.cli.input.ThrottleChange;
import dev.shoofly.cli.screen.Screen;
import dev.shoofly.cli.throttle.ThrottleView;
import dev.shoofly.cli.throttle.Throttles;
import dev.shoofly.database.control.Migration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Changes how much load a migration may make, and shows what holds it back. */
@Command(
        name = "throttle",
        header = "Change how much load a migration may make, or show what holds it back.",
        description = {
            "Takes effect within a second, in every process that works for the migration, and stays in force after a pause,",
            "a resume or a restart. Options that are not given stay as they are; without any, nothing is changed."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  shoofly throttle                                  what holds it back now, and what is in force",
            "  shoofly throttle orders --throttle-io 30 --copy-threads 1",
            "  shoofly throttle k3mz8q2x --max-lag 2s --replica jdbc:mysql://db2:3306/shop",
            "  shoofly throttle --max-lag 500ms --max-lag db3:3306=1m   the third one makes backups",
            "  shoofly throttle --max-load Threads_running=25 --critical-load Threads_running=100"
        })
final class ThrottleCommand implements Callable<Integer> {
    private final Invocation invocation;

    @Mixin
    private final ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Mixin
    private final MigrationChoice choice = new MigrationChoice();

    @Mixin
    private final ThrottleOptions throttle = new ThrottleOptions();

    @Option(names = "--show", description = "Only show; the same as no other option.")
    private boolean show;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    ThrottleCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() {
        Screen screen = output.screen(invocation);
        output.logs(screen, invocation);
        Settings.Builder typed = new Settings.Builder();
        throttle.addTo(typed);
        ThrottleChange change = ThrottleChange.of(typed.build());
        if (show && !change.isEmpty()) {
            throw new dev.shoofly.cli.input.UsageException("--show changes nothing: leave it out, or the others");
        }
        try (ServerSession session = ServerSession.open(connection.settings(), invocation)) {
            Migration migration = session.choose(choice.idOrTable());
            Throttles throttles = session.throttles();
            if (!change.isEmpty()) {
                throttles.change(migration, change).forEach(warning -> screen.warn("warning: " + warning));
            }
            ThrottleView view = throttles.view(migration);
            String text = json ? MigrationView.json(view) : view.text();
            invocation.out().println(invocation.mask().apply(text));
            return ExitCodes.DONE;
        }
    }
}
