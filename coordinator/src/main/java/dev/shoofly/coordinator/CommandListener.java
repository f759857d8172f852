package dev.shoofly.coordinator;

import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.control.Command;
import dev.shoofly.database.control.CommandRows;
import dev.shoofly.model.MigrationId;
import java.time.Duration;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands the commands of other processes to the run and writes its answers. Owns one thread. */
final class CommandListener implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CommandListener.class);
    private static final Duration LOOK_EVERY = Duration.ofMillis(250);
    private final RepeatingThread thread = new RepeatingThread("shoofly-commands");
    private final CommandRows commands;
    private final MigrationId id;
    private final Function<Command.Verb, String> run;

    /** @param run performs a verb and words the answer; called on this listener's thread */
    CommandListener(CommandRows commands, MigrationId id, Function<Command.Verb, String> run) {
        this.commands = commands;
        this.id = id;
        this.run = run;
    }

    void start() {
        thread.repeat(this::look, Duration.ZERO, LOOK_EVERY);
    }

    private void look() {
        try {
            for (Command command : commands.open(id)) {
                LOG.info("migration {}: {} was asked for", id, command.verb());
                commands.answer(command.number(), run.apply(command.verb()));
            }
        } catch (RuntimeException e) {
            if (SqlErrors.isTransient(e)) {
                LOG.debug("cannot read commands for the moment: {}", e.getMessage());
            } else {
                LOG.warn("commands of migration {} could not be read or answered: {}", id, e.getMessage());
            }
        }
    }

    @Override
    public void close() {
        thread.close();
    }
}
