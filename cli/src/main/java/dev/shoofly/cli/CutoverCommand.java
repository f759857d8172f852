package dev.shoofly.cli;

import dev.shoofly.cli.input.CutoverRequest;
import dev.shoofly.cli.input.Settings;
import dev.shoofly.cli.run.ProcessKafka;
import dev.shoofly.cli.screen.Screen;
import dev.shoofly.coordinator.MigrationControl;
import dev.shoofly.database.control.Command.Verb;
import dev.shoofly.database.control.ForcedGates;
import dev.shoofly.database.control.Migration;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Gives the word for a manual cut-over. */
@Command(
        name = "cutover",
        header = "Let a migration started with --cutover manual swap the tables.",
        description = {
            "A running process is told, and this command ends; a detached migration is continued in this process,",
            "to its end."
        },
        footerHeading = "%nExamples:%n",
        footer = {"  shoofly cutover", "  shoofly cutover orders", "  shoofly cutover orders --force window,holders"})
final class CutoverCommand implements Callable<Integer>, TellOrContinue.Steps {
    private final Invocation invocation;

    @Mixin
    private final TellOrContinue migration = new TellOrContinue();

    @Option(
            names = "--force",
            paramLabel = "GATE[,GATE]",
            description = {
                "Do not look at these gates for the swap that this word asks for: window, postpone, snapshots, holders, replicas, hot-rows, lag. Recorded in"
                        + " the migration's history. The others guard rows and cannot be skipped."
            })
    private @Nullable String force;

    CutoverCommand(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public Integer call() {
        return migration.perform(invocation, this).orElse(ExitCodes.DONE);
    }

    private @Nullable ForcedGates forced() {
        return force == null
                ? null
                : new ForcedGates(
                        Set.copyOf(CutoverRequest.forced(force)),
                        System.getProperty("user.name", "somebody") + " at " + ProcessKafka.owner());
    }

    @Override
    public void tell(MigrationControl control, Migration running, Settings settings, Screen screen) {
        screen.say(control.request(running.id(), Verb.CUTOVER, forced(), PauseCommand.ANSWER_LIMIT));
    }

    @Override
    public void prepare(MigrationControl control, Migration idle) {
        if (idle.state().isFinal()) {
            throw new ShooflyException(
                    ErrorKind.REFUSED,
                    "migration " + idle.id() + " of " + idle.source() + " is " + idle.state()
                            + ": there is nothing to cut over. Nothing was changed.");
        }
        control.approveCutover(idle.id(), forced());
    }
}
