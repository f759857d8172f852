package dev.shoofly.cli;

import dev.shoofly.cli.input.RememberedConnection;
import dev.shoofly.cli.input.RunRequest;
import dev.shoofly.cli.input.Settings;
import dev.shoofly.cli.logging.LogSetup;
import dev.shoofly.cli.run.MigrationProcess;
import dev.shoofly.cli.screen.Screen;
import dev.shoofly.coordinator.MigrationControl;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;

/** Continues in this process a migration that no process runs. */
record Continuation(Invocation invocation, Screen screen, LogSetup logs) {

    Settings settings(ConnectionOptions connection, RunOptions run) {
        Settings.Builder settings = new Settings.Builder();
        connection.addTo(settings);
        run.addTo(settings);
        return settings.build();
    }

    /** @return the exit code */
    int run(Settings settings, Migration migration) {
        boolean retires = MigrationControl.awaitsRetirement(migration);
        if (migration.state().isFinal() && !retires) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "migration " + migration.id() + " of " + migration.source() + " is " + migration.state()
                            + ": there is nothing to continue. Nothing was changed.");
        }
        Settings remembered = new RememberedConnection(ConnectionOptions.dataDirectory(settings)).load();
        RunRequest request = RunRequest.of(settings, remembered);
        OutcomeReport report = new OutcomeReport(screen, invocation.mask());
        return new MigrationProcess(screen, logs, invocation.mask(), invocation.environment())
                .run(
                        request,
                        runner -> retires ? runner.retire(migration.id()) : runner.resume(migration.id()),
                        report::show)
                .exitCode();
    }
}
