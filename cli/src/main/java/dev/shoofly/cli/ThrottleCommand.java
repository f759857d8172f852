package dev.shoofly.cli;

import dev.shoofly.cli.input.Settings;
import dev.shoofly.cli.input.ThrottleChange;
import dev.shoofly.cli.screen.Screen;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.throttle.ThrottleSettings;
import java.util.ArrayList;
import java.util.List;
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
            if (!change.isEmpty()) {
                change(session, migration, change, screen);
            }
            ThrottleView view = ThrottleView.of(migration, session.throttle(migration));
            String text = json ? MigrationView.json(view) : view.text();
            invocation.out().println(invocation.mask().apply(text));
            return ExitCodes.DONE;
        }
    }

    private static void change(ServerSession session, Migration migration, ThrottleChange change, Screen screen) {
        if (migration.state().isFinal()) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "migration " + migration.id() + " of " + migration.source() + " is " + migration.state()
                            + ": there is nothing to slow down. Nothing was changed.");
        }
        ThrottleSettings now = session.throttle(migration).settings();
        ThrottleSettings next = change.applyTo(now);
        List<String> findings = session.newFindings(now, next);
        if (!findings.isEmpty()) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "the throttle of migration " + migration.id() + " was not changed:\n  - "
                            + String.join("\n  - ", findings));
        }
        for (String warning : new ArrayList<>(session.newReplicaFindings(now, next))) {
            screen.warn("warning: " + warning
                    + ". Seen from this host; where the migration runs it may be otherwise. Until it is reached from"
                    + " there, nothing is copied.");
        }
        session.changeThrottle(migration, change);
    }
}
