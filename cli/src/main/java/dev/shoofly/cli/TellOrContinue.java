package dev.shoofly.cli;

import dev.shoofly.cli.input.Settings;
import dev.shoofly.cli.screen.Screen;
import dev.shoofly.coordinator.MigrationControl;
import dev.shoofly.database.control.Migration;
import java.util.Optional;
import picocli.CommandLine.Mixin;

/** The verbs that tell the process which runs a migration, or continue in this process one that no process runs. */
final class TellOrContinue {
    @Mixin
    private final ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private final RunOptions run = new RunOptions();

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Mixin
    private final MigrationChoice choice = new MigrationChoice();

    /** What one verb does. */
    interface Steps {
        /** A process runs it. */
        void tell(MigrationControl control, Migration migration, Settings settings, Screen screen);

        /** No process runs it: what to look at and to record before this one continues it. */
        void prepare(MigrationControl control, Migration migration);
    }

    /** @return the exit code of the migration that was continued here; empty when a running process was told */
    Optional<Integer> perform(Invocation invocation, Steps verb) {
        Screen screen = output.screen(invocation);
        Continuation continuation = new Continuation(invocation, screen, output.logs(screen, invocation));
        Settings settings = continuation.settings(connection, run);
        Migration idle;
        try (ServerSession session = ServerSession.open(settings, invocation)) {
            Migration migration = session.choose(choice.idOrTable());
            if (session.control().isRunning(migration.id())) {
                verb.tell(session.control(), migration, settings, screen);
                return Optional.empty();
            }
            verb.prepare(session.control(), migration);
            idle = migration;
        }
        return Optional.of(continuation.run(settings, idle));
    }
}
