package dev.shoofly.coordinator;

import dev.shoofly.database.connection.SqlErrors;
import dev.shoofly.database.control.Command;
import dev.shoofly.database.control.CommandRows;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.ShooflyException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands the commands of other processes to the run and writes its answers. While the migration is paused this is all that
 * the owner asks of the server: one statement now and then, which also tells whether there is another owner. Owns one thread.
 */
final class CommandListener implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CommandListener.class);
    private static final Duration LOOK_EVERY = Duration.ofMillis(250);
    /** So long a paused migration may take to hear of a {@code resume}. */
    static final Duration LOOK_WHEN_PAUSED = Duration.ofSeconds(2);

    /** Fault points. */
    static final String HEARD = "command.heard";

    static final String PERFORMED = "command.performed";

    /** A word and its answer are committed, and nobody in this process knows yet. */
    static final String TAKEN = "command.taken";

    /** A pause or resume is committed as begun, and this process does not know yet in which state it is. */
    static final String BEGUN = "command.begun";

    private final RepeatingThread thread = new RepeatingThread("shoofly-commands");
    private final CommandRows commands;
    private final RunContext context;
    private final Ownership ownership;
    private final Function<Command, Optional<String>> run;
    private final Consumer<ShooflyException> superseded;
    /** By the command's number: performed, but the answer could not be written yet. */
    private final Map<Long, String> answers = new HashMap<>();

    /** Cancels that are answered. */
    private final Set<Long> accepted = new HashSet<>();

    private long lastLook = System.nanoTime();

    /**
     * @param run performs a command and words the answer; empty: it cannot be performed yet, and stays open. Called on this
     *     listener's thread
     * @param superseded told that the migration has another owner, or none
     */
    CommandListener(
            RunContext context,
            Ownership ownership,
            Function<Command, Optional<String>> run,
            Consumer<ShooflyException> superseded) {
        this.commands = context.control().commands();
        this.context = context;
        this.ownership = ownership;
        this.run = run;
        this.superseded = superseded;
    }

    void start() {
        thread.repeat(this::look, Duration.ZERO, LOOK_EVERY);
    }

    private void look() {
        boolean paused = context.lifecycle().state() == MigrationState.PAUSED;
        if (paused && System.nanoTime() - lastLook < LOOK_WHEN_PAUSED.toNanos()) {
            return;
        }
        lastLook = System.nanoTime();
        try {
            for (Command command : paused ? openWhilePaused() : commands.open(context.id())) {
                answer(command);
            }
        } catch (RuntimeException e) {
            if (e instanceof ShooflyException known && known.kind() == ErrorKind.SUPERSEDED) {
                superseded.accept(known);
            } else if (SqlErrors.isTransient(e) || SqlErrors.isDiskFull(e)) {
                LOG.debug("cannot read or answer commands for the moment: {}", e.getMessage());
            } else {
                LOG.warn("commands of migration {} could not be read or answered: {}", context.id(), e.getMessage());
            }
        }
    }

    private List<Command> openWhilePaused() {
        CommandRows.Look found = ownership.look();
        if (found.epoch().isEmpty()) {
            throw new ShooflyException(
                    ErrorKind.SUPERSEDED,
                    "migration " + context.id() + " is no longer in the control tables: somebody cancelled it");
        }
        if (found.epoch().getAsLong() != context.lifecycle().epoch()) {
            throw new ShooflyException(
                    ErrorKind.SUPERSEDED,
                    "another process has taken migration " + context.id()
                            + " over while it was paused; this one stops");
        }
        return found.open();
    }

    /** Performs a command once, however often its answer has to be written. */
    private void answer(Command command) {
        // One that was taken while the tables were being swapped is asked for again: it is refused now, for good.
        if (accepted.contains(command.number()) && !context.lifecycle().state().isSwapped()) {
            return;
        }
        String answer = answers.get(command.number());
        if (answer == null) {
            context.faultPoints().reach(HEARD);
            Optional<String> performed = perform(command);
            if (performed.isEmpty()) {
                return;
            }
            LOG.info("migration {}: {} was asked for", context.id(), command.verb());
            answer = performed.get();
            answers.put(command.number(), answer);
            context.faultPoints().reach(PERFORMED);
        }
        commands.answer(command, context.lifecycle().epoch(), answer);
        answers.remove(command.number());
        if (answer.equals(Command.CANCELLING)) {
            // Open until the migration is gone: should this process end before, its successor must do it.
            accepted.add(command.number());
        }
    }

    private Optional<String> perform(Command command) {
        try {
            return run.apply(command);
        } catch (ShooflyException e) {
            if (e.kind() != ErrorKind.REFUSED) {
                throw e;
            }
            return Optional.of("refused: " + e.getMessage());
        }
    }

    @Override
    public void close() {
        thread.close();
    }
}
